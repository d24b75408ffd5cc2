//! Producers with several requests in flight: what Kafka promises of their order and of duplicates.
//!
//! A broker takes the requests of one connection in their order ("Network" in Kafka's protocol guide). What a producer
//! does after a failure decides the rest:
//!
//! * *Idempotent*: strict order and no duplicate in a partition, also with retries (KIP-98; librdkafka's introduction,
//!   "Idempotent Producer"). All acknowledged records are judged.
//! * *Without retries*, or with *one request in flight*: no record overtakes another on one connection. While the leader
//!   changes there are two: a request that waits in the socket of a deposed node can be taken when that node leads again,
//!   after a later one. So pairs are judged that no fault and no change of leader touches; others are tolerated.
//! * *With retries and several in flight*: a record whose request failed is sent again behind the next one, without a
//!   sign of it outside (librdkafka, `message.send.max.retries`: "retrying may cause reordering unless
//!   `enable.idempotence` is set to true"). Tolerated, and counted.
//!
//! Order never crosses an unknown outcome, as everywhere. An idempotent producer that gives up on a record gets another
//! epoch or producer id, and sends with it what it had in flight, so that a broker cannot know a record again: it may be
//! written twice, and acknowledged at the second place, behind a later one. That holds for a record that was never sent,
//! too: it has its number, and its absence is a gap. (A starved machine: a record waited 10 s in the client and failed
//! there; an earlier one of its partition was in the log as number 53 of epoch 0, and as number 0 of epoch 1.) Records
//! that were on their way when the producer called for the first one that it gave up on are excused. The workload ends
//! the session there.

use std::collections::BTreeMap;

use super::Check;
use super::view::{Send, sending};
use crate::history::{Append, Call, ClientOperation, Moment, Outcome, Sending};

/// Clients learn of a new leader from metadata, and finish what they have with the old one: a change of leader touches
/// what happens this much earlier or later.
const AROUND: Moment = 3_000_000_000;

/// What is promised of two records of one producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Promise {
    /// Order, whatever happens.
    Always,
    /// Order while the leader stays.
    WhileLeaderStays,
    /// Nothing.
    Nothing,
}

/// The promise for a producer of this kind.
pub(super) fn promise(sending: &Sending, idempotent: bool) -> Promise {
    match (idempotent, sending.retries, sending.in_flight) {
        (true, ..) => Promise::Always,
        (_, false, _) | (_, true, 0..=1) => Promise::WhileLeaderStays,
        (_, true, _) => Promise::Nothing,
    }
}

/// When the leader may have changed: stretches of time, in order and apart.
pub(super) struct Unrest(Vec<(Moment, Moment)>);

impl Unrest {
    pub(super) fn of(check: &Check<'_>) -> Unrest {
        let around =
            |from: Moment, to: Moment| (from.saturating_sub(AROUND), to.saturating_add(AROUND));
        let faults = check.windows().iter().filter(|window| !window.skipped);
        let faults =
            faults.map(|window| around(window.called, window.healed.unwrap_or(Moment::MAX)));
        let elections = check.elections().iter();
        let elections = elections.map(|election| around(election.at, election.at));
        let mut all: Vec<(Moment, Moment)> = faults.chain(elections).collect();
        all.sort_unstable();
        let mut merged: Vec<(Moment, Moment)> = Vec::with_capacity(all.len());
        for (from, to) in all {
            match merged.last_mut() {
                Some((_, end)) if from <= *end => *end = to.max(*end),
                _ => merged.push((from, to)),
            }
        }
        Unrest(merged)
    }

    /// The number of the calm stretch that a time span lies in as a whole; none if it touches unrest.
    pub(super) fn calm(&self, from: Moment, to: Moment) -> Option<usize> {
        let before = self.0.partition_point(|(_, end)| *end < from);
        let touched = self.0.get(before).is_some_and(|(begin, _)| *begin <= to);
        (!touched).then_some(before)
    }
}

/// The idempotent producer that gave up on this record, and when it had been called for it.
pub(in crate::checks) fn given_up(operation: &ClientOperation<'_>) -> Option<(u64, Moment)> {
    let Call::Append(Append {
        sending: Some(sending),
        idempotent: true,
        ..
    }) = operation.call
    else {
        return None;
    };
    (operation.outcome != Outcome::Ok).then_some((sending.producer, operation.called))
}

/// Idempotent producers that gave up on a record: when they had called for the first such record.
pub(super) struct GaveUp(BTreeMap<u64, Moment>);

impl GaveUp {
    pub(super) fn of(check: &Check<'_>) -> GaveUp {
        let mut first = BTreeMap::new();
        for (producer, called) in check.operations().iter().filter_map(given_up) {
            // In the order of the calls: the first stays.
            first.entry(producer).or_insert(called);
        }
        // What was forgotten came first.
        let settled = check.history().settled();
        for (producer, called) in settled.iter().flat_map(|settled| &settled.gave_up) {
            let known = first.entry(*producer).or_insert(*called);
            *known = (*known).min(*called);
        }
        GaveUp(first)
    }

    /// Whether a record may have been sent again under another producer id.
    pub(super) fn may_repeat(&self, send: &Send<'_>) -> bool {
        let first = sending(send.operation).and_then(|sending| self.0.get(&sending.producer));
        first.is_some_and(|first| {
            send.operation
                .completed()
                .is_none_or(|ended| ended > *first)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calm_stretches_are_numbered_and_unrest_is_none() {
        let unrest = Unrest(vec![(10, 20), (30, 40)]);
        let calm = |from, to| unrest.calm(from, to);
        assert_eq!(
            (calm(0, 9), calm(21, 29), calm(41, 99)),
            (Some(0), Some(1), Some(2))
        );
        for (from, to) in [(0, 10), (15, 16), (20, 25), (5, 35), (40, 41)] {
            assert_eq!(calm(from, to), None, "{from}..{to}");
        }
    }

    #[test]
    fn only_idempotence_promises_order_with_retries_in_flight() {
        let of = |idempotent, retries, in_flight| {
            let sending = Sending {
                retries,
                in_flight,
                ..Sending::default()
            };
            promise(&sending, idempotent)
        };
        assert_eq!(of(true, true, 5), Promise::Always);
        assert_eq!(of(false, false, 100), Promise::WhileLeaderStays);
        assert_eq!(of(false, true, 1), Promise::WhileLeaderStays);
        assert_eq!(of(false, true, 2), Promise::Nothing);
    }
}
