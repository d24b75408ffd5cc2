//! Polls: for how long a partition's consumers, and each consumer alone, were given nothing though there was something.

use std::collections::BTreeMap;

use super::asked::{Asked, Part, Poll, State};
use super::{Answering, Context, may_exceed};
use crate::checks::stalls::{Series, Stall};
use crate::history::{Moment, Offset, Text, WorkerId};

/// A poll that came back with so many records was full, and says nothing about the partitions that are not in it.
const FULL_RECORDS: u64 = 500;

/// All consumers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Polls {
    /// Polls under load.
    pub(in crate::checks) count: u64,
    /// Records that they returned.
    pub(in crate::checks) given: u64,
    /// The longest wait of a partition.
    pub(in crate::checks) longest: Moment,
    /// Waits that may be too long, in their order: of which partition, and of which consumer alone.
    pub(in crate::checks) stalls: Vec<(u32, Option<WorkerId>, Stall, Waiting)>,
    partitions: BTreeMap<u32, Waiting>,
    consumers: BTreeMap<(WorkerId, u32), Waiting>,
}

/// What is known of a wait beside its time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    series: Series,
    pub(in crate::checks) errors: u64,
    pub(in crate::checks) error: Option<Text>,
    pub(in crate::checks) position: Offset,
}

/// What one poll meant for one partition.
#[derive(Clone, Copy)]
enum Step {
    /// It returned records of it.
    Given,
    /// There was nothing to return.
    CaughtUp,
    /// It returned nothing of it though there was something from this position on.
    Nothing(Offset),
}

impl Polls {
    pub(super) fn decide(
        &mut self,
        poll: &Poll,
        asked: &Asked,
        ended: Moment,
        (context, answering): (&Context<'_>, &Answering),
    ) {
        if !context.in_time(asked.called) {
            return;
        }
        let failed = asked.state == State::Fail;
        if failed && poll.is_of_connection() && answering.is_any_silent(asked.called) {
            return;
        }
        self.count += 1;
        self.given += poll.records;
        let full = poll.records >= FULL_RECORDS;
        for part in &poll.parts {
            let step = match part {
                Part { given: true, .. } => Step::Given,
                Part { known: false, .. } if asked.state == State::Ok => Step::CaughtUp,
                Part { known: false, .. } => continue,
                _ if full => continue,
                part => Step::Nothing(part.position),
            };
            self.step(part.place, (poll, asked, ended), step);
        }
    }

    fn step(&mut self, place: u32, of: (&Poll, &Asked, Moment), step: Step) {
        let all = self.partitions.entry(place).or_default();
        if let Some(stall) = all.take(of, step) {
            self.longest = self.longest.max(stall.to.saturating_sub(stall.from));
            if may_exceed(&stall) {
                self.stalls.push((place, None, stall, all.clone()));
            }
        }
        let worker = of.1.worker;
        let alone = self.consumers.entry((worker, place)).or_default();
        if let Some(stall) = alone.take(of, step).filter(may_exceed) {
            self.stalls
                .push((place, Some(worker), stall, alone.clone()));
        }
    }

    /// The waits that go on at the end, of partitions.
    pub(in crate::checks) fn end(&self, place: u32) -> Option<(Stall, &Waiting)> {
        let waiting = self.partitions.get(&place)?;
        Some((waiting.series.clone().end()?, waiting))
    }

    /// The same of single consumers.
    pub(in crate::checks) fn end_alone(
        &self,
    ) -> impl Iterator<Item = (WorkerId, u32, Stall, &Waiting)> {
        self.consumers
            .iter()
            .filter_map(|((worker, place), waiting)| {
                Some((*worker, *place, waiting.series.clone().end()?, waiting))
            })
    }
}

impl Waiting {
    fn take(&mut self, (poll, asked, ended): (&Poll, &Asked, Moment), step: Step) -> Option<Stall> {
        let (called, id) = (asked.called, asked.id);
        match step {
            Step::Given => self.series.served(called, ended, id),
            Step::CaughtUp => {
                self.series.calm(called);
                (self.errors, self.error) = (0, None);
                None
            }
            Step::Nothing(position) => {
                let before = self.series.refused(called, ended, id);
                self.position = position;
                if asked.state != State::Ok {
                    self.errors += 1;
                    self.error.clone_from(&poll.error);
                }
                before
            }
        }
    }
}

impl Poll {
    /// Whether a poll failed because some connection did. An older harness gave the consumer up for that, before it was
    /// given anything: while one of three nodes was away (27 s on a slow machine), no consumer lived to see a record. So
    /// such a poll says nothing while some node does not answer.
    fn is_of_connection(&self) -> bool {
        let error = self.error.as_deref();
        matches!(error, Some("_TRANSPORT" | "_ALL_BROKERS_DOWN" | "_RESOLVE"))
    }
}
