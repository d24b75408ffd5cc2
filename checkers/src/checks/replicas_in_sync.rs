//! `replicas-in-sync`: after a fault every replica comes back, and what is acknowledged with acks=all is on as many as the
//! configuration asks for.
//!
//! A partition whose leader stands and serves looks well to every client, and is one fault away from refusing writes, or
//! from losing them, if a replica never came back (KAFKA-14616, KAFKA-15021: a broker that stays out of the in-sync set for
//! ever). So what nodes state of replicas is held to a limit from the last heal on. Which set counts is what the nodes
//! say: a replica that is called in sync and is not, is found by `lost-write` when it leads.

mod minimum;

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::claims::settle;
use super::stretches::{self, Since, Stretches};
use crate::history::{Header, NodeName, Observation, Observed, Phase, ReplicaClaim, Seen};
use crate::verdict::{Anomaly, Doubt, Evidence, Finding, Unit, Verdict};

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let history = check.history();
    let limit_ms = history.limits().in_sync_ms;
    let load = history.phase(Phase::Load);
    let done = history.phase(Phase::Done);
    let mut stretches: Stretches<(NodeName, String, i32)> = Stretches::new(limit_ms);
    let mut short: BTreeMap<(NodeName, String, i32), (Since, Observed<'_>, &ReplicaClaim)> =
        BTreeMap::new();
    let mut strange: BTreeSet<(NodeName, String, i32)> = BTreeSet::new();
    let settled = history.settled();
    let mut judged = settled.map_or(0, |settled| settled.answers.replicas);
    for observed in history.observations() {
        let about = observed.observation;
        let Seen::Replicas { partitions, .. } = &about.seen else {
            continue;
        };
        if !about.answered || done.is_some_and(|done| about.called > done) {
            continue;
        }
        judged += partitions.len() as u64;
        let early = load.is_none_or(|load| about.called < load);
        // One window is looked up for all rows: they are of one answer.
        let faulty = early || faulty(check, observed);
        for row in partitions {
            let lane = (
                about.node.to_string(),
                row.topic().to_owned(),
                row.partition(),
            );
            if let Some(stranger) = stranger(row)
                && strange.insert(lane.clone())
            {
                found(check, observed, row, Told::Stranger(stranger), &mut verdict);
            }
            if faulty || is_whole(history.header(), row) {
                stretches.end(&lane);
                if let Some((since, observed, row)) = short.remove(&lane) {
                    found(check, observed, row, Told::Short(since), &mut verdict);
                }
            } else if let Some(since) = stretches.goes_on(lane.clone(), &observed) {
                // Told when it has ended, because only its whole length shows what a starved machine can explain of it.
                short.insert(lane, (since, observed, row));
            }
        }
    }
    for (since, observed, row) in short.into_values() {
        found(check, observed, row, Told::Short(since), &mut verdict);
    }
    verdict.figure(
        "out_of_sync_ms_max",
        stretches.longest_ms(),
        Some(limit_ms),
        Unit::Milliseconds,
    );
    verdict.saw("answers about replicas", judged);
    if judged == 0 {
        let what = "answers about replicas".to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
        return verdict;
    }
    minimum::check(check, &mut verdict);
    verdict
}

/// What is wrong with a row.
enum Told {
    /// This node is called in sync, but it is not a replica.
    Stranger(i32),
    /// Too few replicas are in sync.
    Short(Since),
}

/// How many replicas of a partition there must be.
fn wanted(header: &Header, row: &ReplicaClaim) -> usize {
    let stated = header
        .replicas
        .and_then(|replicas| usize::try_from(replicas).ok());
    stated.unwrap_or(row.replicas().len())
}

fn is_whole(header: &Header, row: &ReplicaClaim) -> bool {
    row.in_sync().len() >= wanted(header, row) && stranger(row).is_none()
}

fn stranger(row: &ReplicaClaim) -> Option<i32> {
    let mut in_sync = row.in_sync().iter();
    in_sync.find(|id| !row.replicas().contains(id)).copied()
}

/// How many partitions an answer shows, if it shows each with all its replicas in sync.
pub(super) fn shown_whole(header: &Header, about: &Observation) -> Option<u64> {
    let Seen::Replicas { partitions, .. } = &about.seen else {
        return None;
    };
    let whole = partitions.iter().all(|row| is_whole(header, row));
    (whole && about.answered).then_some(partitions.len() as u64)
}

/// Whether a fault is active, or TCP still backs off after one.
fn faulty(check: &Check<'_>, observed: Observed<'_>) -> bool {
    let (from, to) = (observed.observation.called, observed.at);
    check.windows().iter().any(|window| {
        let settle = settle(check.history(), window, 0);
        !window.skipped && window.overlaps(from, to, settle)
    })
}

fn found(
    check: &Check<'_>,
    observed: Observed<'_>,
    row: &ReplicaClaim,
    told: Told,
    verdict: &mut Verdict,
) {
    let node = observed.observation.node.to_string();
    let limit_ms = check.history().limits().in_sync_ms;
    let (since, stranger) = match told {
        Told::Short(since) => (Some(since), None),
        Told::Stranger(id) => (None, Some(id)),
    };
    let kind = Finding::ReplicasOutOfSync {
        node,
        replicas: wanted(check.history().header(), row) as u64,
        in_sync: row.in_sync().to_vec(),
        stranger,
        length_ms: since.map(|since| since.length_ms),
        limit_ms: since.map(|_| limit_ms),
    };
    let evidence = Evidence {
        topic: Some(row.topic().to_owned()),
        partition: Some(row.partition()),
        ..stretches::evidence(since, &observed)
    };
    if let Some(since) = since {
        let beyond_ms = since.length_ms.saturating_sub(limit_ms);
        check.unless_starved_by(
            beyond_ms,
            kind,
            evidence,
            (since.from, observed.at),
            verdict,
        );
    } else {
        verdict.found(Anomaly {
            kind,
            certain: true,
            evidence,
        });
    }
}
