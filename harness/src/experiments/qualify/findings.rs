//! The findings of two runs as sets: new, ongoing, rare, resolved.
//!
//! They are compared by scenario, check and kind of anomaly, exactly: whether a lost write happened does not depend on
//! statistics. How often it happened within a run does (it depends on timing), so counts within a run are not compared.

use std::collections::{BTreeMap, BTreeSet};

use checkers::verdict::Validity;
use reports::model::{FindingChange, FindingStatus, RunReport, ScenarioReport};

use super::matrix::base_name;

/// Scenario, check, kind.
type Key = (String, String, String);

/// The findings of one run of a suite.
#[derive(Debug, Default)]
struct Found {
    /// The number of repetitions in which each was found.
    times: BTreeMap<Key, u64>,
    /// The number of runs of each scenario.
    runs: BTreeMap<String, u64>,
    /// Scenario and check of those that were undecided in some run. The absence of a finding there proves little.
    undecided: BTreeSet<(String, String)>,
}

impl Found {
    fn of(scenarios: &[ScenarioReport]) -> Found {
        let mut found = Found::default();
        for scenario in scenarios {
            let name = base_name(&scenario.name).to_owned();
            *found.runs.entry(name.clone()).or_default() += 1;
            for verdict in &scenario.judgement.verdicts {
                let kinds: BTreeSet<&str> =
                    verdict.anomalies.iter().map(|a| a.kind.name()).collect();
                for kind in kinds {
                    let key = (name.clone(), verdict.check.clone(), kind.to_owned());
                    *found.times.entry(key).or_default() += 1;
                }
                if verdict.validity == Validity::Undecided {
                    found
                        .undecided
                        .insert((name.clone(), verdict.check.clone()));
                }
            }
        }
        found
    }

    fn times(&self, key: &Key) -> u64 {
        self.times.get(key).copied().unwrap_or(0)
    }

    fn runs(&self, key: &Key) -> u64 {
        self.runs.get(&key.0).copied().unwrap_or(0)
    }
}

/// The changes, and what could not be compared, one sentence each.
pub fn compare(baseline: &RunReport, candidate: &RunReport) -> (Vec<FindingChange>, Vec<String>) {
    let before = Found::of(&baseline.scenarios);
    let now = Found::of(&candidate.scenarios);
    let keys: BTreeSet<&Key> = before.times.keys().chain(now.times.keys()).collect();
    let changes = keys.into_iter().filter_map(|key| {
        // A scenario that only one of the two ran can be neither new nor resolved.
        let both_ran = before.runs(key) > 0 && now.runs(key) > 0;
        if !both_ran && now.times(key) == 0 {
            return None;
        }
        let (scenario, check, kind) = key.clone();
        let undecided = now.undecided.contains(&(scenario.clone(), check.clone()));
        let status = status(
            (before.times(key), before.runs(key)),
            (now.times(key), now.runs(key)),
            undecided,
        );
        Some(FindingChange {
            status,
            scenario,
            check,
            kind,
            baseline_runs: before.times(key),
            runs: now.times(key),
        })
    });
    let changes = changes.collect();
    let only = |one: &Found, other: &Found| -> Vec<String> {
        let names = one
            .runs
            .keys()
            .filter(|name| !other.runs.contains_key(*name));
        names.cloned().collect()
    };
    let mut differences = Vec::new();
    for (names, which) in [
        (only(&now, &before), "the baseline did not run"),
        (only(&before, &now), "this run did not run"),
    ] {
        if !names.is_empty() {
            differences.push(format!("{which}: {}", names.join(", ")));
        }
    }
    (changes, differences)
}

/// `(found, runs)` before and now. One occurrence makes a finding new if it was not found before: a lost write need not
/// become frequent. A finding is resolved only if every run of the baseline had it and this run could have detected it.
fn status(before: (u64, u64), now: (u64, u64), undecided: bool) -> FindingStatus {
    match (before, now) {
        ((0, _), _) => FindingStatus::New,
        ((found, runs), (0, _)) if found < runs || undecided => FindingStatus::Rare,
        (_, (0, _)) => FindingStatus::Resolved,
        ((found, runs), (found_now, runs_now)) if found < runs || found_now < runs_now => {
            FindingStatus::Rare
        }
        _ => FindingStatus::Ongoing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkers::judgement::Judgement;
    use checkers::verdict::{Anomaly, Class, Doubt, Evidence, Finding, Verdict};

    fn scenario(name: &str, exits: bool, undecided: bool) -> ScenarioReport {
        let mut verdict = Verdict::new("unprovoked-exit", Class::Liveness);
        if exits {
            let kind = Finding::UnprovokedExit {
                node: "n1".into(),
                status: "signal 6".into(),
            };
            let anomaly = Anomaly {
                kind,
                certain: true,
                evidence: Evidence::default(),
            };
            verdict.found(anomaly.clone());
            verdict.found(anomaly);
        }
        if undecided {
            verdict.doubt(Doubt::CutShort);
        }
        let judgement = Judgement {
            verdicts: vec![verdict],
            ..Judgement::default()
        };
        ScenarioReport {
            name: name.into(),
            judgement,
            ..ScenarioReport::default()
        }
    }

    fn report(scenarios: &[(&str, bool)]) -> RunReport {
        let scenarios = scenarios
            .iter()
            .map(|(name, exits)| scenario(name, *exits, false));
        RunReport {
            scenarios: scenarios.collect(),
            ..RunReport::default()
        }
    }

    fn statuses(before: &[(&str, bool)], now: &[(&str, bool)]) -> Vec<FindingStatus> {
        let (changes, _) = compare(&report(before), &report(now));
        changes.iter().map(|change| change.status).collect()
    }

    #[test]
    fn sets_are_compared_exactly() {
        use FindingStatus::{New, Ongoing, Resolved};
        assert_eq!(statuses(&[("a", false)], &[("a", false)]), []);
        assert_eq!(statuses(&[("a", false)], &[("a", true)]), [New]);
        assert_eq!(statuses(&[("a", true)], &[("a", true)]), [Ongoing]);
        assert_eq!(statuses(&[("a", true)], &[("a", false)]), [Resolved]);
        // The same kind in another scenario is another finding.
        assert_eq!(
            statuses(&[("a", true), ("b", false)], &[("a", false), ("b", true)]),
            [Resolved, New]
        );
    }

    #[test]
    fn repetitions_tell_rare_from_ongoing() {
        use FindingStatus::{New, Rare};
        let twice = [("a", true), ("a.2", false)];
        assert_eq!(statuses(&twice, &[("a", true), ("a.2", true)]), [Rare]);
        assert_eq!(statuses(&twice, &[("a", false), ("a.2", false)]), [Rare]);
        assert_eq!(statuses(&[("a", false), ("a.2", false)], &twice), [New]);
        let (changes, _) = compare(&report(&twice), &report(&twice));
        assert_eq!((changes[0].baseline_runs, changes[0].runs), (1, 1));
    }

    #[test]
    fn what_was_not_run_or_not_decided_is_not_resolved() {
        let (changes, differences) = compare(
            &report(&[("a", true), ("b", false)]),
            &report(&[("b", false)]),
        );
        assert_eq!(changes, []);
        assert_eq!(differences, ["this run did not run: a"]);
        let unsure = RunReport {
            scenarios: vec![scenario("a", false, true)],
            ..RunReport::default()
        };
        let (changes, _) = compare(&report(&[("a", true)]), &unsure);
        assert_eq!(changes[0].status, FindingStatus::Rare);
    }
}
