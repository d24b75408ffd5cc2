//! One judged scenario: the judgement, what happened, and the few operations that the verdicts point to.

use checkers::history::{Limits, Outcome, Phase, Promises};
use checkers::judgement::Judgement;
use checkers::verdict::Validity;
use serde::{Deserialize, Serialize};

use super::excerpt::Excerpt;
use super::fault::{FaultWindow, WindowState};
use super::log::LogExcerpt;
use super::series::Series;

/// One judged scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScenarioReport {
    /// Its name: `kill-leader/append`.
    pub name: String,
    /// Its own seed.
    pub seed: String,
    /// The command that repeats this scenario alone; empty where the run's own command does.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reproduce: String,
    /// What it does, in one sentence.
    pub description: String,
    /// From its first event to its last: the length of every time axis.
    pub duration_ms: u64,
    /// Operations by outcome.
    pub ops: OpsCount,
    /// Verdicts, elections, gaps, lanes of leadership.
    pub judgement: Judgement,
    /// What the target promises: decides which rule applied.
    pub promises: Promises,
    /// What the target was held to.
    pub limits: Limits,
    /// The phases' begins.
    pub phases: Vec<PhaseMark>,
    /// Faults, also those that were skipped or failed: see [`FaultWindow::collect`].
    pub faults: Vec<FaultWindow>,
    /// The series behind the charts.
    pub series: Series,
    /// The operations that verdicts point to, and no others: see [`Operation::collect`].
    pub operations: Vec<Operation>,
    /// What ran around failures: see [`Excerpt::collect`]. Empty if that was not recorded.
    pub excerpts: Vec<Excerpt>,
    /// What the nodes wrote around failures: see [`LogExcerpt::collect`]. Empty if that was not recorded.
    pub logs: Vec<LogExcerpt>,
    /// Records acknowledged and not yet read, over time. Empty if that was not recorded.
    pub lag: Vec<LagBucket>,
    /// Files kept, relative to the run directory.
    pub files: Vec<File>,
}

/// Operations by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsCount {
    /// It happened.
    pub ok: u64,
    /// It surely did not.
    pub fail: u64,
    /// Unknown.
    pub info: u64,
}

/// A phase's begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseMark {
    /// Which one.
    pub phase: Phase,
    /// When it began.
    pub at_ns: u64,
}

/// An extract of one operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The index `i` of its invocation in `history.jsonl`: how anomalies point to it.
    pub op: u64,
    /// Who called.
    pub worker: u64,
    /// `append`, `poll`, `end-offset`, `read`.
    pub call: String,
    /// Topic, if one.
    pub topic: String,
    /// Partition, if one.
    pub partition: Option<i32>,
    /// Offset, or offsets: `4711`, `4711..4718`.
    pub offset: String,
    /// Value, or a short account of several: `3-17 .. 3-24 (8)`.
    pub value: String,
    /// When it was called.
    pub called_ns: u64,
    /// When it returned; none if it never did.
    pub returned_ns: Option<u64>,
    /// The node that answered, if known.
    pub node: Option<String>,
    /// How it came out; none if it never returned.
    pub outcome: Option<Outcome>,
    /// The error, if one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
}

/// What consumers still had to read at the end of one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LagBucket {
    /// The bucket's begin.
    pub begin_ms: u64,
    /// Records acknowledged before the bucket's end that no poll and no read had returned by then.
    pub unread: u64,
}

/// A file of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct File {
    /// What it is: `history`, `faults`, `n1 stdout`, ...
    pub name: String,
    /// Relative to the run directory.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal digits, if computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl ScenarioReport {
    /// The worst of its checks.
    pub fn validity(&self) -> Validity {
        self.judgement.validity()
    }

    /// How often the leader changed. The first one, at formation, changed nothing.
    pub fn changes_of_leader(&self) -> usize {
        let elections = self.judgement.elections.iter();
        elections
            .filter(|election| election.old_leader.is_some())
            .count()
    }

    /// The extract of this operation, if it was kept.
    pub fn operation(&self, op: u64) -> Option<&Operation> {
        self.operations.iter().find(|o| o.op == op)
    }

    /// The end of its time axis.
    pub fn end_ns(&self) -> u64 {
        self.duration_ms * 1_000_000
    }

    /// The fault of this id.
    pub fn fault(&self, id: &str) -> Option<&FaultWindow> {
        self.faults.iter().find(|f| f.id == id)
    }

    /// The faults that took effect.
    pub fn faults_in_effect(&self) -> impl Iterator<Item = &FaultWindow> {
        self.faults
            .iter()
            .filter(|f| f.state == WindowState::TookEffect)
    }
}
