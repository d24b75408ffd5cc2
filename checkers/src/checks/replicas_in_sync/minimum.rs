//! Nothing is acknowledged with acks=all while fewer replicas are in sync than `min.insync.replicas` asks for.
//!
//! What a node states may lag behind what the leader knows, so an append counts only if most nodes had said so for as
//! long as metadata may take before it was sent, and went on saying so for as long after it was acknowledged, and no node
//! said otherwise meanwhile. A former leader that never hears of the new one is one node, and not most.

use std::collections::BTreeMap;

use super::super::Check;
use super::super::claims::MS;
use crate::history::{Acks, Moment, Offset, Seen};
use crate::verdict::{Anomaly, Evidence, Finding, Verdict};

/// An answer that is older says nothing of now.
const FRESH: Moment = 3_000 * MS;

/// What nodes said last of one partition: when, whether too few are in sync, how many, and in which line.
type Said<'a> = BTreeMap<&'a str, (Moment, bool, usize, u64)>;

/// A stretch in which most nodes said that too few are in sync.
struct Below {
    from: Moment,
    to: Moment,
    in_sync: usize,
    line: u64,
}

pub(super) fn check(check: &Check<'_>, verdict: &mut Verdict) {
    let history = check.history();
    let Some(minimum) = history.promises().min_in_sync_replicas else {
        return;
    };
    let margin = history.limits().metadata_ms.saturating_mul(MS);
    let stretches = stretches(check, minimum as usize);
    for view in check.views() {
        let Some(stretches) = stretches.get(&view.place) else {
            continue;
        };
        for below in stretches {
            let from = below.from.saturating_add(margin);
            let to = below.to.saturating_sub(margin);
            let within = view.sends.iter().find(|send| {
                let acknowledged = send.acknowledged_at();
                send.acks == Acks::All
                    && send.operation.called >= from
                    && acknowledged.is_some_and(|at| at <= to)
            });
            let Some(send) = within else {
                continue;
            };
            let at = send.acknowledged_at().unwrap_or(send.operation.called);
            let offset: Option<Offset> = send.offset();
            verdict.found(Anomaly {
                kind: Finding::AcknowledgedBelowMinimum {
                    value: send.value.to_owned(),
                    in_sync: below.in_sync as u64,
                    minimum: u64::from(minimum),
                },
                certain: false,
                evidence: Evidence {
                    operations: vec![send.operation.id],
                    events: vec![below.line],
                    topic: Some(view.place.0.to_owned()),
                    partition: Some(view.place.1),
                    offsets: offset.into_iter().collect(),
                    window: Some((send.operation.called, at)),
                    ..Evidence::default()
                },
            });
        }
    }
}

/// By partition, in the order of time.
fn stretches<'a>(check: &Check<'a>, minimum: usize) -> BTreeMap<(&'a str, i32), Vec<Below>> {
    let most = check.nodes().len() / 2 + 1;
    let mut said: BTreeMap<(&str, i32), Said<'_>> = BTreeMap::new();
    let mut open: BTreeMap<(&str, i32), Below> = BTreeMap::new();
    let mut ended: BTreeMap<(&str, i32), Vec<Below>> = BTreeMap::new();
    for observed in check.history().observations() {
        let about = observed.observation;
        let Seen::Replicas { partitions, .. } = &about.seen else {
            continue;
        };
        for row in partitions {
            let place = (row.topic(), row.partition());
            let in_sync = row.in_sync().len();
            let is_below = in_sync < minimum;
            let of_place = said.entry(place).or_default();
            of_place.insert(&about.node, (observed.at, is_below, in_sync, observed.id));
            let fresh =
                |(at, ..): &&(Moment, bool, usize, u64)| observed.at.saturating_sub(*at) <= FRESH;
            let fresh = || of_place.values().filter(fresh);
            let none_above = fresh().all(|(_, below, ..)| *below);
            if none_above && fresh().count() >= most {
                let below = open.entry(place).or_insert(Below {
                    from: observed.at,
                    to: observed.at,
                    in_sync,
                    line: observed.id,
                });
                // Until the question, not the answer: it may have changed while the answer was on its way.
                below.to = below.to.max(about.called);
            } else if let Some(below) = open.remove(&place) {
                ended.entry(place).or_default().push(below);
            }
        }
    }
    for (place, below) in open {
        ended.entry(place).or_default().push(below);
    }
    ended
}
