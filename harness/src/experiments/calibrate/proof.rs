//! Decides whether a finding is caused by the plant. A check that fires in a run with a plant does not count as
//! detecting it: the finding may be a consequence of any fault, or a defect that exists without the plant. A finding
//! counts only if
//!
//! 1. the check is one that the plant names,
//! 2. the finding is of a kind that the plant causes,
//! 3. it ends after a fault that provokes the plant has started (or starts during formation, for a plant that acts
//!    then; or ends under load, for a mutant), and
//! 4. it is about the node that has the plant, if only one node has it and the finding names nodes.
//!
//! Every other finding is counted as *other*. The control runs show that the same faults without the plant cause no
//! finding.

use checkers::history::{History, Moment, Phase, Window};
use checkers::judgement::Judgement;
use checkers::verdict::{Anomaly, Doubt, Validity};

use super::settled::Settled;
use super::table::{Row, When};
use crate::config::plants::Planted;

/// The result of a judgement for a plant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Checks that found the plant for the expected reason.
    pub caught_by: Vec<String>,
    /// Checks that found something else.
    pub other: Vec<String>,
    /// The time at which the first proof was complete: the earliest point at which a history contains it.
    pub proven_at: Option<Moment>,
    /// That proof in words.
    pub account: String,
    /// Whether a check of the plant's list was undecided because the machine was starved.
    pub starved: bool,
    /// Checks that could not be judged.
    pub undecided: Vec<String>,
}

impl Found {
    /// Whether the plant was detected.
    pub fn is_proof(&self) -> bool {
        !self.caught_by.is_empty()
    }
}

/// Separates a judgement's findings into those of the plant and others. In a growing history only settled findings
/// count as those of the plant.
pub fn sort(
    judgement: &Judgement,
    history: &History,
    row: &Row,
    planted: &Planted,
    settled: Option<&Settled>,
) -> Found {
    let windows = history.windows();
    let provoked_at = provocation(&windows, row);
    let loaded_at = history.phase(Phase::Load);
    let node = planted.node.map(|node| node.to_string());
    let is_own = |check: &str, anomaly: &Anomaly| {
        let evidence = &anomaly.evidence;
        let from = evidence.window.map_or(0, |(from, _)| from);
        let to = evidence.window.map_or(history.end(), |(_, to)| to);
        settled.is_none_or(|settled| settled.since(check, anomaly).is_some())
            && row.caught_by.contains(&check)
            && row.findings.contains(&anomaly.kind.name())
            && match row.when {
                When::Always => true,
                When::Loaded => loaded_at.is_some_and(|loaded| loaded < to),
                When::Forming => loaded_at.is_none_or(|loaded| from < loaded),
                When::Provoked => provoked_at.is_some_and(|provoked| provoked <= to),
            }
            && node
                .as_ref()
                .is_none_or(|node| evidence.nodes.is_empty() || evidence.nodes.contains(node))
    };
    let mut found = Found::default();
    for verdict in &judgement.verdicts {
        if verdict.validity != Validity::Invalid {
            if verdict.validity == Validity::Undecided {
                found.undecided.push(verdict.check.clone());
            }
            let mut doubts = verdict.doubts.iter();
            found.starved |= row.caught_by.contains(&verdict.check.as_str())
                && doubts.any(|doubt| matches!(doubt, Doubt::Starved { .. }));
            continue;
        }
        // The time at which it was complete. For an ongoing finding, the time of the check that first showed it.
        let proven = |anomaly: &&Anomaly| {
            let ended = anomaly.evidence.window.map_or(history.end(), |(_, to)| to);
            let since = settled.and_then(|settled| settled.since(&verdict.check, anomaly));
            ended.min(since.unwrap_or(ended))
        };
        let own = verdict.anomalies.iter();
        let own = own.filter(|anomaly| is_own(&verdict.check, anomaly));
        match own.min_by_key(proven) {
            None => found.other.push(verdict.check.clone()),
            Some(first) => {
                found.caught_by.push(verdict.check.clone());
                let at = proven(&first);
                if found.proven_at.is_none_or(|before| at < before) {
                    found.proven_at = Some(at);
                    found.account = reports::account_text(first);
                }
            }
        }
    }
    found
}

/// The start of the first fault that provokes the plant.
fn provocation(windows: &[Window], row: &Row) -> Option<Moment> {
    let windows = windows.iter().filter(|window| window.took_effect());
    let provoking = windows.filter(|window| {
        let with_role = format!("{}:{}", window.kind, window.role);
        let words = [window.kind.as_str(), with_role.as_str()];
        row.trigger.iter().any(|word| words.contains(word))
    });
    provoking.map(|window| window.called).min()
}

#[cfg(test)]
mod tests {
    use checkers::history::{Event, FaultEvent, FaultPhase, Header, PhaseEvent, What};
    use checkers::verdict::{Class, Evidence, Finding, Verdict};

    use super::*;

    const SECOND: Moment = 1_000_000_000;

    /// A load from 1 s to 60 s, and a fault `kind:role` that starts at a given second.
    fn history(fault: Option<(&str, u64)>) -> History {
        let header = Header {
            format: Header::FORMAT.into(),
            version: Header::VERSION,
            run: String::new(),
            scenario: String::new(),
            target: String::new(),
            nodes: vec![],
            promises: Default::default(),
            limits: Default::default(),
            timeouts: Default::default(),
            features: [].into(),
            plants: vec![],
            replicas: None,
            sealed: false,
        };
        let mut whats = vec![(SECOND, What::Phase(PhaseEvent { phase: Phase::Load }))];
        if let Some((word, at)) = fault {
            let (kind, role) = word.split_once(':').expect("kind and role");
            whats.push((
                at * SECOND,
                What::Fault(Box::new(FaultEvent {
                    id: "k1".into(),
                    called: at * SECOND,
                    kind: kind.into(),
                    role: role.into(),
                    phase: FaultPhase::Begun,
                    ..FaultEvent::default()
                })),
            ));
        }
        whats.push((60 * SECOND, What::Phase(PhaseEvent { phase: Phase::Done })));
        let event = |(i, (t, what)): (usize, (u64, What))| Event {
            i: i as u64,
            t,
            what,
        };
        History::new(header, whats.into_iter().enumerate().map(event).collect())
    }

    fn judgement(check: &str, kind: Finding, node: &str, seconds: (u64, u64)) -> Judgement {
        let mut verdict = Verdict::new(check, Class::Liveness);
        verdict.found(Anomaly {
            kind,
            certain: false,
            evidence: Evidence {
                nodes: vec![node.to_owned()],
                window: Some((seconds.0 * SECOND, seconds.1 * SECOND)),
                ..Evidence::default()
            },
        });
        Judgement {
            verdicts: vec![verdict],
            ..Judgement::default()
        }
    }

    fn silent() -> Finding {
        Finding::NodeSilent {
            node: "n2".into(),
            length_ms: 9_000,
            limit_ms: 1_500,
            error: None,
            came_back: false,
        }
    }

    fn election() -> Finding {
        Finding::UnexplainedElection {
            old_leader: None,
            old_epoch: None,
            new_leader: None,
            new_epoch: None,
        }
    }

    fn found(name: &str, fault: Option<(&str, u64)>, judgement: &Judgement) -> Found {
        let row = Row::of(name).expect("a row");
        let planted = row.plant.parse().expect("a plant");
        sort(judgement, &history(fault), row, &planted, None)
    }

    #[test]
    fn the_right_check_on_the_right_node_is_a_detection() {
        let right = judgement("node-responds", silent(), "n2", (12, 14));
        let found_it = found("freeze-after-idle", None, &right);
        assert_eq!(found_it.caught_by, ["node-responds"]);
        assert_eq!(found_it.proven_at, Some(14 * SECOND));
        assert!(!found_it.account.is_empty());
        let elsewhere = judgement("node-responds", silent(), "n1", (12, 14));
        let found_else = found("freeze-after-idle", None, &elsewhere);
        assert_eq!(found_else.other, ["node-responds"]);
        assert!(!found_else.is_proof());
    }

    #[test]
    fn what_was_there_before_the_provocation_is_not_the_plants() {
        let early = judgement("unexplained-election", election(), "n1", (5, 6));
        let late = judgement("unexplained-election", election(), "n1", (12, 13));
        let fault = Some(("isolate:follower", 10));
        assert!(!found("no-pre-vote", fault, &early).is_proof());
        assert!(found("no-pre-vote", fault, &late).is_proof());
        assert!(!found("no-pre-vote", None, &late).is_proof());
        assert!(!found("no-pre-vote", Some(("kill:leader", 10)), &late).is_proof());
    }

    #[test]
    fn another_check_or_another_kind_of_finding_is_no_detection() {
        let fault = Some(("isolate:follower", 10));
        let other_check = judgement("recovery", election(), "n1", (12, 13));
        assert_eq!(
            found("no-pre-vote", fault, &other_check).other,
            ["recovery"]
        );
        let other_kind = judgement("unexplained-election", silent(), "n1", (12, 13));
        assert_eq!(
            found("no-pre-vote", fault, &other_kind).other,
            ["unexplained-election"]
        );
    }

    #[test]
    fn a_storm_at_the_start_begins_before_the_load() {
        let storm = Finding::FormationTerm { term: 9, limit: 2 };
        let early = judgement("formation", storm.clone(), "n1", (0, 1));
        assert!(found("startup-storm", None, &early).is_proof());
        let late = judgement("formation", storm, "n1", (3, 4));
        assert!(!found("startup-storm", None, &late).is_proof());
    }
}
