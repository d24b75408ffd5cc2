//! What a check says of a history: words of judgement, and evidence as data.
//!
//! A *verdict* is one check's answer. A *validity* is its one word. An *anomaly* is one thing that the check
//! found, with its *evidence*; a *doubt* is a typed reason why the check could not say more. Nothing here is
//! prose: sentences are made at the edge, by code that matches on [`Finding`] and [`Doubt`].

mod doubt;
mod finding;
mod lacking;
mod member;
mod rule;
mod witness;

pub use doubt::Doubt;
pub use finding::Finding;
pub use lacking::{Lack, Lacking, Stood};
pub use member::{Fenced, Marked, Placed, TransactionNamed};
pub use rule::Rule;
pub use witness::{Belief, GapScope, Held, LossProof, RegisterUse, Sent, Sighting};

use serde::{Deserialize, Serialize};

use crate::history::{Moment, NodeName, Offset};

/// The one word of a verdict. Jepsen's `:valid?` has three values; the fourth keeps a check that had nothing to
/// judge from looking like one that judged and found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Validity {
    /// Judged, and nothing wrong was found.
    Valid,
    /// Something is wrong. Nothing hides this.
    Invalid,
    /// Could not be judged; [`Verdict::doubts`] says why. Never counts as valid.
    Undecided,
    /// Not asked of this target or this run.
    NotApplicable,
}

impl Validity {
    /// The word for both together: invalid wins, then undecided, then valid.
    #[must_use]
    pub fn merge(self, other: Validity) -> Validity {
        if self.weight() >= other.weight() {
            self
        } else {
            other
        }
    }

    /// The word for all together; of none, it is not applicable.
    pub fn of_all(all: impl IntoIterator<Item = Validity>) -> Validity {
        all.into_iter()
            .fold(Validity::NotApplicable, Validity::merge)
    }

    /// `valid`, `invalid`, `undecided` or `not_applicable`, as in results.json.
    pub fn word(self) -> &'static str {
        self.into()
    }

    fn weight(self) -> u8 {
        match self {
            Validity::NotApplicable => 0,
            Validity::Valid => 1,
            Validity::Undecided => 2,
            Validity::Invalid => 3,
        }
    }
}

/// What kind of promise a check is about. Exit code 1 covers the first three, 3 the last.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Class {
    /// Nothing wrong is ever read, and nothing acknowledged is lost.
    Safety,
    /// Who leads, and how steadily.
    Leadership,
    /// Something good happens in time.
    Liveness,
    /// How fast.
    Performance,
}

impl Class {
    /// The class's stable name.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// One check's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The check's stable name, e.g. `lost-write`.
    pub check: String,
    /// What kind of promise it is about.
    pub class: Class,
    /// The answer in one word.
    pub validity: Validity,
    /// How many anomalies there were, also those beyond [`ANOMALIES_MAX`].
    #[serde(default)]
    pub anomaly_count: u64,
    /// The first [`ANOMALIES_MAX`] of them. Each is a violation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anomalies: Vec<Anomaly>,
    /// How many tolerated anomalies there were.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tolerated_count: u64,
    /// What was found but violates nothing under this target's promises, e.g. duplicates without idempotence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerated: Vec<Anomaly>,
    /// Why the check is undecided or not applicable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Doubt>,
    /// What was measured, beside its limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// How much was read, so that a reader sees that the check was not idle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Count>,
}

/// The most anomalies a verdict carries. A broken target can yield one for each record; nobody reads them all.
pub const ANOMALIES_MAX: usize = 100;

impl Verdict {
    /// A verdict that has found nothing yet and is valid.
    pub fn new(check: &str, class: Class) -> Verdict {
        Verdict {
            check: check.to_string(),
            class,
            validity: Validity::Valid,
            anomaly_count: 0,
            anomalies: Vec::new(),
            tolerated_count: 0,
            tolerated: Vec::new(),
            doubts: Vec::new(),
            figures: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// Adds a violation; the verdict is invalid from here on.
    pub fn found(&mut self, anomaly: Anomaly) {
        self.validity = Validity::Invalid;
        self.anomaly_count += 1;
        if self.anomalies.len() < ANOMALIES_MAX {
            self.anomalies.push(anomaly);
        }
    }

    /// Adds something that violates nothing under this target's promises.
    pub fn tolerate(&mut self, anomaly: Anomaly) {
        self.tolerated_count += 1;
        if self.tolerated.len() < ANOMALIES_MAX {
            self.tolerated.push(anomaly);
        }
    }

    /// Adds a reason for doubt: a valid verdict becomes undecided; an invalid one stays invalid.
    pub fn doubt(&mut self, doubt: Doubt) {
        self.validity = self.validity.merge(Validity::Undecided);
        if !self.doubts.contains(&doubt) && self.doubts.len() < ANOMALIES_MAX {
            self.doubts.push(doubt);
        }
    }

    /// Says that the check is not asked of this run, unless it has found something.
    pub fn not_applicable(&mut self, why: Doubt) {
        if self.validity == Validity::Valid {
            self.validity = Validity::NotApplicable;
        }
        self.doubts.push(why);
    }

    /// Adds a measured value and its limit.
    pub fn figure(&mut self, name: &str, value: u64, limit: Option<u64>, unit: Unit) {
        self.figures.push(Figure {
            name: name.to_string(),
            value,
            limit,
            unit,
        });
    }

    /// Adds a count of what was read.
    pub fn saw(&mut self, what: &str, count: u64) {
        // A check reads one partition after the other; a reader wants the sum.
        match self.seen.iter_mut().find(|seen| seen.what == what) {
            Some(seen) => seen.count += count,
            None => self.seen.push(Count {
                what: what.to_string(),
                count,
            }),
        }
    }
}

/// One thing that a check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anomaly {
    /// What it is, with its particulars. In JSON its name is the field `kind`.
    #[serde(flatten)]
    pub kind: Finding,
    /// True for a contradiction within the history; false where a threshold or an inference was involved.
    pub certain: bool,
    /// Where in the history it can be seen.
    #[serde(default)]
    pub evidence: Evidence,
}

/// Where in a history an anomaly can be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// Operations, by the `i` of their invokes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<u64>,
    /// Other lines (observations, faults, exits), by their `i`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<u64>,
    /// Nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeName>,
    /// The topic, if the anomaly is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The partition, if the anomaly is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition: Option<i32>,
    /// Offsets, ascending.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offsets: Vec<Offset>,
    /// From when to when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<(Moment, Moment)>,
    /// Ids of the fault that the finding names, and of those whose windows overlap that time. `judge` fills this in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

/// A measured value beside its limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// What was measured; the unit is part of the name, e.g. `longest_gap_ms`.
    pub name: String,
    /// The value.
    pub value: u64,
    /// The most it may be, if it is held to something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Its unit.
    pub unit: Unit,
}

impl Figure {
    /// Whether the value is within its limit; one without limit always is.
    pub fn within(&self) -> bool {
        self.limit.is_none_or(|limit| self.value <= limit)
    }
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Milliseconds.
    Milliseconds,
    /// Records.
    Records,
    /// Raft terms, or leader epochs.
    Terms,
    /// Elections.
    Elections,
    /// Bytes.
    Bytes,
    /// Anything else that is counted.
    Times,
}

/// How many of something a check read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Of what, in the plural, e.g. `acknowledged records`.
    pub what: String,
    /// How many.
    pub count: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}
