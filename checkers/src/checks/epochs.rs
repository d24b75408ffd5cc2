//! `one-leader-per-epoch` and `epochs-go-forward`: Raft's election safety and the monotony of terms, for each partition
//! and for the quorum. They hold however starved the machine was.
//!
//! An epoch has one leader, whoever names it: a follower that names another one than the leader itself sends its clients
//! to a node that never led. A node that answers an end offset states its epoch, too; its Metadata may name that epoch
//! later, but not later than Metadata may lag.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::claims::{Claims, MS, Row, remade, settle};
use crate::history::{Call, Moment, Outcome, Report};
use crate::verdict::{Anomaly, Belief, Evidence, Finding, Verdict};

/// Evidence of two answers about one lane.
pub(super) fn evidence(claims: &Claims<'_>, first: &Row<'_>, second: &Row<'_>) -> Evidence {
    let is_quorum = claims.quorum.iter().any(|row| std::ptr::eq(row, second));
    let seat = claims.seats.get(second.seat).filter(|_| !is_quorum);
    let mut nodes = vec![first.node.to_owned(), second.node.to_owned()];
    nodes.dedup();
    Evidence {
        events: vec![first.id, second.id],
        nodes,
        topic: seat.map(|(topic, ..)| (*topic).to_owned()),
        partition: seat.map(|(_, partition, _)| *partition),
        window: Some((first.called.min(second.called), second.returned)),
        ..Evidence::default()
    }
}

/// Two answers name different leaders of one partition and epoch, or of one term of the quorum, which holds for
/// whichever nodes were asked.
pub(super) fn one_per_epoch(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let claims = check.claims();
    let named = claims
        .rows
        .iter()
        .filter(|row| row.leader.is_some() && row.epoch.is_some());
    let mut count = claims.settled.claims + claims.settled.quorum;
    let mut first: BTreeMap<(usize, Option<i32>), &Row<'_>> = BTreeMap::new();
    let mut told: BTreeSet<Option<i32>> = BTreeSet::new();
    for row in named {
        count += u64::from(row.is_claim());
        let known = *first.entry((row.seat, row.epoch)).or_insert(row);
        // Partitions whose epochs go together would report the same thing many times.
        if known.leader != row.leader && told.insert(row.epoch) {
            verdict.found(two(claims, known, row));
        }
    }
    let mut first: BTreeMap<Option<i32>, &Row<'_>> = BTreeMap::new();
    let mut told: BTreeSet<Option<i32>> = BTreeSet::new();
    let mut quorum: Vec<&Row<'_>> = claims.quorum.iter().chain(&claims.controllers).collect();
    quorum.sort_by_key(|row| row.id);
    for row in quorum.into_iter().filter(|row| row.leader.is_some()) {
        count += 1;
        let known = *first.entry(row.epoch).or_insert(row);
        if known.leader != row.leader && told.insert(row.epoch) {
            verdict.found(two(claims, known, row));
        }
    }
    check.saw_in_run(count, "claims of leadership", &mut verdict);
    verdict
}

fn two(claims: &Claims<'_>, known: &Row<'_>, row: &Row<'_>) -> Anomaly {
    Anomaly {
        kind: Finding::TwoLeaders {
            epoch: row.epoch.unwrap_or(-1),
            claims: vec![known.belief(), row.belief()],
        },
        certain: true,
        evidence: evidence(claims, known, row),
    }
}

/// A node answered a lower epoch than it had answered before it was asked: answers that overtake each other prove
/// nothing.
pub(super) fn forward(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let claims = check.claims();
    let partitions = claims.rows.iter().filter(|row| row.epoch.is_some());
    lanes(check, partitions, &mut verdict);
    lanes(check, claims.quorum.iter(), &mut verdict);
    lanes(check, claims.controllers.iter(), &mut verdict);
    ends(check, &mut verdict);
    let settled = claims.settled.rows + claims.settled.quorum;
    let rows = claims.rows.len() + claims.quorum.len() + claims.controllers.len();
    let answers = rows as u64 + settled;
    check.saw_in_run(answers, "answers about leaders", &mut verdict);
    verdict
}

fn lanes<'r, 'a: 'r>(
    check: &Check<'a>,
    rows: impl Iterator<Item = &'r Row<'a>>,
    verdict: &mut Verdict,
) {
    let claims = check.claims();
    // Of each node and lane, the first answer of each epoch that was higher than all before.
    let mut highest: BTreeMap<(&str, usize, usize), Vec<&Row<'_>>> = BTreeMap::new();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for row in rows {
        let life = lives(check, row.node, row.called);
        let records = highest.entry((row.node, row.seat, life)).or_default();
        let before = records.partition_point(|known| known.returned <= row.called);
        let known = before.checked_sub(1).map(|at| records[at]);
        if let Some(known) = known.filter(|known| known.epoch > row.epoch)
            && told.insert(row.node)
        {
            verdict.found(Anomaly {
                kind: Finding::EpochWentBack {
                    before: known.belief(),
                    after: row.belief(),
                },
                certain: true,
                evidence: evidence(claims, known, row),
            });
        }
        if records.last().is_none_or(|known| known.epoch < row.epoch) {
            records.push(row);
        }
    }
}

/// How often a node's disk was emptied before a moment: a node without its disk knows no epoch that it has seen.
fn lives(check: &Check<'_>, node: &str, at: Moment) -> usize {
    let windows = check.windows().iter();
    let wiped = windows.filter(|w| w.wiped && !w.skipped && w.called <= at && w.stops(node));
    wiped.count()
}

/// An answer about the end of a partition, with the epoch of the leader that gave it.
struct End<'a> {
    operation: u64,
    node: &'a str,
    called: Moment,
    returned: Moment,
    epoch: i32,
}

impl End<'_> {
    fn belief(&self) -> Belief {
        Belief {
            node: self.node.to_owned(),
            leader: Some(self.node.to_owned()),
            epoch: Some(self.epoch),
            called: self.called,
            returned: self.returned,
        }
    }
}

/// The same for the epochs of end offsets, of each node and partition: a lane of its own, because a broker may know of
/// a new epoch in one part of it before the other.
fn ends(check: &Check<'_>, verdict: &mut Verdict) {
    let anew = remade(check.history());
    let mut highest: BTreeMap<(&str, &str, i32, usize), Vec<End<'_>>> = BTreeMap::new();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for operation in check.operations() {
        let (Call::EndOffset(asked), Some(Report::EndOffset(seen)), Outcome::Ok) =
            (operation.call, operation.report(), operation.outcome)
        else {
            continue;
        };
        let node = seen.node.as_deref().or(asked.node.as_deref());
        let (Some(node), Some(epoch), Some(returned)) = (node, seen.epoch, operation.returned())
        else {
            continue;
        };
        // A topic that is made again begins anew.
        if anew.contains_key(asked.topic.as_str()) {
            continue;
        }
        let end = End {
            operation: operation.id,
            node,
            called: operation.called,
            returned,
            epoch,
        };
        let lane = highest
            .entry((
                node,
                &asked.topic,
                asked.partition,
                lives(check, node, operation.called),
            ))
            .or_default();
        // In the order of the calls: an answer that came later than this question is further back.
        let before = lane.iter().rev().find(|known| known.returned <= end.called);
        if let Some(known) = before.filter(|known| known.epoch > epoch)
            && told.insert(node)
        {
            verdict.found(Anomaly {
                kind: Finding::EpochWentBack {
                    before: known.belief(),
                    after: end.belief(),
                },
                certain: true,
                evidence: Evidence {
                    operations: vec![known.operation, end.operation],
                    nodes: vec![node.to_owned()],
                    topic: Some(asked.topic.to_string()),
                    partition: Some(asked.partition),
                    window: Some((known.called, end.returned)),
                    ..Evidence::default()
                },
            });
        }
        if lane.last().is_none_or(|known| known.epoch < epoch) {
            lane.push(end);
        }
    }
    unnamed(check, verdict);
}

/// A node's Metadata names a lower epoch than its end offsets had stated for longer than Metadata may lag, while no fault
/// touched the node.
fn unnamed(check: &Check<'_>, verdict: &mut Verdict) {
    let tally = check.tally();
    let anew = remade(check.history());
    let lag = check.history().limits().metadata_ms.saturating_mul(MS);
    let touched = |node: &str, from: Moment, to: Moment| {
        let windows = check.windows().iter().filter(|w| !w.skipped);
        let mut near = windows.filter(|w| w.touches(node) || w.breaks_majority(check.nodes()));
        near.any(|w| w.overlaps(from, to, settle(check.history(), w, lag)))
    };
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for ((node, place, _), (stated, lower)) in &tally.epochs.unnamed {
        let (topic, partition) = tally.names.place(*place);
        let row = lower
            .iter()
            .find(|row| !touched(node, stated.called, row.returned));
        let Some(row) = row.filter(|_| !anew.contains_key(topic)) else {
            continue;
        };
        if !told.insert(node) {
            continue;
        }
        let finding = Finding::EpochWentBack {
            before: said(
                node,
                Some(node),
                stated.epoch,
                (stated.called, stated.returned),
            ),
            after: said(
                node,
                name(check, row.leader),
                row.epoch,
                (row.called, row.returned),
            ),
        };
        let evidence = Evidence {
            operations: vec![stated.operation],
            events: vec![row.id],
            nodes: vec![node.to_string()],
            topic: Some(topic.to_owned()),
            partition: Some(partition),
            window: Some((stated.called, row.returned)),
            ..Evidence::default()
        };
        check.unless_starved(finding, evidence, stated.called, row.returned, verdict);
    }
}

/// The name of the node with an id.
fn name<'c>(check: &Check<'c>, id: i32) -> Option<&'c str> {
    let at = usize::try_from(id).ok()?.checked_sub(1)?;
    check.nodes().get(at).map(String::as_str)
}

fn said(
    node: &str,
    leader: Option<&str>,
    epoch: i32,
    (called, returned): (Moment, Moment),
) -> Belief {
    Belief {
        node: node.to_owned(),
        leader: leader.map(str::to_owned),
        epoch: Some(epoch),
        called,
        returned,
    }
}
