//! The data of a report: a judged run as plain values.
//!
//! The harness fills a [`RunReport`] once, from summaries, and stores it. Everything in this crate is a function of it,
//! so a page can be written again from the stored report. Sizes depend on the page, not on the run: series are bucketed,
//! operations are extracts. Times are nanoseconds since the start of the run, unless a name states otherwise.

mod calibration;
mod comparison;
mod detection;
mod environment;
mod excerpt;
mod fault;
mod group;
mod history_score;
mod incident;
mod log;
mod museum;
mod mutation;
mod operation;
mod planted_run;
mod refusal;
mod scenario;
mod series;
mod summary;
mod transactions;
mod waiver;

use checkers::verdict::Validity;
use serde::{Deserialize, Serialize};

pub use calibration::{Calibration, ControlRun, PlantRow};
pub use comparison::{
    Baseline, Comparison, FigureChange, FigureOutcome, FindingChange, FindingStatus, Side,
};
pub use detection::{Detection, ShippedCalibration};
pub use environment::{Environment, Filesystem, NodeSetup, Setting};
pub(crate) use excerpt::span;
pub use excerpt::{Excerpt, FailureStretch};
pub use fault::{FaultClass, FaultWindow, WindowState};
pub use group::{Cause, Coordinator, Generation, Group, Groups, Owner};
pub use history_score::{AppliedLie, HistoryMutant, HistoryScore, MutatedRun};
pub use incident::{BeforeAfter, BeforeAfterRow, Reason};
pub use log::{LogExcerpt, LogLevel, LogLine, LogText, NodeLog};
pub use museum::{ExhibitRow, Museum, MuseumRun, MuseumSide};
pub use mutation::{Fate, MutantRow, score, score_text};
pub use operation::Operation;
pub use planted_run::PlantRun;
pub use refusal::{CallCount, OpsCount, Refusal, Refusals};
pub use scenario::{File, LagBucket, PhaseMark, ScenarioReport};
pub use series::{
    AvailabilityBucket, DensityCell, LatencySeries, Mark, QuantileBucket, RateBucket, Series,
};
pub use summary::{RunSummary, SummaryError};
pub use transactions::{
    StableOffsetStall, TransactionBucket, TransactionEnds, TransactionOutcome, TransactionRow,
    Transactions, TransactionsSeen,
};
pub use waiver::Waiver;

/// A judged run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunReport {
    /// The harness that judged.
    pub tool: Tool,
    /// The run itself: id, seed, duration, how to repeat it.
    pub run: Run,
    /// What was tested.
    pub subject: Subject,
    /// One entry per scenario, in the order in which they ran.
    pub scenarios: Vec<ScenarioReport>,
    /// The scenarios side by side, if they are a before and an after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_after: Option<BeforeAfter>,
    /// Compared with the last qualified run, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// Faults that were requested, or would have been, and cannot run here.
    pub faults_unavailable: Vec<Unavailable>,
    /// The machine, the nodes, the clients.
    pub environment: Environment,
    /// Findings that are accepted for a time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
    /// How many planted bugs this version of the harness detects, if a calibration of it is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detection: Option<Detection>,
    /// What this run did not test beyond what follows from its faults and checks, one sentence each.
    pub not_tested: Vec<String>,
    /// Problems that do not change the verdict, e.g. a chart that could not be drawn.
    pub warnings: Vec<String>,
    /// The exit code of the process.
    pub exit_code: i32,
}

/// The harness that judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tool {
    /// `jepsen`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The commit it was built from, if known.
    pub commit: String,
    /// Whether the work tree had changes when it was built.
    pub dirty: bool,
    /// Whether it was built without optimization for releases. Then the reference broker, which is a part of it, was too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub debug: bool,
}

/// The run itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Run {
    /// `20261123T084021Z-5eed`.
    pub id: String,
    /// The suite, or empty for a run of single scenarios.
    pub suite: String,
    /// As `--seed` takes it: `0x5EED`.
    pub seed: String,
    /// RFC 3339 in UTC, whole seconds: `2026-11-23T08:40:21Z`.
    pub started: String,
    /// The wall clock at which times of the first scenario count from, RFC 3339 with milliseconds; empty if not recorded.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub begin_wall_clock: String,
    /// From the first scenario's begin to the last one's end.
    pub duration_ms: u64,
    /// Whether the user stopped it.
    pub interrupted: bool,
    /// What is missing for the run to be complete, one sentence each: `shards 3 and 5 of 5 are missing`, `the
    /// harness ended before the run did`. Empty for a complete run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<String>,
    /// The command that repeats the run.
    pub reproduce: String,
    /// The command that judges the stored histories again.
    pub recheck: String,
    /// The run directory, as the user would type it.
    pub directory: String,
}

/// What was tested.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subject {
    /// The target's name.
    pub name: String,
    /// What it is, in half a sentence of the target file.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// Its version.
    pub version: String,
    /// The revision of its sources, if the target file states it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub revision: String,
    /// The program that each node executes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub program: String,
    /// The SHA-256 of that program in hexadecimal digits, if there is one file to hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary_sha256: Option<String>,
    /// The digest of its configuration: the target file with everything that it extends.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub configuration: String,
    /// The command line of the first node.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// The files that the target provides, such as jars.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<File>,
    /// How many nodes.
    pub nodes: u32,
    /// Deliberate bugs that were enabled. Then the verdict does not describe the product.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plants: Vec<String>,
    /// What each of them does, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plants_do: Vec<String>,
}

/// A fault that cannot run here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unavailable {
    /// Its class or name.
    pub class: String,
    /// Why, and what to do about it.
    pub why: String,
}

/// The longest run that stored values may state: ten years. Drawings and texts compute with times in nanoseconds.
const DURATION_MS_MAX: u64 = 10 * 366 * 24 * 3_600_000;

/// Why a text is not the values of a run.
#[derive(Debug, thiserror::Error)]
pub enum ValuesError {
    /// It is not JSON, or has another structure.
    #[error("not the values of a run: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It has no run id: it is another file.
    #[error("not the values of a run: it names no run")]
    NoRun,
    /// It states a time that no run takes.
    #[error("not the values of a run: {0} takes more than ten years")]
    TooLong(String),
}

impl RunReport {
    /// Reads stored values: `report.json`.
    ///
    /// # Errors
    /// If the text is not such JSON, or states what no run has.
    pub fn read(report_json: &str) -> Result<RunReport, ValuesError> {
        let report: RunReport = serde_json::from_str(report_json)?;
        if report.run.id.is_empty() {
            return Err(ValuesError::NoRun);
        }
        if report.run.duration_ms > DURATION_MS_MAX {
            return Err(ValuesError::TooLong("the run".to_owned()));
        }
        let long = |scenario: &&ScenarioReport| scenario.duration_ms > DURATION_MS_MAX;
        match report.scenarios.iter().find(long) {
            Some(scenario) => Err(ValuesError::TooLong(format!("scenario {}", scenario.name))),
            None => Ok(report),
        }
    }

    /// The run's verdict: the worst of its checks. A run without any applicable check is *not applicable*. A run that was
    /// interrupted or lacks a part is never valid.
    pub fn validity(&self) -> Validity {
        let judged = Validity::of_all(self.scenarios.iter().map(ScenarioReport::validity));
        match judged {
            Validity::Valid if self.run.interrupted || !self.run.incomplete.is_empty() => {
                Validity::Undecided
            }
            judged => judged,
        }
    }

    /// How many checks have this verdict.
    pub fn count(&self, validity: Validity) -> usize {
        let verdicts = self.scenarios.iter().flat_map(|s| &s.judgement.verdicts);
        verdicts.filter(|v| v.validity == validity).count()
    }
}
