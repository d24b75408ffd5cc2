//! `marker-agreement`: the nodes' logs agree about who wrote each record, about markers, about aborted transactions and, where
//! they end alike, about the last stable offset. Compared is what both were read over, in the final readings: a node that is
//! behind, or that keeps less, is no contradiction.

use std::collections::BTreeSet;

use super::log::Log;
use crate::checks::Check;
use crate::checks::view::evidence;
use crate::history::{Aborted, Ending, Offset, RawRecord};
use crate::verdict::{Anomaly, Finding, Marked, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut pairs = 0;
    for of_place in check.ledger().logs.chunk_by(|a, b| a.place == b.place) {
        // Each with the first: of three that differ, one pair of these does.
        for other in of_place.iter().skip(1) {
            pairs += 1;
            let first = &of_place[0];
            let Some((what, offset, held)) = difference(first, other) else {
                continue;
            };
            let reads: Vec<u64> = first.reads.iter().chain(&other.reads).copied().collect();
            let mut evidence = evidence(first.place, &reads, &[offset]);
            evidence.nodes = vec![first.node.to_owned(), other.node.to_owned()];
            let (first, second) = held;
            verdict.found(Anomaly {
                kind: Finding::MarkersDiffer {
                    what: what.to_owned(),
                    offset,
                    first,
                    second,
                },
                certain: true,
                evidence,
            });
        }
    }
    check.saw(pairs, "pairs of logs", &mut verdict);
    verdict
}

type Difference = (&'static str, Offset, (Marked, Marked));

/// The first difference of two logs of one partition.
fn difference(one: &Log<'_>, other: &Log<'_>) -> Option<Difference> {
    let common = one.from.max(other.from)..one.to.min(other.to);
    let within = |log: &Log<'_>| -> Vec<RawRecord> {
        let records = log.records.iter();
        let records = records.filter(|record| common.contains(&record.offset()));
        records.map(|record| (*record).clone()).collect()
    };
    let (ours, theirs) = (within(one), within(other));
    let at = ours.iter().zip(&theirs).position(|(a, b)| a != b);
    let at = at.or((ours.len() != theirs.len()).then(|| ours.len().min(theirs.len())));
    if let Some(at) = at {
        let offsets = [ours.get(at), theirs.get(at)].into_iter().flatten();
        let offset = offsets.map(RawRecord::offset).min().unwrap_or(common.start);
        let here = |all: &[RawRecord]| all.get(at).filter(|one| one.offset() == offset).cloned();
        let held = (marked(one, here(&ours)), marked(other, here(&theirs)));
        return Some(("records", offset, held));
    }
    if let (Some(ours), Some(theirs)) = (&one.aborted, &other.aborted) {
        let listed = |all: &BTreeSet<Aborted>| -> BTreeSet<Aborted> {
            let all = all.iter().copied();
            all.filter(|aborted| common.contains(&aborted.1)).collect()
        };
        let (ours, theirs) = (listed(ours), listed(theirs));
        if let Some(differs) = ours.symmetric_difference(&theirs).next() {
            let holds = |log: &Log<'_>, all: &BTreeSet<Aborted>| Marked {
                node: log.node.to_owned(),
                holds: all.contains(differs).then(|| "aborted".to_owned()),
                producer_id: Some(differs.0),
            };
            let held = (holds(one, &ours), holds(other, &theirs));
            return Some(("aborted", differs.1, held));
        }
    }
    let ends = |log: &Log<'_>| log.last_stable_offset.zip(log.high_watermark);
    let ((stable, end), (other_stable, other_end)) = ends(one).zip(ends(other))?;
    let differ = end == other_end && stable != other_stable;
    let states = |log: &Log<'_>, stable: Offset| Marked {
        node: log.node.to_owned(),
        holds: Some(stable.to_string()),
        producer_id: None,
    };
    let held = (states(one, stable), states(other, other_stable));
    differ.then(|| ("last_stable_offset", stable.min(other_stable), held))
}

fn marked(log: &Log<'_>, record: Option<RawRecord>) -> Marked {
    let holds = record.as_ref().and_then(|record| match record.marker() {
        Some(Ending::Commit) => Some("commit".to_owned()),
        Some(Ending::Abort) => Some("abort".to_owned()),
        None => record.value().map(str::to_owned),
    });
    Marked {
        node: log.node.to_owned(),
        holds,
        producer_id: record.map(|record| record.producer_id()),
    }
}
