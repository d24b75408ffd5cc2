//! `log-start`: the begin of a log is evidence. It rises only where records may be removed: by a DeleteRecords that
//! asked for it, or by the retention of the topic. Anything else is a loss, however politely it is stated: a broker that
//! answered "my log begins at its end" had lost everything, and was valid.
//!
//! Three answers state a log start: a raw read, a question for the first offset, and the acknowledgement of a
//! DeleteRecords. What was deleted stays deleted ([`deletions`]).
//!
//! Where retention may act, what it removed is counted, and held to its word: records younger than `retention.ms` stay.
//! `retention.bytes` cannot be checked from outside, because a history does not tell how large records are on disk.

mod deletions;

use std::collections::BTreeMap;

use super::Check;
use super::claims::MS;
use super::transactions::ends;
use super::view::{View, evidence};
use crate::history::{ClientOperation, Moment, NodeHappening, Offset};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Evidence, Finding, Verdict};

/// A log start, as a node stated it.
struct Stated<'a> {
    node: usize,
    operation: &'a ClientOperation<'a>,
    start: Offset,
    /// Up to which offset it is explained.
    explained: Offset,
    /// Whether it is the node's own: the acknowledgement of a DeleteRecords states the lowest of all replicas.
    own: bool,
}

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let (mut asked, mut removed) = (0, 0);
    for view in check.views() {
        let all = stated(check, view);
        asked += all.len() as u64;
        let mut before: BTreeMap<usize, &Stated<'_>> = BTreeMap::new();
        let mut told: Vec<usize> = Vec::new();
        let mut highest = 0;
        for now in &all {
            if now.own {
                if let Some(before) = before.get(&now.node)
                    && before.start > now.start
                    && before.operation.completed() <= Some(now.operation.called)
                    && !forgot(check, now.node, before.operation, now.operation)
                {
                    went_back(check, view, before, now, &mut verdict);
                }
                before.insert(now.node, now);
            }
            if now.start <= 0 || told.contains(&now.node) {
                continue;
            }
            if now.start > now.explained {
                told.push(now.node);
                unexplained(check, view, now, &mut verdict);
            } else {
                highest = highest.max(now.start);
                if too_early(check, view, now, &mut verdict) {
                    told.push(now.node);
                }
            }
        }
        removed += below(view, 0, highest);
        deletions::judge(check, view, &mut verdict);
    }
    asked += ends::starts(check, &mut verdict);
    check.saw(asked, "answers that state a log start", &mut verdict);
    if removed > 0 {
        verdict.saw("acknowledged records removed as explained", removed);
    }
    verdict
}

/// Everything that was stated of a partition's start, in the order of the questions. -1 states nothing: older versions
/// of Fetch have no log start.
fn stated<'a>(check: &Check<'_>, view: &View<'a>) -> Vec<Stated<'a>> {
    let promises = check.history().promises();
    let by_age = promises.retention_ms.is_some() || promises.retention_bytes.is_some();
    let one = |node, operation: &'a ClientOperation<'a>, start, own| Stated {
        node,
        operation,
        start,
        explained: match by_age {
            true => Offset::MAX,
            false => view.removed_below(operation.completed().unwrap_or(Moment::MAX)),
        },
        own,
    };
    let reads = view.covered.iter();
    let reads = reads.map(|read| one(read.node, read.operation, read.stated_start, true));
    let starts = view.starts.iter();
    let starts = starts.map(|start| one(start.node, start.operation, start.offset, true));
    let deletions = view.deletions.iter().filter_map(|deletion| {
        Some(one(
            deletion.node?,
            deletion.operation,
            deletion.low_watermark,
            false,
        ))
    });
    let all = reads.chain(starts).chain(deletions);
    let mut all: Vec<Stated<'a>> = all.filter(|stated| stated.start >= 0).collect();
    all.sort_by_key(|stated| stated.operation.id);
    all
}

/// Whether a node may have forgotten its log start between two answers, because it was started again. One that keeps it
/// hears of the latest only with what it copies.
fn forgot(
    check: &Check<'_>,
    node: usize,
    before: &ClientOperation<'_>,
    now: &ClientOperation<'_>,
) -> bool {
    let history = check.history();
    let name = &check.nodes()[node];
    let wiped = history.promises().supports_wiped_disk;
    let from = match history.promises().log_start_is_durable && !wiped {
        true => {
            let limit = history.limits().metadata_ms.saturating_mul(MS);
            before.called.max(now.called.saturating_sub(limit))
        }
        false => before.called,
    };
    let to = now.completed().unwrap_or(Moment::MAX);
    // It exists again from its start on, so that the last one within the time counts.
    let mut happened = history.happenings().filter(|(_, at, event)| {
        event.node == *name && event.what != NodeHappening::Unknown && (from..=to).contains(at)
    });
    happened.next().is_some()
}

/// How many acknowledged records lie from one offset up to before another.
fn below(view: &View<'_>, from: Offset, to: Offset) -> u64 {
    let within = |(_, offset): &(_, Offset)| (from..to).contains(offset);
    view.acknowledged().filter(within).count() as u64
}

fn at(check: &Check<'_>, view: &View<'_>, now: &Stated<'_>, offsets: &[Offset]) -> Evidence {
    Evidence {
        nodes: vec![check.nodes()[now.node].clone()],
        ..evidence(view.place, &[now.operation.id], offsets)
    }
}

fn unexplained(check: &Check<'_>, view: &View<'_>, now: &Stated<'_>, verdict: &mut Verdict) {
    let anomaly = Anomaly {
        kind: Finding::LogStartUnexplained {
            node: check.nodes()[now.node].clone(),
            start: now.start,
            explained: now.explained,
            acknowledged: below(view, now.explained, now.start),
        },
        certain: true,
        evidence: at(check, view, now, &[now.explained, now.start]),
    };
    let configuration = check.configuration();
    check.held(configuration, Subject::LostAfterRead, anomaly, verdict);
}

fn went_back(
    check: &Check<'_>,
    view: &View<'_>,
    before: &Stated<'_>,
    now: &Stated<'_>,
    verdict: &mut Verdict,
) {
    let mut evidence = at(check, view, now, &[now.start, before.start]);
    evidence.operations.insert(0, before.operation.id);
    verdict.found(Anomaly {
        kind: Finding::LogStartWentBack {
            node: check.nodes()[now.node].clone(),
            before: before.start,
            after: now.start,
        },
        certain: true,
        evidence,
    });
}

/// By how much at most some node's clock was ahead, or another one behind when it appended, in a stretch of time; without
/// limit if that is not known.
fn ahead_ms(check: &Check<'_>, from: Moment, to: Moment) -> u64 {
    let near = check.windows().iter().filter(|w| w.overlaps(from, to, 0));
    let spread = near.filter_map(|window| {
        let (least, most) = window.skew_ms?;
        let known = window.healed.is_some();
        Some(if known {
            most.abs_diff(least)
        } else {
            u64::MAX
        })
    });
    spread.max().unwrap_or(0)
}

/// Whether records were removed for their age that were too young: by the time at which they were sent, the oldest
/// that they can be. A node reads their age from its clock, so one that is ahead may remove as much earlier.
fn too_early(check: &Check<'_>, view: &View<'_>, now: &Stated<'_>, verdict: &mut Verdict) -> bool {
    let promises = check.history().promises();
    let (Some(retention_ms), None) = (promises.retention_ms, promises.retention_bytes) else {
        return false;
    };
    let told_at = now.operation.completed().unwrap_or(Moment::MAX);
    let asked_for = view.removed_below(told_at);
    let removed = view
        .acknowledged()
        .filter(|(_, offset)| (asked_for..now.start).contains(offset));
    let ages = removed.map(|(send, _)| {
        let called = send.operation.called;
        let ahead_ms = ahead_ms(check, called, told_at);
        (told_at.saturating_sub(called) / MS, ahead_ms)
    });
    let young = ages.filter(|(age_ms, ahead)| age_ms.saturating_add(*ahead) < retention_ms);
    let young: Vec<u64> = young.map(|(age_ms, _)| age_ms).collect();
    let Some(age_ms) = young.iter().copied().min() else {
        return false;
    };
    verdict.found(Anomaly {
        kind: Finding::RemovedTooEarly {
            node: check.nodes()[now.node].clone(),
            start: now.start,
            young: young.len() as u64,
            age_ms,
            retention_ms,
        },
        certain: true,
        evidence: at(check, view, now, &[now.start]),
    });
    true
}
