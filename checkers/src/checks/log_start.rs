//! `log-start`: the begin of a log is evidence. It rises only where records may be removed: by a DeleteRecords that
//! asked for it, or by the retention of the topic. Anything else is a loss, however politely it is stated: a broker that
//! answered "my log begins at its end" had lost everything, and was valid.
//!
//! Where retention may act, what it removed is counted, and held to its word: records younger than `retention.ms` stay.
//! `retention.bytes` cannot be checked from outside, because a history does not tell how large records are on disk.

use std::collections::BTreeMap;

use super::Check;
use super::claims::MS;
use super::view::{Covered, View, evidence};
use crate::history::{Moment, Offset};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Evidence, Finding, Verdict};

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let (mut reads, mut removed) = (0, 0);
    for view in check.views() {
        reads += view.covered.len() as u64;
        let mut before: BTreeMap<usize, &Covered<'_>> = BTreeMap::new();
        let mut told: Vec<usize> = Vec::new();
        let mut highest = 0;
        // -1 states nothing: older versions of Fetch have no log start.
        for read in view.covered.iter().filter(|read| read.stated_start >= 0) {
            if let Some(before) = before.get(&read.node)
                && before.stated_start > read.stated_start
                && before.operation.completed() <= Some(read.operation.called)
            {
                went_back(check, view, before, read, &mut verdict);
            }
            before.insert(read.node, read);
            if read.stated_start <= 0 || told.contains(&read.node) {
                continue;
            }
            if read.stated_start > read.start {
                told.push(read.node);
                unexplained(check, view, read, &mut verdict);
            } else {
                highest = highest.max(read.stated_start);
                if too_early(check, view, read, &mut verdict) {
                    told.push(read.node);
                }
            }
        }
        removed += below(view, 0, highest);
    }
    check.saw(reads, "reads of nodes", &mut verdict);
    if removed > 0 {
        verdict.saw("acknowledged records removed as explained", removed);
    }
    verdict
}

/// How many acknowledged records lie from one offset up to before another.
fn below(view: &View<'_>, from: Offset, to: Offset) -> u64 {
    let within = |(_, offset): &(_, Offset)| (from..to).contains(offset);
    view.acknowledged().filter(within).count() as u64
}

fn at(check: &Check<'_>, view: &View<'_>, read: &Covered<'_>, offsets: &[Offset]) -> Evidence {
    Evidence {
        nodes: vec![check.nodes()[read.node].clone()],
        ..evidence(view.place, &[read.operation.id], offsets)
    }
}

fn unexplained(check: &Check<'_>, view: &View<'_>, read: &Covered<'_>, verdict: &mut Verdict) {
    let anomaly = Anomaly {
        kind: Finding::LogStartUnexplained {
            node: check.nodes()[read.node].clone(),
            start: read.stated_start,
            explained: read.start,
            acknowledged: below(view, read.start, read.stated_start),
        },
        certain: true,
        evidence: at(check, view, read, &[read.start, read.stated_start]),
    };
    let configuration = check.configuration();
    check.held(configuration, Subject::LostAfterRead, anomaly, verdict);
}

fn went_back(
    check: &Check<'_>,
    view: &View<'_>,
    before: &Covered<'_>,
    read: &Covered<'_>,
    verdict: &mut Verdict,
) {
    let mut evidence = at(check, view, read, &[read.stated_start, before.stated_start]);
    evidence.operations.insert(0, before.operation.id);
    verdict.found(Anomaly {
        kind: Finding::LogStartWentBack {
            node: check.nodes()[read.node].clone(),
            before: before.stated_start,
            after: read.stated_start,
        },
        certain: true,
        evidence,
    });
}

/// Whether records were removed for their age that were too young: by the time at which they were sent, the oldest
/// that they can be.
fn too_early(
    check: &Check<'_>,
    view: &View<'_>,
    read: &Covered<'_>,
    verdict: &mut Verdict,
) -> bool {
    let promises = check.history().promises();
    let (Some(retention_ms), None) = (promises.retention_ms, promises.retention_bytes) else {
        return false;
    };
    let now = read.operation.completed().unwrap_or(Moment::MAX);
    let asked_for = view.removed_below(now);
    let removed = view
        .acknowledged()
        .filter(|(_, offset)| (asked_for..read.stated_start).contains(offset));
    let ages = removed.map(|(send, _)| now.saturating_sub(send.operation.called) / MS);
    let young: Vec<u64> = ages.filter(|age_ms| *age_ms < retention_ms).collect();
    let Some(age_ms) = young.iter().copied().min() else {
        return false;
    };
    verdict.found(Anomaly {
        kind: Finding::RemovedTooEarly {
            node: check.nodes()[read.node].clone(),
            start: read.stated_start,
            young: young.len() as u64,
            age_ms,
            retention_ms,
        },
        certain: true,
        evidence: at(check, view, read, &[read.stated_start]),
    });
    true
}
