//! `formation`, `recovery` and `coverage`: did the nodes agree in time at the start and after the last heal, and did the
//! run see enough to say anything.

use super::Check;
use super::claims::MS;
use crate::history::{Moment, NodeName, Phase, Seen};
use crate::verdict::{Anomaly, Doubt, Evidence, Finding, Unit, Verdict};

/// Leader-affecting windows that a run with such faults needs.
const LEADER_FAULTS_MIN: u64 = 2;

/// A node's answer about the quorum counts as present for this long.
const FRESH: Moment = 1_000 * MS;

/// The first moment from `from` on at which the last answers of all nodes name the same leader and epoch.
fn agreement(check: &Check<'_>, from: Moment) -> Option<(Moment, i32)> {
    let nodes = check.history.nodes();
    let mut told: Vec<Option<(Moment, i32, i32)>> = vec![None; nodes.len()];
    for observed in check
        .history
        .observations()
        .filter(|o| o.observation.called >= from)
    {
        let about = observed.observation;
        let at = nodes.iter().position(|node: &NodeName| *node == about.node);
        let (Some(at), true) = (at, about.answered) else {
            continue;
        };
        let belief = match &about.seen {
            Seen::Quorum { leader, epoch, .. } => (*leader, *epoch),
            Seen::Metadata { partitions, .. } => {
                let Some(row) = partitions.first() else {
                    continue;
                };
                (row.leader().unwrap_or(-1), row.epoch().unwrap_or(-1))
            }
            _ => continue,
        };
        told[at] = Some((observed.at, belief.0, belief.1));
        let agreed = told.iter().all(|answer| {
            answer.is_some_and(|(when, leader, epoch)| {
                leader > 0 && (leader, epoch) == belief && observed.at - when < FRESH
            })
        });
        if agreed {
            return Some((observed.at, belief.1));
        }
    }
    None
}

pub(super) fn formation(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("formation");
    let limits = check.history.limits();
    let starts: Option<Vec<Moment>> = check
        .history
        .nodes()
        .iter()
        .map(|node| check.history.starts(node).first().copied())
        .collect();
    let Some(started) = starts.and_then(|starts| starts.into_iter().max()) else {
        verdict.not_applicable(Doubt::NotInRun {
            what: "starts of nodes".to_owned(),
        });
        return verdict;
    };
    let whole = |from, to| Evidence {
        window: Some((from, to)),
        ..Evidence::default()
    };
    let Some((agreed, term)) = agreement(check, started) else {
        let end = check.history.end();
        let finding = Finding::NeverFormed {
            waited_ms: end.saturating_sub(started) / MS,
            limit_ms: limits.formation_ms,
        };
        if end.saturating_sub(started) / MS > limits.formation_ms {
            check.unless_starved(finding, whole(started, end), started, end, &mut verdict);
        } else {
            verdict.doubt(Doubt::NothingSeen {
                what: "agreements on a leader".to_owned(),
            });
        }
        return verdict;
    };
    let took_ms = agreed.saturating_sub(started) / MS;
    verdict.figure(
        "formation_ms",
        took_ms,
        Some(limits.formation_ms),
        Unit::Milliseconds,
    );
    let term_found = u64::try_from(term).unwrap_or(0);
    verdict.figure(
        "formation_term",
        term_found,
        Some(limits.formation_term_max),
        Unit::Terms,
    );
    if took_ms > limits.formation_ms {
        let finding = Finding::SlowFormation {
            took_ms,
            limit_ms: limits.formation_ms,
        };
        check.unless_starved(
            finding,
            whole(started, agreed),
            started,
            agreed,
            &mut verdict,
        );
    }
    if term_found > limits.formation_term_max {
        let finding = Finding::FormationTerm {
            term,
            limit: limits.formation_term_max,
        };
        check.unless_starved(
            finding,
            whole(started, agreed),
            started,
            agreed,
            &mut verdict,
        );
    }
    verdict
}

pub(super) fn recovery(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("recovery");
    let limits = check.history.limits();
    let Some(ended) = check.history.phase(Phase::Recovery) else {
        verdict.doubt(Doubt::NothingSeen {
            what: "recovery phases".to_owned(),
        });
        return verdict;
    };
    let healed = check
        .windows
        .iter()
        .filter_map(|window| window.healed)
        .max()
        .unwrap_or(ended);
    // TCP backs off for as long as a cut lasted, unless the target bounds its own connections.
    let longest_cut = check
        .windows
        .iter()
        .filter(|w| !w.links.is_empty() && !check.history.promises().bounds_its_connections)
        .filter_map(|w| Some(w.healed?.saturating_sub(w.called) / MS))
        .max()
        .unwrap_or(0);
    let limit_ms = limits.recovery_ms + longest_cut;
    let end = check.history.end();
    let agreed = agreement(check, healed).map(|(at, _)| at);
    let took_ms = agreed.unwrap_or(end).saturating_sub(healed) / MS;
    verdict.figure("recovery_ms", took_ms, Some(limit_ms), Unit::Milliseconds);
    let evidence = Evidence {
        window: Some((healed, agreed.unwrap_or(end))),
        ..Evidence::default()
    };
    let to = agreed.unwrap_or(end);
    match agreed {
        _ if took_ms <= limit_ms && agreed.is_some() => {}
        Some(_) => {
            let finding = Finding::SlowRecovery { took_ms, limit_ms };
            check.unless_starved(finding, evidence, healed, to, &mut verdict);
        }
        None if took_ms > limit_ms => {
            let finding = Finding::NeverRecovered {
                waited_ms: took_ms,
                limit_ms,
            };
            check.unless_starved(finding, evidence, healed, to, &mut verdict);
        }
        None => verdict.doubt(Doubt::NothingSeen {
            what: "agreements after the last heal".to_owned(),
        }),
    }
    verdict
}

/// Whether the run saw enough: it came to its end, its faults took effect, and enough of them affected the leader.
pub(super) fn coverage(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("coverage");
    if check.history.phase(Phase::Interrupted).is_some() {
        verdict.doubt(Doubt::Interrupted);
    }
    if check.history.phase(Phase::Done).is_none() {
        verdict.doubt(Doubt::CutShort);
    }
    if check.history.phase(Phase::Load).is_none() {
        verdict.doubt(Doubt::NothingSeen {
            what: "operations under load".to_owned(),
        });
    }
    let counted: Vec<_> = check
        .windows
        .iter()
        .filter(|window| !window.skipped)
        .collect();
    for window in counted.iter().filter(|window| !window.took_effect()) {
        let (fault, name) = (window.id.clone(), window.kind.clone());
        verdict.doubt(Doubt::FaultHadNoEffect { fault, name });
    }
    let affecting =
        |w: &&&crate::history::Window| w.took_effect() && w.affects_leader && w.role_held;
    let took_effect = counted.iter().filter(affecting).count() as u64;
    verdict.saw("fault windows", counted.len() as u64);
    verdict.saw("of them affecting the leader", took_effect);
    // A run whose plan aims at leaders must have hit some: a short one as many as it has.
    let aimed = check
        .windows
        .iter()
        .filter(|w| w.role == "leader" || w.affects_leader)
        .count() as u64;
    let needed = LEADER_FAULTS_MIN.min(aimed);
    if took_effect < needed {
        verdict.doubt(Doubt::FewLeaderFaults {
            took_effect,
            needed,
        });
    }
    verdict
}

/// A process ended though nobody asked for it.
pub(super) fn exits(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict("unprovoked-exit");
    let mut seen = 0;
    for (id, at, happening) in check.history.happenings() {
        seen += 1;
        if happening.what == crate::history::NodeHappening::Exited && !happening.expected {
            verdict.found(Anomaly {
                kind: Finding::UnprovokedExit {
                    node: happening.node.clone(),
                    status: happening.status.clone(),
                },
                certain: true,
                evidence: Evidence {
                    events: vec![id],
                    nodes: vec![happening.node.clone()],
                    window: Some((at, at)),
                    ..Evidence::default()
                },
            });
        }
    }
    verdict.saw("starts and ends of processes", seen);
    if seen == 0 {
        verdict.not_applicable(Doubt::NotInRun {
            what: "processes".to_owned(),
        });
    }
    verdict
}
