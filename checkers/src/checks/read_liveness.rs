//! `read-liveness`: consumers are given what was acknowledged.
//!
//! An empty poll is never an observation of a log's content. It is one of liveness where the consumer stood before a
//! record that was known to exist when it polled. A partition of which no consumer gets anything for longer than the
//! limit has a gap like any other, whether polls come back empty or fail; a single consumer that gets nothing of it for
//! longer than a new one needs is reported too (a real broker left one client without records for a day).

use std::collections::BTreeMap;

use super::Check;
use super::answering::Answering;
use super::claims::MS;
use super::stalls::{Series, Stall};
use super::view::{Earliest, Place, View, evidence};
use crate::history::{Call, ClientOperation, Moment, Outcome, Phase, Poll, Report, Text, WorkerId};
use crate::verdict::{Evidence, Finding, Unit, Verdict};

/// A poll that came back with so many records was full, and says nothing about the partitions that are not in it.
const FULL_RECORDS: usize = 500;
/// How much longer than a partition a single consumer may get nothing, in ms: its connection may stall while others are
/// served.
const ALONE_MS: u64 = 10_000;

/// What is known of a wait beside its time.
#[derive(Clone, Default)]
struct Waiting {
    series: Series,
    errors: u64,
    error: Option<Text>,
    position: i64,
}

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if check.is_no_run(&mut verdict) {
        return verdict;
    }
    let mut judged = Judged::of(check);
    for operation in check.operations() {
        if let Call::Poll(poll) = operation.call
            && poll.phase.is_none()
        {
            judged.poll(operation, poll, &mut verdict);
        }
    }
    judged.end(&mut verdict);
    verdict
}

struct Judged<'c, 'a> {
    check: &'c Check<'a>,
    earliest: Vec<Earliest>,
    answering: Answering<'a>,
    partitions: Vec<Waiting>,
    consumers: BTreeMap<(WorkerId, usize), Waiting>,
    done: Moment,
    polls: u64,
    given: u64,
    longest_ms: u64,
    /// Where a partition was found last.
    at: usize,
}

impl<'c, 'a> Judged<'c, 'a> {
    fn of(check: &'c Check<'a>) -> Judged<'c, 'a> {
        Judged {
            check,
            earliest: check.views().iter().map(View::earliest_known).collect(),
            answering: Answering::of(check.history()),
            partitions: vec![Waiting::default(); check.views().len()],
            consumers: BTreeMap::new(),
            done: check.history().phase(Phase::Done).unwrap_or(Moment::MAX),
            polls: 0,
            given: 0,
            longest_ms: 0,
            at: 0,
        }
    }

    fn poll(&mut self, operation: &ClientOperation<'_>, poll: &Poll, verdict: &mut Verdict) {
        if operation.called < self.check.regimes().begin() || operation.called >= self.done {
            return;
        }
        let failed = operation.outcome == Outcome::Fail;
        if failed && is_of_connection(operation) && self.answering.is_any_silent(operation.called) {
            return;
        }
        self.polls += 1;
        let records = match operation.report() {
            Some(Report::Poll(polled)) => polled.records.as_slice(),
            _ => &[],
        };
        self.given += records.len() as u64;
        // By partition, each once: few, and records come in runs.
        let mut given: Vec<usize> = Vec::new();
        for record in records {
            let place = (record.topic(), record.partition());
            if let Some(at) = self.check.view_at(place, self.at) {
                self.at = at;
                if given.last() != Some(&at) {
                    given.push(at);
                }
            }
        }
        given.sort_unstable();
        given.dedup();
        let full = records.len() >= FULL_RECORDS;
        for assigned in &poll.assigned {
            let place = (assigned.topic.as_str(), assigned.partition);
            let Some(at) = self.check.view_at(place, self.at) else {
                continue;
            };
            self.at = at;
            let known = self.earliest[at].at_or_above(assigned.position);
            let step = match known.filter(|known| *known < operation.called) {
                _ if given.binary_search(&at).is_ok() => Step::Given,
                None if operation.outcome == Outcome::Ok => Step::CaughtUp,
                None => continue,
                Some(_) if full => continue,
                Some(_) => Step::Nothing(assigned.position),
            };
            self.step((operation.worker, at), place, operation, step, verdict);
        }
    }

    fn step(
        &mut self,
        (worker, at): (WorkerId, usize),
        place: Place<'_>,
        operation: &ClientOperation<'_>,
        step: Step,
        verdict: &mut Verdict,
    ) {
        let end = self.check.history().end();
        let stall = self.partitions[at].take(operation, end, step);
        if let Some(stall) = stall {
            let waiting = self.partitions[at].clone();
            self.tell(place, None, stall, &waiting, verdict);
        }
        let alone = self.consumers.entry((worker, at)).or_default();
        if let Some(stall) = alone.take(operation, end, step) {
            let waiting = alone.clone();
            self.tell(place, Some(worker), stall, &waiting, verdict);
        }
    }

    fn end(mut self, verdict: &mut Verdict) {
        let places: Vec<Place<'_>> = self.check.views().iter().map(|v| v.place).collect();
        for (at, mut waiting) in std::mem::take(&mut self.partitions).into_iter().enumerate() {
            if let Some(stall) = waiting.series.end() {
                self.tell(places[at], None, stall, &waiting, verdict);
            }
        }
        for ((worker, at), mut waiting) in std::mem::take(&mut self.consumers) {
            if let Some(stall) = waiting.series.end() {
                self.tell(places[at], Some(worker), stall, &waiting, verdict);
            }
        }
        verdict.figure(
            "read_wait_ms_max",
            self.longest_ms,
            None,
            Unit::Milliseconds,
        );
        verdict.saw("polls under load", self.polls);
        // A run of which no consumer was given anything is not valid, whoever was to blame.
        self.check
            .saw(self.given, "records polled under load", verdict);
    }

    fn tell(
        &mut self,
        place: Place<'_>,
        worker: Option<WorkerId>,
        stall: Stall,
        waiting: &Waiting,
        verdict: &mut Verdict,
    ) {
        if worker.is_none() {
            let length_ms = stall.to.saturating_sub(stall.from) / MS;
            self.longest_ms = self.longest_ms.max(length_ms);
        }
        let Some(excess) = stall.excess(self.check.regimes()) else {
            return;
        };
        let alone_ms = worker.map_or(0, |_| ALONE_MS);
        let limit_ms = excess.limit_ms.saturating_add(alone_ms);
        if excess.length_ms() <= limit_ms {
            return;
        }
        let finding = Finding::ReadsStalled {
            consumer: worker,
            scope: excess.scope,
            position: waiting.position,
            polls: stall.tries,
            errors: waiting.errors,
            error: waiting.error.as_deref().map(str::to_owned),
            length_ms: excess.length_ms(),
            limit_ms,
            ended: stall.ended,
        };
        let evidence = Evidence {
            window: Some((excess.from, excess.to)),
            ..evidence(place, &[stall.first, stall.last], &[waiting.position])
        };
        self.check
            .unless_starved(finding, evidence, excess.from, excess.to, verdict);
    }
}

/// Whether a poll failed because some connection did. An older harness gave the consumer up for that, before it was
/// given anything: while one of three nodes was away (27 s on a slow machine), no consumer lived to see a record. So
/// such a poll says nothing while some node does not answer.
fn is_of_connection(operation: &ClientOperation<'_>) -> bool {
    let error = operation
        .completion
        .and_then(|completion| completion.error.as_deref());
    matches!(error, Some("_TRANSPORT" | "_ALL_BROKERS_DOWN" | "_RESOLVE"))
}

/// What one poll meant for one partition.
#[derive(Clone, Copy)]
enum Step {
    /// It returned records of it.
    Given,
    /// There was nothing to return.
    CaughtUp,
    /// It returned nothing of it though there was something from this position on.
    Nothing(i64),
}

impl Waiting {
    fn take(&mut self, operation: &ClientOperation<'_>, end: Moment, step: Step) -> Option<Stall> {
        let (called, id) = (operation.called, operation.id);
        let ended = operation.completed().unwrap_or(end);
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
                if operation.outcome != Outcome::Ok {
                    self.errors += 1;
                    self.error = operation.completion.and_then(|c| c.error.clone());
                }
                before
            }
        }
    }
}
