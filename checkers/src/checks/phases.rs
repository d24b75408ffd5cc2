//! `formation`, `recovery` and `coverage`: did the nodes agree in time at the start and after the last heal, and did
//! the run see enough to say anything.

use super::Check;
use super::claims::{FRESH, MS, Row, settle};
use super::unrest::hides_leader;
use crate::agreement::Agreement;
use crate::history::{DiskFault, Moment, NodeHappening, NodeName, Phase, Seen, Window};
use crate::verdict::{Anomaly, Doubt, Evidence, Finding, Lacking, Unit, Verdict};

/// Leader-affecting windows that a run with such faults needs.
const LEADER_FAULTS_MIN: u64 = 2;

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

/// When all nodes agreed after a heal, or what they lacked at the end of the run: the definition of [`Agreement`], which
/// the run itself waits for.
fn agreed_after(check: &Check<'_>, healed: Moment) -> Result<Moment, Vec<Lacking>> {
    let done = check.history().phase(Phase::Done).unwrap_or(Moment::MAX);
    let nodes = check.nodes();
    let mut agreement = Agreement::of(nodes.len());
    let (mut partitions, mut last) = (0, healed);
    // As many as were listed since a topic was deleted the last time.
    let gone = check
        .history()
        .topics()
        .filter(|(_, topic)| topic.what == "deleted");
    let deleted = gone.map(|(at, _)| at).max().unwrap_or(0);
    for observed in check.history().observations() {
        let about = observed.observation;
        let Seen::Metadata {
            partitions: rows, ..
        } = &about.seen
        else {
            continue;
        };
        if about.called >= deleted {
            partitions = partitions.max(rows.len());
        }
        if about.called < healed || about.called > done {
            continue;
        }
        let Some(node) = nodes.iter().position(|node| *node == *about.node) else {
            continue;
        };
        let answered = about.answered && about.error.is_none();
        agreement.answered(node, observed.at, answered.then_some(rows));
        last = observed.at;
        if answered && agreement.agreed(observed.at, partitions).is_some() {
            return Ok(observed.at);
        }
    }
    Err(agreement.lacking(last, partitions, nodes))
}

/// Nodes that answered Metadata to the end and DescribeQuorum no more. That keeps no client from being served, so it is
/// named and violates nothing.
fn quorum_unanswered(check: &Check<'_>, healed: Moment, verdict: &mut Verdict) {
    let done = check.history().phase(Phase::Done).unwrap_or(Moment::MAX);
    for node in check.nodes() {
        let (mut answered, mut last) = (healed, None);
        for observed in check.history().observations() {
            let about = observed.observation;
            let of_node = *about.node == **node && (healed..done).contains(&about.called);
            if !of_node || !matches!(about.seen, Seen::Quorum { .. }) {
                continue;
            }
            match about.answered && about.error.is_none() {
                true => (answered, last) = (observed.at, None),
                false => last = Some(observed),
            }
        }
        let Some(last) = last else { continue };
        let length_ms = last.at.saturating_sub(answered) / MS;
        if length_ms <= check.history().limits().response_ms {
            continue;
        }
        verdict.tolerate(Anomaly {
            kind: Finding::QuorumUnanswered {
                node: node.clone(),
                length_ms,
                error: last.observation.error.as_deref().map(str::to_owned),
            },
            certain: true,
            evidence: Evidence {
                events: vec![last.id],
                nodes: vec![node.clone()],
                window: Some((answered, last.at)),
                ..Evidence::default()
            },
        });
    }
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
    quorum_unanswered(check, healed, &mut verdict);
    let during = |to| Evidence {
        window: Some((healed, to)),
        ..Evidence::default()
    };
    let took = |to: Moment| to.saturating_sub(healed) / MS;
    match agreed_after(check, healed) {
        Ok(at) => {
            let took_ms = took(at);
            verdict.figure("recovery_ms", took_ms, Some(limit_ms), Unit::Milliseconds);
            if took_ms > limit_ms {
                let finding = Finding::SlowRecovery { took_ms, limit_ms };
                check.unless_starved(finding, during(at), healed, at, &mut verdict);
            }
        }
        Err(lacking) if took(end) > limit_ms => {
            let finding = Finding::NeverRecovered {
                waited_ms: took(end),
                limit_ms,
                lacking,
            };
            check.unless_starved(finding, during(end), healed, end, &mut verdict);
        }
        Err(lacking) => verdict.doubt(Doubt::NotAgreed {
            waited_ms: took(end),
            lacking,
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
    for (at, client) in check.history().clients() {
        if client.what == NodeHappening::Exited && !client.expected {
            verdict.doubt(Doubt::ClientEnded {
                client: client.client.clone(),
                status: client.status.clone(),
                at,
            });
        }
    }
    let counted: Vec<_> = check
        .every_window()
        .filter(|window| !window.skipped)
        .collect();
    for window in counted.iter().filter(|window| !window.took_effect()) {
        let (fault, name) = (window.id.clone(), window.kind.clone());
        verdict.doubt(Doubt::FaultHadNoEffect { fault, name });
    }
    // A leader that its clients cannot reach leads on, and was hit all the same.
    let hit = |w: &Window| w.affects_leader || (w.role == "leader" && hides_leader(w));
    let affecting = |w: &&&Window| w.took_effect() && w.role_held && hit(w);
    let took_effect = counted.iter().filter(affecting).count() as u64;
    verdict.saw("fault windows", counted.len() as u64);
    verdict.saw("of them affecting the leader", took_effect);
    // A run whose plan aims at leaders must have hit some: a short one as many as it has.
    let aimed = check
        .windows()
        .iter()
        .filter(|w| (w.role == "leader" && !w.moves_clocks()) || w.affects_leader)
        // A lie of a disk affects nobody before a power loss.
        .filter(|w| w.disk_fault() != Some(DiskFault::LyingSync))
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
