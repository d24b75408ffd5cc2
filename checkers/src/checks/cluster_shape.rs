//! `cluster-shape`: what nodes show of the cluster is the cluster that ran: its brokers, the voters of its quorum, and
//! the partitions of the topics that the harness created and never changed.
//!
//! Something that does not exist is never shown, and a quorum does not lose a voter: one answer proves it. A broker or
//! partition may be missing for a while (a broker that was away is not listed), so a node that leaves it out is held to
//! the limit of metadata, and only while no fault is near. A broker that nine of ten answers list is a member, also
//! if the harness did not start it. The cluster has one id, and so has a topic that was made once.

mod identity;
mod known;

use identity::Identities;
pub(super) use identity::identified;
pub(super) use known::Known;

use std::collections::BTreeSet;

use super::Check;
use super::claims::{MS, settle};
use super::stretches::{self, Since, Stretches};
use crate::history::{Moment, NodeName, Observation, Observed, Phase, Seen};
use crate::verdict::{Anomaly, Doubt, Finding, Unit, Verdict};

/// Voters do not come and go: the harness changes no quorum.
const VOTERS: &str = "voters";

/// The ids that an answer shows of one kind of thing, and those that there are.
struct Shown {
    what: String,
    seen: BTreeSet<i32>,
    exist: BTreeSet<i32>,
    /// Whether something may be left out for a while.
    may_lag: bool,
}

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let settled = check.history().settled().map(|settled| &settled.answers);
    let known = Known::of(check.history(), check.operations(), settled);
    let from = check.history().phase(Phase::Load).unwrap_or(Moment::MAX);
    let done = check.history().phase(Phase::Done).unwrap_or(Moment::MAX);
    let limit_ms = check.history().limits().metadata_ms;
    let mut stretches: Stretches<(NodeName, String)> = Stretches::new(limit_ms);
    let mut identities = Identities::of(&known);
    let mut told: BTreeSet<(NodeName, String)> = BTreeSet::new();
    let mut judged = settled.map_or(0, |answers| answers.shown);
    for observed in check.history().observations() {
        let about = observed.observation;
        if !about.answered || about.called > done {
            continue;
        }
        for shown in shown(&known, about) {
            judged += 1;
            let lane = (about.node.to_string(), shown.what.clone());
            let is_whole = shown.exist.is_subset(&shown.seen);
            let wrong = !shown.seen.is_subset(&shown.exist) || (!is_whole && !shown.may_lag);
            if wrong && told.insert(lane.clone()) {
                found(check, observed, &shown, None, &mut verdict);
            }
            if is_whole || !shown.may_lag || about.called < from || faulty(check, observed) {
                stretches.end(&lane);
            } else if let Some(since) = stretches.goes_on(lane, &observed)
                && since.is_news
            {
                found(check, observed, &shown, Some(since), &mut verdict);
            }
        }
        judged += identities.compare(observed, &mut verdict);
    }
    verdict.figure(
        "left_out_ms_max",
        stretches.longest_ms(),
        Some(limit_ms),
        Unit::Milliseconds,
    );
    verdict.saw("answers about the cluster", judged);
    if judged == 0 {
        let what = "answers that list brokers, voters or created topics".to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
    }
    verdict
}

/// How much an answer shows, if it shows what there is and nothing else.
pub(super) fn shown_rightly(known: &Known, about: &Observation) -> Option<u64> {
    let shown = shown(known, about);
    let right = |shown: &Shown| shown.seen == shown.exist;
    shown.iter().all(right).then_some(shown.len() as u64)
}

/// What an answer shows. A refusal shows nothing, so all is missing in it.
fn shown(known: &Known, about: &Observation) -> Vec<Shown> {
    let mut shown = Vec::new();
    let mut add = |what: String, seen: BTreeSet<i32>, exist: &BTreeSet<i32>| {
        shown.push(Shown {
            may_lag: what != VOTERS,
            what,
            seen,
            exist: exist.clone(),
        });
    };
    match &about.seen {
        Seen::Metadata {
            brokers,
            partitions,
        } => {
            if let Some(exist) = &known.brokers {
                add(
                    "brokers".to_owned(),
                    brokers.iter().copied().collect(),
                    exist,
                );
                let leaders = partitions.iter().filter_map(|row| row.leader());
                let leaders: BTreeSet<i32> = leaders.filter(|id| !exist.contains(id)).collect();
                if !leaders.is_empty() {
                    let leaders = leaders.union(exist).copied().collect();
                    add("leaders".to_owned(), leaders, exist);
                }
            }
            for (topic, exist) in &known.partitions {
                let rows = partitions.iter().filter(|row| row.topic() == topic);
                let seen = rows.map(|row| row.partition()).collect();
                add(format!("partitions of {topic}"), seen, exist);
            }
        }
        Seen::Quorum { voters, .. } if !voters.is_empty() => {
            if let Some(exist) = &known.voters {
                add(VOTERS.to_owned(), voters.iter().copied().collect(), exist);
            }
        }
        _ => {}
    }
    shown
}

/// Whether a fault is near: brokers that were away need time to be listed again.
fn faulty(check: &Check<'_>, observed: Observed<'_>) -> bool {
    let limits = check.history().limits();
    let back = limits
        .recovery_ms
        .max(limits.formation_ms)
        .max(limits.metadata_ms);
    let back = back.saturating_mul(MS);
    let (from, to) = (observed.observation.called, observed.at);
    check.windows().iter().any(|window| {
        let settle = settle(check.history(), window, back);
        !window.skipped && window.overlaps(from, to, settle)
    })
}

fn found(
    check: &Check<'_>,
    observed: Observed<'_>,
    shown: &Shown,
    since: Option<Since>,
    verdict: &mut Verdict,
) {
    let node = observed.observation.node.to_string();
    let limit_ms = check.history().limits().metadata_ms;
    let finding = Finding::ShapeDiffers {
        node,
        what: shown.what.clone(),
        seen: shown.seen.iter().copied().collect(),
        exist: shown.exist.iter().copied().collect(),
        length_ms: since.map(|since| since.length_ms),
        limit_ms: since.map(|_| limit_ms),
    };
    let evidence = stretches::evidence(since, &observed);
    if let Some(since) = since {
        check.unless_starved(finding, evidence, since.from, observed.at, verdict);
    } else {
        verdict.found(Anomaly {
            kind: finding,
            certain: true,
            evidence,
        });
    }
}
