//! `replicas-agree`: what the final reads through every node show. Prefixes agree, and everybody catches up.

use std::collections::BTreeSet;

use super::Check;
use super::view::{Fact, NodeReads, View, bit, evidence};
use crate::history::{Moment, Offset, Outcome};
use crate::verdict::{Anomaly, Doubt, Evidence, Finding, Held, Verdict};

pub(super) fn agree(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut read = 0;
    for view in check.views().iter().filter(|view| !view.sends.is_empty()) {
        let reads = view.reads();
        read += reads.len() as u64;
        let farthest = reads.iter().map(|r| r.reached).max().unwrap_or(0);
        for (number, node) in check.nodes().iter().enumerate() {
            let short = |r: &&NodeReads<'_>| r.to_the_end || r.reached >= farthest;
            if !reads.iter().filter(short).any(|r| r.node == number) {
                verdict.doubt(Doubt::ReadIncomplete {
                    node: node.clone(),
                    topic: view.place.0.to_owned(),
                    partition: view.place.1,
                });
            }
        }
        differ(check, view, &reads, &mut verdict);
        for behind in reads
            .iter()
            .filter(|r| r.to_the_end && r.reached < farthest)
        {
            lags(check, view, behind, farthest, &mut verdict);
        }
    }
    check.saw(read, "copies of partitions read", &mut verdict);
    verdict
}

/// A node that was read to its end and ends before acknowledged records that another serves.
fn lags(
    check: &Check<'_>,
    view: &View<'_>,
    behind: &NodeReads<'_>,
    farthest: Offset,
    verdict: &mut Verdict,
) {
    let asked = behind.last.called;
    let lacks = |(send, offset): &(&super::view::Send<'_>, Offset)| {
        (behind.reached..farthest).contains(offset)
            && send.acknowledged_at().is_some_and(|at| at < asked)
    };
    let missing = view.acknowledged().filter(lacks).count() as u64;
    if missing == 0 {
        return;
    }
    let node = check.nodes()[behind.node].clone();
    let finding = Finding::ReplicaBehind {
        node: node.clone(),
        read_to: behind.reached,
        farthest,
        missing,
    };
    let evidence = Evidence {
        nodes: vec![node],
        ..evidence(view.place, &[behind.last.id], &[behind.reached])
    };
    let to = behind.last.completed().unwrap_or(Moment::MAX);
    check.unless_starved(finding, evidence, asked, to, verdict);
}

fn differ(check: &Check<'_>, view: &View<'_>, reads: &[NodeReads<'_>], verdict: &mut Verdict) {
    // The stretch that every node covers without a break: there, agreement is one comparison.
    let all = reads.iter().fold(0_u64, |all, r| all | bit(r.node));
    let from = reads.iter().map(|r| r.start).max().unwrap_or(0);
    let to = reads.iter().map(|r| r.reached).min().unwrap_or(0);
    for facts in view.facts.chunk_by(|a, b| a.offset == b.offset) {
        let offset = facts[0].offset;
        if facts.len() == 1 && facts[0].nodes == all && (from..to).contains(&offset) {
            continue;
        }
        let held: Vec<Held> = reads
            .iter()
            .filter_map(|r| {
                let by = r.covering(offset)?;
                let fact = facts.iter().find(|fact| fact.nodes & bit(r.node) != 0);
                Some(Held {
                    node: check.nodes()[r.node].clone(),
                    value: fact.map(|fact| view.value(fact).to_owned()),
                    operation: by.id,
                })
            })
            .collect();
        let values: BTreeSet<&Option<String>> = held.iter().map(|held| &held.value).collect();
        if values.len() > 1 {
            tell(view, facts, held, reads, verdict);
        }
    }
}

fn tell(
    view: &View<'_>,
    facts: &[Fact<'_>],
    held: Vec<Held>,
    reads: &[NodeReads<'_>],
    verdict: &mut Verdict,
) {
    let offset = facts[0].offset;
    // One that holds a record and one that does not: two operations prove it.
    let first = held.iter().find(|held| held.value.is_some());
    let other = held
        .iter()
        .find(|held| Some(&held.value) != first.map(|first| &first.value));
    let proof: Vec<u64> = first
        .iter()
        .chain(&other)
        .map(|held| held.operation)
        .collect();
    let evidence = evidence(view.place, &proof, &[offset]);
    let values: BTreeSet<&String> = held.iter().filter_map(|held| held.value.as_ref()).collect();
    let acknowledged = facts.iter().filter_map(|fact| view.send_of(fact));
    let acknowledged = acknowledged
        .filter(|send| send.outcome == Outcome::Ok)
        .count()
        > 0;
    let lacking = held.iter().find(|held| held.value.is_none());
    let kind = match (lacking, values.first()) {
        (Some(lacking), Some(value)) if values.len() == 1 && acknowledged => {
            Finding::ReplicaMisses {
                node: lacking.node.clone(),
                value: (*value).clone(),
                offset,
                read_to: reads.iter().map(|r| r.reached).max().unwrap_or(offset),
            }
        }
        _ => Finding::ReplicasDiffer { offset, held },
    };
    verdict.found(Anomaly {
        kind,
        certain: true,
        evidence,
    });
}
