//! `coordinator-agreement`: one node coordinates a group or a transactional id.
//!
//! Two views. *Named*: nodes that name different coordinators (FindCoordinator) for longer than they may disagree. *Accepted*:
//! one node accepts requests of a group, then another, then the first one again, while nothing was faulty and no leader
//! changed: a coordinator moves only with a change of leader, so both acted at once. Near faults and changes of leader nothing
//! is judged.

use std::collections::BTreeMap;

use super::zombie_member::asked;
use crate::checks::Check;
use crate::checks::claims::settle;
use crate::history::{ClientOperation, Coordinated, Moment, NodeName, Outcome, Seen};
use crate::verdict::{Anomaly, Evidence, Finding, Verdict};

const MS: Moment = 1_000_000;

/// A change of leader touches what happens this much earlier or later.
const AROUND: Moment = 3_000 * MS;

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let named = named(check, &mut verdict);
    let accepted = accepted(check, &mut verdict);
    check.saw(
        named + accepted,
        "coordinators that were named or that accepted",
        &mut verdict,
    );
    verdict
}

/// Whether something was faulty, or a leader changed, from one moment to another.
pub(super) fn is_touched(check: &Check<'_>, from: Moment, to: Moment) -> bool {
    let (from, to) = (from.saturating_sub(AROUND), to.saturating_add(AROUND));
    let faulty = check
        .windows()
        .iter()
        .any(|window| window.overlaps(from, to, AROUND));
    faulty
        || check
            .elections()
            .iter()
            .any(|one| from <= one.at && one.at <= to)
}

/// Since when, within a stretch of time, nothing was faulty any more and no leader had changed; its end if something still is.
fn calm_since(check: &Check<'_>, from: Moment, to: Moment) -> Moment {
    let windows = check.windows().iter().filter(|window| window.called <= to);
    let healed = windows.map(|window| window.end(settle(check.history(), window, AROUND)));
    let elections = check.elections().iter().map(|one| one.at);
    let elections = elections.filter(|at| *at <= to);
    let elections = elections.map(|at| at.saturating_add(AROUND));
    healed.chain(elections).max().unwrap_or(0).clamp(from, to)
}

/// What the nodes name for one key.
#[derive(Default)]
struct Named<'a> {
    /// What each node that answers named last, and the line.
    by_node: BTreeMap<&'a str, (&'a str, u64)>,
    /// Since when they differ.
    since: Option<Moment>,
    reported: bool,
}

fn named(check: &Check<'_>, verdict: &mut Verdict) -> u64 {
    let limit_ms = check.history().limits().disagreement_ms;
    let mut keys: BTreeMap<(Coordinated, &str), Named<'_>> = BTreeMap::new();
    let mut count = 0;
    for observed in check.history().observations() {
        let about = observed.observation;
        let Seen::Coordinator {
            of,
            key,
            coordinator,
        } = &about.seen
        else {
            continue;
        };
        let known = keys.entry((*of, key.as_str())).or_default();
        let Some(coordinator) = coordinator else {
            // What a node said before it was killed contradicts nobody.
            known.by_node.remove(about.node.as_str());
            continue;
        };
        count += 1;
        known
            .by_node
            .insert(&about.node, (coordinator, observed.id));
        let differ = known
            .by_node
            .values()
            .any(|(one, _)| *one != coordinator.as_str());
        if !differ {
            (known.since, known.reported) = (None, false);
            continue;
        }
        let since = *known.since.get_or_insert(observed.at);
        // One that begins at a change of leader and does not end was excused for ever.
        let since = calm_since(check, since, observed.at);
        let length_ms = about.called.saturating_sub(since) / MS;
        if length_ms <= limit_ms || known.reported {
            continue;
        }
        known.reported = true;
        let pairs = known.by_node.iter();
        let pairs: Vec<(NodeName, NodeName)> = pairs
            .map(|(node, (named, _))| ((*node).to_owned(), (*named).to_owned()))
            .collect();
        let finding = Finding::TwoCoordinators {
            key: key.to_string(),
            named: pairs,
            length_ms,
            limit_ms,
        };
        let evidence = Evidence {
            events: known.by_node.values().map(|(_, id)| *id).collect(),
            window: Some((since, observed.at)),
            ..Evidence::default()
        };
        check.unless_starved(finding, evidence, since, observed.at, verdict);
    }
    count
}

/// The node that accepted a member's request.
fn acceptor<'a>(operation: &ClientOperation<'a>) -> Option<&'a str> {
    asked(operation).filter(|_| operation.outcome == Outcome::Ok)
}

fn accepted(check: &Check<'_>, verdict: &mut Verdict) -> u64 {
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        let accepted = group.calls.iter();
        let accepted =
            accepted.filter_map(|one| Some((one.returned()?, one.called, acceptor(one)?, one.id)));
        let mut accepted: Vec<_> = accepted.collect();
        accepted.sort_unstable();
        count += accepted.len() as u64;
        // Runs of one node, each with its first and last request.
        let runs: Vec<_> = accepted.chunk_by(|a, b| a.2 == b.2).collect();
        for three in runs.windows(3) {
            let (Some(last), middle, Some(again)) = (
                three[0].last(),
                three[1][0],
                three[2].iter().max_by_key(|one| one.1),
            ) else {
                continue;
            };
            // The first node accepted, then the other, then the first one again: each called after the one before had returned.
            let in_turn = last.0 < middle.1 && middle.0 < again.1;
            if last.2 != again.2 || !in_turn || is_touched(check, last.1, again.0) {
                continue;
            }
            verdict.found(Anomaly {
                kind: Finding::TwoCoordinators {
                    key: (*name).to_owned(),
                    named: [last, &middle]
                        .map(|one| (one.2.to_owned(), one.2.to_owned()))
                        .to_vec(),
                    length_ms: again.0.saturating_sub(last.1) / MS,
                    limit_ms: 0,
                },
                certain: false,
                evidence: Evidence {
                    operations: vec![last.3, middle.3, again.3],
                    window: Some((last.1, again.0)),
                    ..Evidence::default()
                },
            });
            break;
        }
    }
    count
}
