//! `log-recency`: an end offset asked after a record was known to exist includes it. Judges end offsets only (a lagging
//! Fetch is legal), and only where the target promises it: Apache Kafka's high watermark may lag an acknowledgement.
//!
//! The end of committed *transactions* (read_committed) is held to what such readers were given, no more.

use super::Check;
use super::claims::MS;
use super::view::{Covered, Known, View, evidence};
use crate::verdict::{Anomaly, Doubt, Finding, Unit, Verdict};

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if let Some(stale_ms) = check.views().iter().filter_map(stale_tail_ms).max() {
        verdict.figure("stale_tail_ms_max", stale_ms, None, Unit::Milliseconds);
    }
    if !check.history().promises().end_offset_includes_acknowledged {
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
        .map(|view| view.ends.len() as u64)
        .sum();
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
