//! Decides which findings of a growing history have settled. An event that explains the end of the history (a fault
//! that took effect, a starved node) is recorded only after it was detected, so a finding counts from the second check
//! that shows it.

use std::collections::BTreeMap;

use checkers::history::{History, Moment};
use checkers::judgement::Judgement;
use checkers::verdict::Anomaly;

/// What identifies a finding in two checks: an ongoing finding ends later each time, and starts at the same time.
type Key = (
    String,
    &'static str,
    Vec<String>,
    Option<Moment>,
    Option<u64>,
);

fn key(check: &str, anomaly: &Anomaly) -> Key {
    let evidence = &anomaly.evidence;
    (
        check.to_owned(),
        anomaly.kind.name(),
        evidence.nodes.clone(),
        evidence.window.map(|(from, _)| from),
        evidence.operations.first().copied(),
    )
}

/// The findings of all checks so far.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// The end of the history when a finding was first seen. Contains only findings that every check since has shown.
    first: BTreeMap<Key, Moment>,
    /// The current end of the history.
    end: Moment,
}

impl Settled {
    /// Adds the findings of another check.
    pub fn look(&mut self, judgement: &Judgement, history: &History) {
        self.end = history.end();
        let mut first = BTreeMap::new();
        for verdict in &judgement.verdicts {
            for anomaly in &verdict.anomalies {
                let key = key(&verdict.check, anomaly);
                let since = self.first.get(&key).copied().unwrap_or(self.end);
                first.insert(key, since);
            }
        }
        self.first = first;
    }

    /// The time by which a finding existed, if an earlier check has shown it.
    pub fn since(&self, check: &str, anomaly: &Anomaly) -> Option<Moment> {
        let since = self.first.get(&key(check, anomaly)).copied();
        since.filter(|since| *since < self.end)
    }
}

#[cfg(test)]
mod tests {
    use checkers::history::{Event, Header, Phase, PhaseEvent, What};
    use checkers::verdict::{Class, Evidence, Finding, Verdict};

    use super::*;

    fn history(end: Moment) -> History {
        let header: Header = serde_json::from_str("{\"format\":\"jepsen-history\",\"version\":1}")
            .expect("a header");
        let what = What::Phase(PhaseEvent { phase: Phase::Load });
        History::new(header, vec![Event { i: 0, t: end, what }])
    }

    fn storm(window: (Moment, Moment)) -> Anomaly {
        Anomaly {
            kind: Finding::FormationTerm { term: 9, limit: 2 },
            certain: false,
            evidence: Evidence {
                window: Some(window),
                ..Evidence::default()
            },
        }
    }

    fn judged(anomalies: &[Anomaly]) -> Judgement {
        let mut verdict = Verdict::new("formation", Class::Leadership);
        for anomaly in anomalies {
            verdict.found(anomaly.clone());
        }
        Judgement {
            verdicts: vec![verdict],
            ..Judgement::default()
        }
    }

    #[test]
    fn a_finding_counts_from_the_second_look_on() {
        let mut settled = Settled::default();
        settled.look(&judged(&[storm((1, 10))]), &history(10));
        assert_eq!(settled.since("formation", &storm((1, 10))), None);
        // It is ongoing, and is the same finding.
        settled.look(&judged(&[storm((1, 20))]), &history(20));
        assert_eq!(settled.since("formation", &storm((1, 20))), Some(10));
        assert_eq!(settled.since("recovery", &storm((1, 20))), None);
    }

    #[test]
    fn what_was_explained_meanwhile_begins_anew() {
        let mut settled = Settled::default();
        settled.look(&judged(&[storm((1, 10))]), &history(10));
        settled.look(&judged(&[]), &history(20));
        settled.look(&judged(&[storm((1, 10))]), &history(30));
        assert_eq!(settled.since("formation", &storm((1, 10))), None);
    }
}
