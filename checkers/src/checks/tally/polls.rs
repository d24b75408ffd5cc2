//! Polls: for how long a partition's consumers, and each consumer alone, were given nothing though there was something;
//! and for how long nobody was given what is new. (A partition whose high watermark stood still at 119 went on giving
//! records 0 to 118 to those who came late or went back, while 803 acknowledged ones were given to nobody.)

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
    news: BTreeMap<u32, News>,
    consumers: BTreeMap<(WorkerId, u32), Waiting>,
}

/// Of one partition: what nobody was given before.
#[derive(Clone, Debug, Default)]
struct News {
    /// The offset after the highest record that anybody was given.
    next: Offset,
    waiting: Waiting,
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
            let of = (poll, asked, ended);
            let step = match part {
                Part { given: Some(_), .. } => Some(Step::Given),
                part if part.is_known() => (!full).then_some(Step::Nothing(part.position)),
                _ => (asked.state == State::Ok).then_some(Step::CaughtUp),
            };
            if let Some(step) = step {
                self.step(part.place, of, step);
            }
            self.news(part, full, of);
        }
    }

    /// Whether anybody is given what is new. A consumer that is given old records is on its way there, and one that
    /// stands behind all that is known went there by itself: neither says anything.
    fn news(&mut self, part: &Part, full: bool, of: (&Poll, &Asked, Moment)) {
        let news = self.news.entry(part.place).or_default();
        let step = match (part.given, part.known) {
            (Some(given), _) if given >= news.next => Step::Given,
            (_, known) if known.is_none_or(|known| known < news.next) => Step::CaughtUp,
            (None, _) if part.is_known() && !full => Step::Nothing(part.position),
            _ => return,
        };
        if let Some(given) = part.given {
            news.next = news.next.max(given.saturating_add(1));
        }
        if let Some(stall) = news.waiting.take(of, step) {
            self.longest = self.longest.max(stall.to.saturating_sub(stall.from));
            if may_exceed(&stall) {
                self.stalls
                    .push((part.place, None, stall, news.waiting.clone()));
            }
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

    /// The waits that go on at the end, of one partition: for anything, and for what is new.
    pub(in crate::checks) fn end(&self, place: u32) -> impl Iterator<Item = (Stall, &Waiting)> {
        let all = self.partitions.get(&place);
        let news = self.news.get(&place).map(|news| &news.waiting);
        all.into_iter()
            .chain(news)
            .filter_map(|waiting| Some((waiting.series.clone().end()?, waiting)))
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
