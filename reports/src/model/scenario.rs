//! One judged scenario: the judgement, what happened, and the few operations that the verdicts point to.

use checkers::history::{Limits, Phase, Promises};
use checkers::judgement::Judgement;
use checkers::verdict::Validity;
use serde::{Deserialize, Serialize};

use super::environment::Setting;
use super::excerpt::Excerpt;
use super::fault::{FaultWindow, WindowState};
use super::group::Group;
use super::log::LogExcerpt;
use super::operation::Operation;
use super::refusal::{CallCount, OpsCount, Refusal};
use super::series::Series;
use super::transactions::Transactions;

/// One judged scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScenarioReport {
    /// Its name: `kill-leader/append`.
    pub name: String,
    /// Its own seed.
    pub seed: String,
    /// The wall clock of the harness at which its times count from, RFC 3339; empty if it is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub begin_wall_clock: String,
    /// The command that repeats this scenario alone; empty where the run's own command does.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reproduce: String,
    /// What it does, in one sentence.
    pub description: String,
    /// How its load was drawn, in the order to print; empty if nothing was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub load: Vec<Setting>,
    /// The operations per second that its clients were to make, where they keep to a rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_rate: Option<u32>,
    /// From its first event to its last: the length of every time axis.
    pub duration_ms: u64,
    /// Operations by outcome.
    pub ops: OpsCount,
    /// The same by call. Empty if not recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallCount>,
    /// Verdicts, elections, gaps, lanes of leadership.
    pub judgement: Judgement,
    /// What the target promises; this decides which findings are violations.
    pub promises: Promises,
    /// The limits that apply to the target.
    pub limits: Limits,
    /// Why operations did not return ok, the most frequent reason first. Empty if not recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusal>,
    /// The phases' begins.
    pub phases: Vec<PhaseMark>,
    /// Faults, including skipped and failed ones: see [`FaultWindow::collect`].
    pub faults: Vec<FaultWindow>,
    /// The series behind the charts.
    pub series: Series,
    /// Only the operations that verdicts point to: see [`Operation::collect`].
    pub operations: Vec<Operation>,
    /// The operations around failures: see [`Excerpt::collect`]. Empty if not recorded.
    pub excerpts: Vec<Excerpt>,
    /// The nodes' log lines around failures: see [`LogExcerpt::collect`]. Empty if not recorded.
    pub logs: Vec<LogExcerpt>,
    /// Records acknowledged but not yet read, over time. Empty if not recorded.
    pub lag: Vec<LagBucket>,
    /// Consumer groups that had generations. Empty if there were none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Transactions; none if there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transactions: Option<Transactions>,
    /// Files kept, relative to the run directory.
    pub files: Vec<File>,
}

/// A phase's begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseMark {
    /// Which one.
    pub phase: Phase,
    /// When it began.
    pub at_ns: u64,
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

    /// The extract of this operation, if it was kept.
    pub fn operation(&self, op: u64) -> Option<&Operation> {
        self.operations.iter().find(|o| o.op == op)
    }

    /// The end of its time axis.
    pub fn end_ns(&self) -> u64 {
        self.duration_ms.saturating_mul(1_000_000)
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
