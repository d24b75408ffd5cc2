//! `formation`, `recovery` and `coverage`: did the nodes agree in time at the start and after the last heal, and did
//! the run see enough to say anything.

use super::Check;
use super::claims::{MS, Row, settle};
use crate::history::{Moment, NodeName, Phase, Window};
use crate::verdict::{Doubt, Evidence, Finding, Unit, Verdict};

/// Leader-affecting windows that a run with such faults needs.
const LEADER_FAULTS_MIN: u64 = 2;

/// A node's answer about the quorum counts as present for this long.
const FRESH: Moment = 1_000 * MS;

/// The first moment from `from` on at which the last answers of all nodes about one lane name the same leader and
/// epoch.
fn agreement<'r, 'a: 'r>(
    nodes: &[NodeName],
    lane: impl Iterator<Item = &'r Row<'a>>,
    from: Moment,
) -> Option<(Moment, i32)> {
    let mut told: Vec<Option<&Row<'_>>> = vec![None; nodes.len()];
    for row in lane.filter(|row| row.called >= from) {
        let Some(at) = nodes.iter().position(|node| node == row.node) else {
            continue;
        };
        told[at] = Some(row);
        let agreed = |answer: &Option<&Row<'_>>| {
            answer.is_some_and(|other| {
                (other.leader, other.epoch) == (row.leader, row.epoch)
                    && row.returned.saturating_sub(other.returned) < FRESH
            })
        };
        if row.leader.is_some() && told.iter().all(agreed) {
            return Some((row.returned, row.epoch.unwrap_or(-1)));
        }
    }
    None
}

/// When the nodes agreed on the quorum's leader, and its term; or on the first partition's, where no node reports the
/// quorum. A partition's epoch is not a term.
fn formed(check: &Check<'_>, from: Moment) -> Option<(Moment, Option<i32>)> {
    let claims = check.claims();
    if claims.quorum.is_empty() {
        let first = claims.rows.iter().filter(|row| row.seat == 0);
        return agreement(check.nodes(), first, from).map(|(at, _)| (at, None));
    }
    agreement(check.nodes(), claims.quorum.iter(), from).map(|(at, term)| (at, Some(term)))
}

/// When the nodes agreed on the leader of every partition that they still report, and of the quorum.
fn all_agreed(check: &Check<'_>, from: Moment) -> Option<Moment> {
    let claims = check.claims();
    let mut agreed = None;
    for seat in 0..claims.seats.len() {
        let lane = claims
            .rows
            .iter()
            .filter(|row| row.seat == seat && row.called >= from);
        if lane.clone().next().is_some() {
            agreed = agreed.max(Some(agreement(check.nodes(), lane, from)?.0));
        }
    }
    if claims.quorum.iter().any(|row| row.called >= from) {
        agreed = agreed.max(Some(
            agreement(check.nodes(), claims.quorum.iter(), from)?.0,
        ));
    }
    agreed
}

pub(super) fn formation(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let limits = check.history().limits();
    let starts: Option<Vec<Moment>> = check
        .history()
        .nodes()
        .iter()
        .map(|node| check.history().starts(node).first().copied())
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
    let Some((agreed, term)) = formed(check, started) else {
        let end = check.history().end();
        let finding = Finding::NeverFormed {
            waited_ms: end.saturating_sub(started) / MS,
            limit_ms: limits.formation_ms,
        };
        if end.saturating_sub(started) / MS > limits.formation_ms {
            let excess_ms = (end.saturating_sub(started) / MS).saturating_sub(limits.formation_ms);
            let evidence = whole(started, end);
            check.unless_starved_by(excess_ms, finding, evidence, (started, end), &mut verdict);
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
    let term_found = u64::try_from(term.unwrap_or(0)).unwrap_or(0);
    let limit = Some(limits.formation_term_max).filter(|_| term.is_some());
    verdict.figure("formation_term", term_found, limit, Unit::Terms);
    if took_ms > limits.formation_ms {
        let finding = Finding::SlowFormation {
            took_ms,
            limit_ms: limits.formation_ms,
        };
        check.unless_starved_by(
            took_ms.saturating_sub(limits.formation_ms),
            finding,
            whole(started, agreed),
            (started, agreed),
            &mut verdict,
        );
    }
    if term_found > limits.formation_term_max {
        let finding = Finding::FormationTerm {
            term: term.unwrap_or(0),
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
    let mut verdict = check.verdict();
    if check.is_no_run(&mut verdict) {
        return verdict;
    }
    let limits = check.history().limits();
    let Some(ended) = check.history().phase(Phase::Recovery) else {
        verdict.doubt(Doubt::NothingSeen {
            what: "recovery phases".to_owned(),
        });
        return verdict;
    };
    let healed = check
        .windows()
        .iter()
        .filter_map(|window| window.healed)
        .max()
        .unwrap_or(ended);
    let longest = check
        .windows()
        .iter()
        .map(|w| settle(check.history(), w, 0))
        .max()
        .unwrap_or(0);
    let limit_ms = limits.recovery_ms.saturating_add(longest / MS);
    let end = check.history().end();
    let agreed = all_agreed(check, healed);
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
    let mut verdict = check.verdict();
    // Tables of the report that no check reads may be missing, too: that must not pass unseen.
    for failure in check.failures() {
        verdict.doubt(Doubt::CheckFailed {
            message: failure.to_string(),
        });
    }
    if check.is_no_run(&mut verdict) {
        return verdict;
    }
    if check.history().phase(Phase::Interrupted).is_some() {
        verdict.doubt(Doubt::Interrupted);
    }
    if let Some(shortage) = check.history().shortage() {
        verdict.doubt(Doubt::DiskFull {
            since: shortage.since,
        });
    }
    if check.history().phase(Phase::Done).is_none() {
        verdict.doubt(Doubt::CutShort);
    }
    if check.history().phase(Phase::Load).is_none() {
        verdict.doubt(Doubt::NothingSeen {
            what: "operations under load".to_owned(),
        });
    }
    let counted: Vec<_> = check
        .windows()
        .iter()
        .filter(|window| !window.skipped)
        .collect();
    for window in counted.iter().filter(|window| !window.took_effect()) {
        let (fault, name) = (window.id.clone(), window.kind.clone());
        verdict.doubt(Doubt::FaultHadNoEffect { fault, name });
    }
    let affecting = |w: &&&Window| w.took_effect() && w.affects_leader && w.role_held;
    let took_effect = counted.iter().filter(affecting).count() as u64;
    verdict.saw("fault windows", counted.len() as u64);
    verdict.saw("of them affecting the leader", took_effect);
    // A run whose plan aims at leaders must have hit some: a short one as many as it has.
    let aimed = check
        .windows()
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
