//! `log-recency`: an end offset asked after a record was known to exist includes it. Judges end offsets only (a lagging
//! Fetch is legal), and only where the target promises it: Apache Kafka's high watermark may lag an acknowledgement.
//!
//! The end of committed *transactions* (read_committed) is held to what such readers were given, no more.
//!
//! Without the promise, one thing remains: a high watermark only grows. So the same node must not answer a lower end
//! offset than before in the same leader epoch.

use std::collections::BTreeMap;

use super::Check;
use super::claims::MS;
use super::transactions::ends;
use super::view::{Covered, End, Known, View, evidence};
use crate::history::{Offset, Report};
use crate::verdict::{Anomaly, Doubt, Finding, Unit, Verdict};

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if let Some(stale_ms) = check.views().iter().filter_map(stale_tail_ms).max() {
        verdict.figure("stale_tail_ms_max", stale_ms, None, Unit::Milliseconds);
    }
    if !check.history().promises().end_offset_includes_acknowledged {
        check
            .views()
            .iter()
            .for_each(|view| went_back(view, &mut verdict));
        let promise = "end_offset_includes_acknowledged".to_owned();
        verdict.not_applicable(Doubt::NotPromised { promise });
        return verdict;
    }
    for view in check.views() {
        check.unambiguous(view, &mut verdict);
        for committed in [false, true] {
            partition(view, committed, &mut verdict);
        }
        check.enough(view, &mut verdict);
    }
    let asked = check
        .views()
        .iter()
        .map(|view| view.ends.len() as u64 + view.settled.ends)
        .sum::<u64>();
    let asked = asked + ends::behind(check, &mut verdict);
    check.saw(asked, "end offsets", &mut verdict);
    verdict
}

fn partition(view: &View<'_>, committed: bool, verdict: &mut Verdict) {
    let mut asked: Vec<_> = view
        .ends
        .iter()
        .filter(|end| end.committed == committed)
        .collect();
    if asked.is_empty() {
        return;
    }
    asked.sort_by_key(|end| end.operation.called);
    let known = view.known(committed);
    let mut highest: Option<Known> = None;
    let mut at = 0;
    for end in asked {
        while let Some(fact) = known.get(at).filter(|fact| fact.0 < end.operation.called) {
            if highest.is_none_or(|(_, offset, _)| fact.1 > offset) {
                highest = Some(*fact);
            }
            at += 1;
        }
        let Some((known_at, known_offset, known_by)) = highest else {
            continue;
        };
        if end.offset <= known_offset {
            verdict.found(Anomaly {
                kind: Finding::EndOffsetBehind {
                    asked: end.operation.id,
                    end_offset: end.offset,
                    node: end.node.map(str::to_owned),
                    called: end.operation.called,
                    known_offset,
                    known_by,
                    known_at,
                },
                certain: true,
                evidence: evidence(view.place, &[end.operation.id, known_by], &[known_offset]),
            });
        }
    }
}

/// How long after something beyond it was known a node still served a shorter log to its end. Told and not judged: a
/// node that lags is legal, whatever it promises about end offsets.
fn stale_tail_ms(view: &View<'_>) -> Option<u64> {
    let earliest = view.earliest_known();
    let lag = |read: &Covered<'_>| {
        let known_at = earliest.at_or_above(read.to)?;
        read.operation.called.checked_sub(known_at)
    };
    let tails = view.covered.iter().filter(|read| read.to_the_end);
    tails.filter_map(lag).max().map(|lag| lag / MS)
}

/// The leader epoch that came with an end offset.
fn epoch(end: &End<'_>) -> Option<i32> {
    match end.operation.report() {
        Some(Report::EndOffset(seen)) => seen.epoch,
        _ => None,
    }
}

/// An end offset below an earlier one of the same node and epoch.
fn went_back(view: &View<'_>, verdict: &mut Verdict) {
    let mut asked: Vec<&End<'_>> = view.ends.iter().filter(|end| !end.committed).collect();
    asked.sort_by_key(|end| end.operation.called);
    // Of each node and epoch, the answers that were higher than all before, in the order of their calls.
    let mut highest: BTreeMap<(&str, i32), Vec<(&End<'_>, Offset)>> = BTreeMap::new();
    for end in asked {
        let (Some(node), Some(epoch)) = (end.node, epoch(end)) else {
            continue;
        };
        let lane = highest.entry((node, epoch)).or_default();
        let mut known = lane.iter().rev();
        let before = known.find(|(known, _)| known.returned <= end.operation.called);
        if let Some((known, before)) = before.filter(|(_, before)| end.offset < *before) {
            verdict.found(Anomaly {
                kind: Finding::EndOffsetWentBack {
                    asked: end.operation.id,
                    end_offset: end.offset,
                    node: node.to_owned(),
                    epoch,
                    before: *before,
                    before_by: known.operation.id,
                },
                certain: true,
                evidence: evidence(
                    view.place,
                    &[end.operation.id, known.operation.id],
                    &[end.offset, *before],
                ),
            });
        }
        if lane.last().is_none_or(|(_, before)| *before < end.offset) {
            lane.push((end, end.offset));
        }
    }
}
