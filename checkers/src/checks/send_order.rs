//! `send-order`: a producer's later record has a lower offset than its earlier one (Jepsen's nonmonotonic-send,
//! internal and external). Order never crosses an unknown outcome: the request that timed out may land after the next
//! one, and its worker id is retired.
//!
//! A worker waits for each append, so its order is judged as it is. A producer with several requests in flight is judged
//! by what Kafka promises of its kind (see `pipeline`).

use std::collections::BTreeMap;

use super::Check;
use super::pipeline::{self, GaveUp, Promise, Unrest};
use super::view::{Send, View, evidence, sending};
use crate::history::{Offset, Outcome};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Finding, Verdict};

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut judged = 0;
    let (unrest, gave_up) = (Unrest::of(check), GaveUp::of(check));
    for view in check.views() {
        check.unambiguous(view, &mut verdict);
        judged += partition(check, view, &mut verdict);
        judged += pipelined(check, view, (&unrest, &gave_up), &mut verdict);
    }
    check.saw(judged, "acknowledged records", &mut verdict);
    verdict
}

fn partition(check: &Check<'_>, view: &View<'_>, verdict: &mut Verdict) -> u64 {
    let mut last: BTreeMap<u64, (&Send<'_>, Offset)> = BTreeMap::new();
    let mut judged = view.settled.acknowledged;
    for send in &view.sends {
        if sending(send.operation).is_some() {
            continue;
        }
        let worker = send.operation.worker;
        let offset = send.offset().filter(|_| send.outcome != Outcome::Fail);
        let before = last.get(&worker).copied();
        let internal = before.is_some_and(|(sent, _)| sent.operation.id == send.operation.id);
        if let (Some(offset), Some((earlier, at))) = (offset, before)
            && offset <= at
            && (internal || send.outcome == Outcome::Ok)
        {
            let anomaly = reversed(view, worker, (earlier, at), (send, offset), internal);
            let configuration = check.weaker_of(earlier, send);
            check.held(configuration, Subject::OrderReversed, anomaly, verdict);
        }
        judged += u64::from(send.outcome == Outcome::Ok);
        match offset {
            Some(offset) => drop(last.insert(worker, (send, offset))),
            None if send.outcome == Outcome::Info => drop(last.remove(&worker)),
            None => {}
        }
    }
    judged
}

/// The highest acknowledged record so far of one producer, and of those that later ones are held to: with the number of
/// the calm stretch that it lies in.
#[derive(Clone, Copy, Default)]
struct Highest<'v, 'a> {
    of_all: Option<(&'v Send<'a>, Offset)>,
    of_held: Option<(usize, &'v Send<'a>, Offset)>,
}

fn pipelined(
    check: &Check<'_>,
    view: &View<'_>,
    (unrest, gave_up): (&Unrest, &GaveUp),
    verdict: &mut Verdict,
) -> u64 {
    let mut highest: BTreeMap<u64, Highest<'_, '_>> = BTreeMap::new();
    let mut judged = 0;
    for send in &view.sends {
        let Some(sending) = sending(send.operation) else {
            continue;
        };
        // An idempotent producer does not learn the offset of a record that the broker knew already: where it was read.
        let offset = match send.outcome {
            Outcome::Ok => send.offset().or_else(|| view.only_offset_of(send)),
            Outcome::Fail | Outcome::Info => None,
        };
        let Some((offset, ended)) = offset.zip(send.acknowledged_at()) else {
            continue;
        };
        judged += 1;
        let before = highest.entry(sending.producer).or_default();
        let stretch = match pipeline::promise(sending, send.idempotent) {
            Promise::Always => Some(0),
            Promise::WhileLeaderStays => unrest.calm(send.operation.called, ended),
            Promise::Nothing => None,
        };
        let held_to = before.of_held.filter(|(at, ..)| Some(*at) == stretch);
        let held_to = held_to.map(|(_, send, offset)| (send, offset));
        let is_above = |earlier: &(&Send<'_>, Offset)| offset <= earlier.1;
        if let Some(earlier) = held_to.filter(is_above) {
            let anomaly = reversed(view, sending.producer, earlier, (send, offset), false);
            let configuration = check.weaker_of(earlier.0, send);
            check.held(configuration, Subject::OrderReversed, anomaly, verdict);
        } else if let Some(earlier) = before.of_all.filter(is_above) {
            verdict.tolerate(reversed(
                view,
                sending.producer,
                earlier,
                (send, offset),
                false,
            ));
        }
        if before.of_all.is_none_or(|(_, at)| offset > at) {
            before.of_all = Some((send, offset));
        }
        if let Some(stretch) = stretch
            && !gave_up.may_repeat(send)
            && held_to.is_none_or(|(_, at)| offset > at)
        {
            before.of_held = Some((stretch, send, offset));
        }
    }
    judged
}

fn reversed(
    view: &View<'_>,
    worker: u64,
    (earlier, at): (&Send<'_>, Offset),
    (send, offset): (&Send<'_>, Offset),
    internal: bool,
) -> Anomaly {
    let operations = [earlier.operation.id, send.operation.id];
    Anomaly {
        kind: Finding::NonmonotonicSend {
            worker,
            earlier: earlier.sent(at),
            later: send.sent(offset),
            internal,
        },
        certain: true,
        evidence: evidence(view.place, &operations, &[offset, at]),
    }
}
