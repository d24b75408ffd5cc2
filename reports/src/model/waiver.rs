//! Waivers: findings that somebody accepted for a time, with a reason. A waived finding is shown like any other, with its
//! waiver; only the decision leaves it out.

use checkers::verdict::{Validity, Verdict};
use serde::{Deserialize, Serialize};

use super::{RunReport, Subject};

/// One accepted finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Waiver {
    /// The check that finds it.
    pub check: String,
    /// Its kind, by its stable name: `lost-write`.
    pub kind: String,
    /// The product in which it is accepted: a target's name, or name and version.
    pub subject: String,
    /// The scenario in which it is accepted; every one if empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scenario: String,
    /// Why.
    pub reason: String,
    /// Who accepted it.
    pub author: String,
    /// The last day on which it counts: `2026-12-31`.
    pub expires: String,
}

impl Waiver {
    /// Whether it accepts findings of this kind.
    pub fn covers(&self, subject: &Subject, scenario: &str, check: &str, kind: &str) -> bool {
        let whole = format!("{} {}", subject.name, subject.version);
        (self.subject == subject.name || self.subject == whole)
            && (self.scenario.is_empty() || self.scenario == scenario)
            && self.check == check
            && self.kind == kind
    }
}

impl RunReport {
    /// The waiver of a kind of finding, if there is one.
    pub fn waiver(&self, scenario: &str, check: &str, kind: &str) -> Option<&Waiver> {
        let mut waivers = self.waivers.iter();
        waivers.find(|waiver| waiver.covers(&self.subject, scenario, check, kind))
    }

    /// Whether a verdict is invalid only by waived findings.
    pub fn is_waived(&self, scenario: &str, verdict: &Verdict) -> bool {
        let waived = |kind: &str| self.waiver(scenario, &verdict.check, kind).is_some();
        verdict.validity == Validity::Invalid
            && !verdict.anomalies.is_empty()
            && verdict.anomalies.iter().all(|a| waived(a.kind.name()))
    }

    /// The run's verdict without waived findings: what the release decision and the exit code follow. [`validity`] is
    /// the verdict of the checks.
    ///
    /// [`validity`]: RunReport::validity
    pub fn decision(&self) -> Validity {
        if self.validity() != Validity::Invalid {
            return self.validity();
        }
        let verdicts = self.scenarios.iter().flat_map(|scenario| {
            let of = move |verdict| match self.is_waived(&scenario.name, verdict) {
                true => Validity::Valid,
                false => verdict.validity,
            };
            scenario.judgement.verdicts.iter().map(of)
        });
        match Validity::of_all(verdicts) {
            Validity::Valid if self.run.interrupted || !self.run.incomplete.is_empty() => {
                Validity::Undecided
            }
            decided => decided,
        }
    }
}
