//! What the checks of liveness need of a history, counted line by line: a run of many hours is judged without holding its
//! operations.
//!
//! [`Tally::take`] looks at each line once. What was known when a call was made is known then and never changes. What
//! comes later may still matter for some seconds: how the call ends, whether a node answered the next question, and
//! whether a fault was near. So calls wait in their order until [`Tally::decide`] is told that enough came after them.
//! Whole histories are counted in the same way, and decided once at their end.

mod answering;
mod appends;
mod asked;
mod context;
mod deliveries;
mod known;
mod leads;
mod names;
mod polls;
mod requests;
mod stated;
mod take;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub(super) use answering::Answering;
pub(super) use appends::{Appends, Never, Tried};
pub(super) use context::Context;
pub(super) use deliveries::{Deliveries, Found};
pub(super) use polls::{Polls, Waiting};
pub(super) use requests::{METADATA, QUORUM, Question, Requests};
use stated::Epochs;
pub(super) use take::is_out_of_range;

use asked::{Asked, Kind, State};
use known::Known;
use leads::Leads;
use names::Names;

use super::claims::{CONNECT_MS, MS};
use super::stalls::Stall;
use crate::history::{Header, History, Moment, Text, WorkerId};

/// Lines after which a whole history is decided: what waits is small.
const AT_ONCE: usize = 4_096;

/// All that is counted.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    nodes: Vec<Text>,
    /// For how long a record may be missing in an end offset.
    late: Moment,
    /// For how long Metadata may lag.
    lag: Moment,
    /// The time of the last line.
    now: Moment,
    pub(super) names: Names,
    known: Vec<Known>,
    answering: Answering,
    leads: Leads,
    /// Calls in their order, from the oldest one that is not decided.
    queue: VecDeque<Asked>,
    /// The number of the first of them.
    first: u64,
    open: BTreeMap<WorkerId, u64>,
    /// Calls of the present moment: what was known by then may still be on the next line.
    fresh: Vec<u64>,
    metadata: VecDeque<requests::Answer>,
    /// Nodes that have named the leader of the quorum.
    quorum: BTreeSet<Text>,
    pub(super) epochs: Epochs,
    /// The end of the latest call that was decided.
    pub(super) decided: Moment,
    pub(super) appends: Appends,
    pub(super) polls: Polls,
    pub(super) requests: Requests,
    pub(super) deliveries: Deliveries,
    /// Polls and reads that were called.
    pub(super) reads: u64,
    /// Reads that were out of range, by their lines: whether what each of their positions needs had been known.
    pub(super) out_of_range: BTreeMap<u64, Vec<bool>>,
}

impl Tally {
    /// Nothing yet, of a history with this header.
    pub(super) fn new(header: &Header) -> Tally {
        let nodes = header.nodes.iter().map(|node| Text::from(&*node.name));
        let late_ms = header
            .limits
            .gap_outside_faults_ms
            .saturating_add(CONNECT_MS);
        Tally {
            nodes: nodes.collect(),
            late: late_ms.saturating_mul(MS),
            lag: header.limits.metadata_ms.saturating_mul(MS),
            now: 0,
            names: Names::default(),
            known: Vec::new(),
            answering: Answering::default(),
            leads: Leads::default(),
            queue: VecDeque::new(),
            first: 0,
            open: BTreeMap::new(),
            fresh: Vec::new(),
            metadata: VecDeque::new(),
            quorum: BTreeSet::new(),
            epochs: Epochs::default(),
            decided: 0,
            appends: Appends::default(),
            polls: Polls::default(),
            requests: Requests::default(),
            deliveries: Deliveries::default(),
            reads: 0,
            out_of_range: BTreeMap::new(),
        }
    }

    /// That of a whole history.
    pub(super) fn of(history: &History, context: &Context<'_>) -> Tally {
        let mut tally = Tally::new(history.header());
        for events in history.events().chunks(AT_ONCE) {
            events.iter().for_each(|event| tally.take(event));
            tally.decide(context, Moment::MAX);
        }
        tally.finish(context)
    }

    /// Whether what came since does not fit to what was forgotten.
    pub(super) fn is_against(&self) -> bool {
        self.deliveries.against || !self.answering.only(&self.nodes)
    }

    /// Decides the calls that had ended before some moment, in their order.
    pub(super) fn decide(&mut self, context: &Context<'_>, until: Moment) {
        self.settle();
        let until = until.min(self.answering.known_until(&self.nodes));
        while let Some(asked) = self.queue.front()
            && asked.state != State::Open
            && asked.ended < until
        {
            self.decide_first(context);
        }
        while let Some(answer) = self.metadata.front()
            && answer.at < until
        {
            self.decide_answer(context);
        }
        self.deliveries.prune(&self.nodes);
    }

    /// Decides all that is left, at the end of the history.
    pub(super) fn finish(mut self, context: &Context<'_>) -> Tally {
        self.settle();
        while !self.queue.is_empty() {
            self.decide_first(context);
        }
        while !self.metadata.is_empty() {
            self.decide_answer(context);
        }
        self.deliveries.finish();
        self
    }

    fn decide_first(&mut self, context: &Context<'_>) {
        let Some(asked) = self.queue.pop_front() else {
            return;
        };
        self.first += 1;
        let ended = match asked.state {
            State::Open => context.end,
            _ => asked.ended,
        };
        self.decided = self.decided.max(asked.ended.min(ended));
        match &asked.kind {
            Kind::Append(append) => {
                self.appends.decide(append, &asked, ended, context);
            }
            Kind::Poll(poll) => {
                if poll.out_of_range {
                    let reached = poll.parts.iter().map(|part| part.reached).collect();
                    self.out_of_range.insert(asked.id, reached);
                }
                if !poll.last {
                    self.polls
                        .decide(poll, &asked, ended, (context, &self.answering));
                }
            }
            Kind::Read(read) => {
                if read.out_of_range {
                    self.out_of_range.insert(asked.id, vec![read.reached]);
                }
            }
            Kind::End(end) => {
                let by = (context, &self.answering, &self.names);
                self.requests.end_offset(end, &asked, ended, by);
            }
            Kind::Topic(topic) => {
                let by = (context, &self.answering);
                self.requests.of_topic(topic, &asked, ended, by);
            }
            Kind::Time(error) => self.requests.by_time(error, &asked, ended, context),
            Kind::Other => {}
        }
    }

    fn decide_answer(&mut self, context: &Context<'_>) {
        if let Some(answer) = self.metadata.pop_front() {
            self.decided = self.decided.max(answer.at);
            self.requests.answered(answer, context, &self.answering);
        }
    }
}

/// Whether a wait can be longer than any limit allows: every limit adds the time for a connection.
fn may_exceed(stall: &Stall) -> bool {
    stall.to.saturating_sub(stall.from) / MS > CONNECT_MS
}
