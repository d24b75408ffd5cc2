//! A run compared with an earlier one: which findings are new, ongoing or resolved, and which figures changed.
//!
//! The harness compares; this is the result. Findings are compared as sets, by scenario, check and kind. Figures are
//! compared only where both builds ran interleaved on one machine in one invocation; otherwise
//! [`Comparison::figures_not_compared`] says why not.

use serde::{Deserialize, Serialize};

use super::Subject;

/// The result of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Comparison {
    /// What it was compared with.
    pub baseline: Baseline,
    /// The run under test, where the comparison is a page of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Side>,
    /// The earlier run, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Side>,
    /// Why the runs are not like for like, one sentence each: other plants, faults, length or target. Then no finding is
    /// new or resolved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unlike: Vec<String>,
    /// How many runs of this build were compared.
    pub runs: u64,
    /// Where configuration or machine differ, one sentence each. Affected figures are not comparable.
    pub differences: Vec<String>,
    /// Findings of either.
    pub findings: Vec<FindingChange>,
    /// Why figures were not compared; empty if they were.
    pub figures_not_compared: String,
    /// The figures, at most six a scenario.
    pub figures: Vec<FigureChange>,
}

/// The earlier run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Baseline {
    /// Its run id.
    pub run: String,
    /// The subject's name.
    pub name: String,
    /// The subject's version.
    pub version: String,
    /// When it was accepted as baseline, RFC 3339; empty if it was only run beside this one.
    pub accepted: String,
    /// How many runs of it there were.
    pub runs: u64,
}

/// One of the two runs, as a page of its own shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Side {
    /// Its run id.
    pub run: String,
    /// Its page, relative to that of the comparison; empty for no link.
    pub page: String,
    /// Its verdict in a word.
    pub verdict: String,
    /// What was tested.
    pub subject: Subject,
    /// The kinds of faults that took effect, in the order of their names.
    pub faults: Vec<String>,
    /// From the first scenario's begin to the last one's end.
    pub duration_ms: u64,
    /// The version of the harness.
    pub harness: String,
}

/// A kind of finding in one scenario, in the baseline and in this build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FindingChange {
    /// New, ongoing, resolved or rare.
    pub status: FindingStatus,
    /// Where.
    pub scenario: String,
    /// By which check.
    pub check: String,
    /// Its kind, by its stable name: `lost-write`.
    pub kind: String,
    /// In how many of the baseline's runs it was found.
    pub baseline_runs: u64,
    /// In how many of this build's runs it was found.
    pub runs: u64,
}

/// The status of a finding.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum FindingStatus {
    /// Not in the baseline.
    #[default]
    New,
    /// In both.
    Ongoing,
    /// In some repetitions only, of one or both.
    Rare,
    /// Only in the baseline.
    Resolved,
    /// Only in the run under test, and the runs are not like for like.
    #[serde(rename = "only-second")]
    #[strum(serialize = "only in the second")]
    OnlySecond,
    /// Only in the baseline, and the runs are not like for like.
    #[serde(rename = "only-first")]
    #[strum(serialize = "only in the first")]
    OnlyFirst,
}

/// One figure, in the baseline and in this build.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FigureChange {
    /// Where; empty for all scenarios together.
    pub scenario: String,
    /// Its name in words: `longest gap`, `append p99`.
    pub name: String,
    /// Its unit: `ms`, `µs`, `ops/s`.
    pub unit: String,
    /// The baseline's median over its blocks.
    pub baseline: f64,
    /// This build's median over its blocks.
    pub value: f64,
    /// The smallest and largest block of the baseline.
    pub baseline_spread: (f64, f64),
    /// The smallest and largest block of this build.
    pub spread: (f64, f64),
    /// How much worse it may be, in percent of the baseline.
    pub limit_percent: f64,
    /// A difference below this many units never counts.
    pub floor: f64,
    /// How many pairs of adjacent blocks were compared.
    pub pairs: u64,
    /// The permutation test's p, after Holm's correction; none without enough pairs.
    pub p: Option<f64>,
    /// The outcome.
    pub outcome: FigureOutcome,
}

/// The outcome for a figure.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "lowercase")]
pub enum FigureOutcome {
    /// Worse by more than limit and floor, and not by chance.
    Regressed,
    /// Too few pairs to decide.
    #[default]
    #[strum(serialize = "not enough data")]
    NotEnoughData,
    /// No difference that exceeds limit and floor.
    #[strum(serialize = "no relevant difference")]
    Pass,
    /// Better by more than limit and floor, and not by chance.
    Improved,
}

impl Comparison {
    /// States that the runs are not like for like. What is in one of them only may be due to the difference.
    pub fn not_alike(&mut self, reasons: Vec<String>) {
        for finding in &mut self.findings {
            finding.status = match finding.status {
                FindingStatus::New => FindingStatus::OnlySecond,
                FindingStatus::Resolved => FindingStatus::OnlyFirst,
                other => other,
            };
        }
        self.unlike = reasons;
    }

    /// How many findings have this status.
    pub fn count(&self, status: FindingStatus) -> usize {
        self.findings.iter().filter(|f| f.status == status).count()
    }

    /// The figures that regressed.
    pub fn regressed(&self) -> impl Iterator<Item = &FigureChange> {
        self.figures
            .iter()
            .filter(|f| f.outcome == FigureOutcome::Regressed)
    }
}

impl FigureChange {
    /// The change in percent of the baseline; none where the baseline is 0.
    pub fn change_percent(&self) -> Option<f64> {
        let change = (self.value - self.baseline) / self.baseline * 100.0;
        change.is_finite().then_some(change)
    }
}

impl FindingStatus {
    /// The word as the page shows it.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// What it means, as the page and the terminal explain it.
    pub fn meaning(self) -> &'static str {
        match self {
            FindingStatus::New => "not in the baseline",
            FindingStatus::Ongoing => "in both",
            FindingStatus::Rare => "in some repetitions only",
            FindingStatus::Resolved => "in the baseline only",
            FindingStatus::OnlySecond | FindingStatus::OnlyFirst => {
                "in one run only, which may be due to how the runs differ"
            }
        }
    }
}

impl FigureOutcome {
    /// The words as the page shows them.
    pub fn words(self) -> &'static str {
        self.into()
    }
}
