//! Requests that are no appends, polls or reads: for how long each kind was not answered.

use std::collections::{BTreeMap, BTreeSet};

use super::asked::{Asked, End, State, Topic};
use super::names::Names;
use super::{Answering, Context, may_exceed};
use crate::checks::stalls::{Series, Stall};
use crate::history::{Moment, Text};

/// Refusals that say that another node is to be asked, or that the node is not up to date yet.
const NOT_HERE: &[&str] = &[
    "NOT_LEADER",
    "LEADER_NOT_AVAILABLE",
    "LEADER_EPOCH",
    "NOT_CONTROLLER",
    "REPLICA_NOT_AVAILABLE",
    "UNKNOWN_TOPIC",
    "OFFSET_NOT_AVAILABLE",
];
/// Refusals of a change of a topic that are the right answer to it.
const ANSWERS: &[&str] = &[
    "TOPIC_ALREADY_EXISTS",
    "UNKNOWN_TOPIC",
    "INVALID_PARTITIONS",
    "INVALID_REPLICATION_FACTOR",
    "INVALID_TOPIC",
    "INVALID_REQUEST",
    "OFFSET_OUT_OF_RANGE",
    "POLICY_VIOLATION",
    "AUTHORIZATION_FAILED",
];

/// What is asked for: the request, at which node, of which partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Question {
    pub(in crate::checks) request: &'static str,
    pub(in crate::checks) node: Option<Text>,
    pub(in crate::checks) place: Option<(Text, i32)>,
}

/// Metadata.
pub(in crate::checks) const METADATA: &str = "Metadata";
/// The state of the quorum.
pub(in crate::checks) const QUORUM: &str = "DescribeQuorum";

/// A node's answer about the cluster: Metadata, or the quorum once it has named a leader. A node that never names one
/// may have no quorum to describe.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) request: &'static str,
    /// Whether it has what was asked for.
    pub(super) served: bool,
    pub(super) id: u64,
    pub(super) called: Moment,
    pub(super) at: Moment,
    pub(super) node: Text,
    pub(super) error: Option<Text>,
}

#[derive(Clone, Debug, Default)]
struct Tries {
    series: Series,
    error: Option<Text>,
    /// Who has not answered since the latest try.
    refused_by: BTreeSet<Text>,
}

/// All requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests {
    /// Requests under load.
    pub(in crate::checks) count: u64,
    /// The longest wait.
    pub(in crate::checks) longest: Moment,
    /// Waits that may be too long, in their order, with the last error: of operations, and of what nodes say.
    pub(in crate::checks) stalls: [Vec<(Question, Stall, Option<Text>)>; 2],
    asked: BTreeMap<Question, Tries>,
    /// Who is asked for end offsets.
    lists: BTreeSet<Text>,
}

impl Requests {
    pub(super) fn end_offset(
        &mut self,
        end: &End,
        asked: &Asked,
        ended: Moment,
        (context, answering, names): (&Context<'_>, &Answering, &Names),
    ) {
        const REQUEST: &str = "ListOffsets";
        if !context.in_time(asked.called) {
            return;
        }
        self.count += 1;
        let stated = end.stated.filter(|_| asked.state == State::Ok);
        // Whether it lacks a record that had been known for longer than anything may be missing.
        let lacks = |offset: i64| end.long.is_some_and(|known| known >= offset);
        let served = stated.is_some_and(|offset| !lacks(offset));
        let (topic, partition) = names.place(end.place);
        let question = Question {
            request: REQUEST,
            node: None,
            place: Some((topic.into(), partition)),
        };
        let stretch = (asked.called, ended, asked.id);
        if let Some(node) = &end.node
            && !self.lists.contains(node)
        {
            self.lists.insert(node.clone());
        }
        let says_something = served || asked.state == State::Ok || end.leads;
        if says_something || self.all_refuse(&question, end.node.as_ref()) {
            self.take(0, question, served, stretch, &end.error);
        }
        // By node, whichever partition: only what says something about the node.
        let Some(node) = &end.node else {
            return;
        };
        let not_here = asked.state == State::Fail && is_any(end.error.as_deref(), NOT_HERE);
        let elsewhere = not_here && !end.leads;
        let held_back =
            || answering.is_silent(node, asked.called) || context.holds(node, asked.called);
        if !elsewhere && !held_back() {
            let served = stated.is_some() || served;
            let question = Question {
                request: REQUEST,
                node: Some(node.clone()),
                place: None,
            };
            self.take(0, question, served, stretch, &end.error);
        }
    }

    /// Whether everybody has refused a question since the latest try. Of many partitions, each is asked for at each node only
    /// every few seconds. Three followers' refusals in a row said that nobody states an end, while the leader stated it whenever
    /// it was asked.
    fn all_refuse(&mut self, question: &Question, node: Option<&Text>) -> bool {
        let tries = self.asked.entry(question.clone()).or_default();
        tries.refused_by.extend(node.cloned());
        tries.refused_by.len() >= self.lists.len()
    }

    pub(super) fn of_topic(
        &mut self,
        topic: &Topic,
        asked: &Asked,
        ended: Moment,
        (context, answering): (&Context<'_>, &Answering),
    ) {
        if !context.in_time(asked.called) {
            return;
        }
        self.count += 1;
        // A refusal of which nothing is known may be the right answer.
        let failed = asked.state == State::Fail;
        let held_back = || {
            answering.is_silent(&topic.node, asked.called)
                || context.holds(&topic.node, asked.called)
        };
        if topic.last || (failed && topic.error.is_none()) || held_back() {
            return;
        }
        // A topic that is not there is described as absent: a question has no refusal that answers it.
        let refusal_answers = !topic.describes && is_any(topic.error.as_deref(), ANSWERS);
        let served = asked.state == State::Ok || (failed && refusal_answers);
        let question = Question {
            request: topic.request,
            node: None,
            place: None,
        };
        let stretch = (asked.called, ended, asked.id);
        self.take(0, question, served, stretch, &topic.error);
    }

    /// Of any partition: each is asked seldom, and its end is asked for often.
    pub(super) fn by_time(
        &mut self,
        error: &Option<Text>,
        asked: &Asked,
        ended: Moment,
        context: &Context<'_>,
    ) {
        if !context.in_time(asked.called) {
            return;
        }
        self.count += 1;
        let question = Question {
            request: "ListOffsets by time",
            node: None,
            place: None,
        };
        let served = asked.state == State::Ok;
        let stretch = (asked.called, ended, asked.id);
        self.take(0, question, served, stretch, error);
    }

    pub(super) fn answered(
        &mut self,
        answer: Answer,
        context: &Context<'_>,
        answering: &Answering,
    ) {
        let node = &answer.node;
        if !context.in_time(answer.called)
            || answering.is_silent(node, answer.called)
            || context.holds(node, answer.called)
        {
            return;
        }
        self.count += 1;
        let question = Question {
            request: answer.request,
            node: Some(node.clone()),
            place: None,
        };
        let stretch = (answer.called, answer.at, answer.id);
        self.take(1, question, answer.served, stretch, &answer.error);
    }

    fn take(
        &mut self,
        of: usize,
        question: Question,
        served: bool,
        (called, ended, id): (Moment, Moment, u64),
        error: &Option<Text>,
    ) {
        let tries = self.asked.entry(question.clone()).or_default();
        tries.refused_by.clear();
        let stall = match served {
            true => tries.series.served(called, ended, id),
            false => tries.series.refused(called, ended, id),
        };
        if let Some(stall) = stall {
            self.longest = self.longest.max(stall.to.saturating_sub(stall.from));
            if may_exceed(&stall) {
                self.stalls[of].push((question, stall, tries.error.clone()));
            }
        }
        if !served {
            tries.error.clone_from(error);
        }
    }

    /// The waits that go on at the end.
    pub(in crate::checks) fn end(&self) -> impl Iterator<Item = (&Question, Stall, Option<&Text>)> {
        self.asked.iter().filter_map(|(question, tries)| {
            let stall = tries.series.clone().end()?;
            Some((question, stall, tries.error.as_ref()))
        })
    }
}

/// Whether an error contains one of these words.
fn is_any(error: Option<&str>, words: &[&str]) -> bool {
    let error = error.unwrap_or_default();
    words.iter().any(|word| error.contains(word))
}
