//! Leadership: `one-leader-per-epoch`, `epochs-go-forward`, `unexplained-election`, `terms-burned`, `stale-leader`,
//! `disagreement`. The first two are Raft's election safety and the monotony of terms, and stand whatever the machine did;
//! the others are held to limits and undecided where the machine was starved.

use std::collections::BTreeMap;

use super::Check;
use super::claims::{MS, Row, explanation};
use crate::history::{Moment, NodeName, Phase, Seen};
use crate::judgement::{Election, Explanation};
use crate::verdict::{Anomaly, Belief, Doubt, Evidence, Finding, Unit, Verdict};

fn belief(row: &Row) -> Belief {
    Belief {
        node: row.node.clone(),
        leader: row.leader.clone(),
        epoch: row.epoch,
        called: row.called,
        returned: row.returned,
    }
}

fn evidence(row: &Row, other: Option<&Row>) -> Evidence {
    let events: Vec<u64> = [Some(row), other]
        .into_iter()
        .flatten()
        .map(|r| r.id)
        .collect();
    let from = other.map_or(row.called, |other| other.called.min(row.called));
    Evidence {
        events,
        nodes: vec![row.node.clone()],
        topic: Some(row.seat.0.clone()),
        partition: Some(row.seat.1),
        window: Some((from, row.returned)),
        ..Evidence::default()
    }
}

/// Two nodes each claimed the same partition and epoch.
pub(super) fn one_per_epoch(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("one-leader-per-epoch");
    let mut claimed: BTreeMap<(&(String, i32), i32), &Row> = BTreeMap::new();
    let mut told: BTreeMap<i32, ()> = BTreeMap::new();
    let mut count = 0;
    for row in check.rows.iter().filter(|row| row.is_claim()) {
        let Some(epoch) = row.epoch else { continue };
        count += 1;
        let first = *claimed.entry((&row.seat, epoch)).or_insert(row);
        if first.node != row.node && told.insert(epoch, ()).is_none() {
            verdict.found(Anomaly {
                kind: Finding::TwoLeaders {
                    epoch,
                    claims: vec![belief(first), belief(row)],
                },
                certain: true,
                evidence: evidence(row, Some(first)),
            });
        }
    }
    verdict.saw("claims", count);
    check.saw_any(count, "claims of leadership", &mut verdict);
    verdict
}

/// A node answered a lower epoch than it had answered before.
pub(super) fn forward(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("epochs-go-forward");
    let mut highest: BTreeMap<(&NodeName, &(String, i32)), &Row> = BTreeMap::new();
    let mut told: BTreeMap<&NodeName, ()> = BTreeMap::new();
    for row in check.rows.iter().filter(|row| row.epoch.is_some()) {
        let key = (&row.node, &row.seat);
        match highest.get(&key) {
            Some(before) if before.epoch > row.epoch => {
                // Only if it was asked after the higher answer had come: answers may overtake each other.
                if row.called >= before.returned && told.insert(&row.node, ()).is_none() {
                    verdict.found(Anomaly {
                        kind: Finding::EpochWentBack {
                            before: belief(before),
                            after: belief(row),
                        },
                        certain: true,
                        evidence: evidence(row, Some(before)),
                    });
                }
            }
            _ => drop(highest.insert(key, row)),
        }
    }
    verdict.saw("answers", check.rows.len() as u64);
    check.saw_any(
        check.rows.len() as u64,
        "answers about leaders",
        &mut verdict,
    );
    verdict
}

/// The leader or its epoch changed though nothing was faulty.
pub(super) fn unexplained(check: &Check<'_>, elections: &[Election]) -> Verdict {
    let mut verdict = check.verdict("unexplained-election");
    let formed = elections
        .iter()
        .filter(|e| e.explained == Explanation::Formation)
        .count();
    let later = elections.len() - formed;
    verdict.figure("elections", later as u64, None, Unit::Elections);
    for election in elections {
        let finding = Finding::UnexplainedElection {
            old_leader: election.old_leader.clone(),
            old_epoch: election.old_epoch,
            new_leader: election.new_leader.clone(),
            new_epoch: election.new_epoch,
        };
        match &election.explained {
            Explanation::Unexplained => verdict.found(Anomaly {
                kind: finding,
                certain: false,
                evidence: Evidence {
                    nodes: election
                        .old_leader
                        .iter()
                        .chain(&election.new_leader)
                        .cloned()
                        .collect(),
                    window: Some((
                        election.at.saturating_sub(election.leaderless_ms * MS),
                        election.at,
                    )),
                    ..Evidence::default()
                },
            }),
            Explanation::Starved { who, by_ms } => verdict.doubt(Doubt::Starved {
                finding: finding.name().to_owned(),
                who: who.clone(),
                at: election.at,
                by_ms: *by_ms,
                limit_ms: check.history.limits().election_timeout_ms / 2,
            }),
            _ => {}
        }
    }
    check.saw_any(elections.len() as u64, "claims of leadership", &mut verdict);
    verdict
}

/// More terms passed than faults explain: by the quorum's own epoch.
pub(super) fn terms(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("terms-burned");
    let limit = check.history.limits().terms_per_fault_max;
    let formed = check.history.phase(Phase::Load).unwrap_or(0);
    let mut highest: Option<(i32, Moment)> = None;
    let mut burned: BTreeMap<String, (i32, i32, Moment, u64)> = BTreeMap::new();
    let (mut seen, mut growth) = (0, 0);
    for observed in check
        .history
        .observations()
        .filter(|o| o.observation.answered)
    {
        let Seen::Quorum { epoch, .. } = &observed.observation.seen else {
            continue;
        };
        seen += 1;
        let before = highest;
        if before.is_none_or(|(known, _)| *epoch > known) {
            highest = Some((*epoch, observed.at));
        }
        let Some((known, known_at)) = before.filter(|(known, _)| epoch > known) else {
            continue;
        };
        if observed.at <= formed {
            continue;
        }
        growth += i64::from(epoch - known);
        let (key, at) = match explanation(check.history, check.windows, known_at, observed.at) {
            Explanation::Fault { id } => (id, observed.at),
            Explanation::Starved { who, by_ms } => {
                verdict.doubt(Doubt::Starved {
                    finding: "terms-burned".to_owned(),
                    who,
                    at: observed.at,
                    by_ms,
                    limit_ms: check.history.limits().election_timeout_ms / 2,
                });
                continue;
            }
            _ => (String::new(), observed.at),
        };
        let entry = burned
            .entry(key)
            .or_insert((known, *epoch, at, observed.id));
        entry.1 = *epoch;
    }
    for (fault, (from, to, at, id)) in burned {
        let allowed = if fault.is_empty() { 0 } else { limit };
        if u64::try_from(to - from).unwrap_or(0) > allowed {
            verdict.found(Anomaly {
                kind: Finding::TermsBurned {
                    fault: (!fault.is_empty()).then_some(fault),
                    from,
                    to,
                    limit: allowed,
                },
                certain: false,
                evidence: Evidence {
                    events: vec![id],
                    window: Some((at, at)),
                    ..Evidence::default()
                },
            });
        }
    }
    verdict.figure(
        "term_growth",
        u64::try_from(growth).unwrap_or(0),
        None,
        Unit::Terms,
    );
    if seen == 0 {
        verdict.not_applicable(Doubt::NotInRun {
            what: "answers about the quorum".to_owned(),
        });
    }
    verdict
}

/// An old leader went on claiming its old epoch. The limit runs from the later of the new leader's claim and its own
/// resume; for targets that say so, from the heal.
pub(super) fn stale(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("stale-leader");
    let limits = check.history.limits();
    let until_heal = check.history.promises().old_leader_claims_until_heal;
    let mut successors: Vec<&Row> = Vec::new();
    let mut worst: BTreeMap<(&NodeName, i32), (Moment, &Row, &Row, Moment)> = BTreeMap::new();
    for row in check
        .rows
        .iter()
        .filter(|row| row.is_claim() && row.epoch.is_some())
    {
        if successors
            .last()
            .is_none_or(|known| row.epoch > known.epoch)
        {
            successors.push(row);
        }
        // The first claim of a higher epoch by somebody else, seen before this one was asked.
        let successor = successors
            .iter()
            .find(|s| s.epoch > row.epoch && s.node != row.node && s.returned <= row.called);
        let Some(successor) = successor else { continue };
        let resumed = check
            .windows
            .iter()
            .filter(|w| w.called <= row.called && w.targets.contains(&row.node))
            .filter(|w| w.stops(&row.node) || until_heal)
            .map(|w| w.healed.unwrap_or(row.called))
            .max()
            .unwrap_or(0);
        let since = successor.returned.max(resumed);
        let length = row.called.saturating_sub(since);
        let entry = worst
            .entry((&row.node, row.epoch.unwrap_or(-1)))
            .or_insert((length, row, successor, since));
        if length >= entry.0 {
            *entry = (length, row, successor, since);
        }
    }
    let longest = worst
        .values()
        .map(|(length, ..)| length / MS)
        .max()
        .unwrap_or(0);
    verdict.figure(
        "stale_claim_ms_max",
        longest,
        Some(limits.old_leader_claims_ms),
        Unit::Milliseconds,
    );
    for (length, row, successor, since) in worst.into_values() {
        if length / MS > limits.old_leader_claims_ms {
            let finding = Finding::StaleLeader {
                claim: belief(row),
                successor: belief(successor),
                since,
                length_ms: length / MS,
                limit_ms: limits.old_leader_claims_ms,
            };
            check.unless_starved(
                finding,
                evidence(row, Some(successor)),
                since,
                row.returned,
                &mut verdict,
            );
        }
    }
    verdict
}

/// Nodes without any fault named different leaders for too long.
pub(super) fn disagreement(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("disagreement");
    let limits = check.history.limits();
    let settle = limits.disagreement_ms * MS;
    let loaded = check.history.phase(Phase::Load).unwrap_or(Moment::MAX);
    let nodes = check.history.nodes();
    let mut beliefs: BTreeMap<&NodeName, &Row> = BTreeMap::new();
    let mut since: Option<(Moment, Vec<Belief>, u64)> = None;
    let mut longest = 0;
    let seat = check.rows.first().map(|row| &row.seat);
    for row in check
        .rows
        .iter()
        .filter(|row| Some(&row.seat) == seat && row.called >= loaded)
    {
        beliefs.insert(&row.node, row);
        let faulty = check
            .windows
            .iter()
            .any(|w| !w.skipped && w.called <= row.returned && row.called <= w.end(settle));
        let fresh = |other: &&Row| row.returned.saturating_sub(other.returned) < 1_000 * MS;
        let known: Vec<&Row> = beliefs.values().copied().filter(fresh).collect();
        let first = known.first().map(|row| (&row.leader, row.epoch));
        let differ = known
            .iter()
            .any(|row| Some((&row.leader, row.epoch)) != first);
        if faulty || !differ || known.len() < nodes.len() {
            since = None;
            continue;
        }
        let (from, beliefs, id) = since.get_or_insert_with(|| {
            (
                row.called,
                known.iter().map(|row| belief(row)).collect(),
                row.id,
            )
        });
        let length = row.returned.saturating_sub(*from) / MS;
        if length > limits.disagreement_ms && longest <= limits.disagreement_ms {
            let finding = Finding::Disagreement {
                beliefs: beliefs.clone(),
                length_ms: length,
                limit_ms: limits.disagreement_ms,
            };
            let evidence = Evidence {
                events: vec![*id, row.id],
                nodes: nodes.clone(),
                window: Some((*from, row.returned)),
                ..Evidence::default()
            };
            check.unless_starved(finding, evidence, *from, row.returned, &mut verdict);
        }
        longest = longest.max(length);
    }
    verdict.figure(
        "disagreement_ms_max",
        longest,
        Some(limits.disagreement_ms),
        Unit::Milliseconds,
    );
    verdict
}
