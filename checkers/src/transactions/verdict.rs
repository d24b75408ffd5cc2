//! What is said of a history of transactions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::anomaly::PhenomenonKind;
use super::models::ConsistencyModel;
use super::names::Name;
use super::shape::Shape;
use super::witness::Phenomenon;
use crate::verdict::Validity;

/// By what a history is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransactionOptions {
    /// The model that the history must satisfy to be valid; at most [`Shape::strongest`].
    pub expected: ConsistencyModel,
}

impl TransactionOptions {
    /// With another expected model.
    #[must_use]
    pub fn expecting(expected: ConsistencyModel) -> TransactionOptions {
        TransactionOptions { expected }
    }
}

impl Default for TransactionOptions {
    /// Strict serializability, the strongest model, as Elle expects it.
    fn default() -> TransactionOptions {
        TransactionOptions {
            expected: ConsistencyModel::StrictSerializable,
        }
    }
}

/// The verdict on a history of transactions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TransactionsVerdict {
    /// Invalid if an anomaly rules out the expected model.
    pub validity: Validity,
    /// The expected model.
    pub expected: ConsistencyModel,
    /// What the objects are.
    pub shape: Shape,
    /// How many transactions there were.
    pub transactions: Outcomes,
    /// The strongest models that no anomaly rules out; none that is not [tested](ConsistencyModel::is_tested).
    pub holds: Vec<ConsistencyModel>,
    /// The weakest models that some anomaly rules out.
    pub violated: Vec<ConsistencyModel>,
    /// The weakest models that are neither: the order of some writes is not known, and the search for one ended first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<ConsistencyModel>,
    /// How many anomalies of each kind there are. Cycles of one kind count once for each strongly
    /// connected component.
    pub counts: BTreeMap<PhenomenonKind, u64>,
    /// The first of each kind, with their evidence.
    pub anomalies: Vec<Phenomenon>,
    /// Cycles that Kafka's transactions allow, because their writes may interleave: G0, and G1c with
    /// write-write edges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerated: Vec<Phenomenon>,
    /// What could not be judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Limitation>,
}

impl TransactionsVerdict {
    /// Whether the expected model allows an anomaly of this kind, so that it makes nothing invalid.
    pub fn allows(&self, kind: PhenomenonKind) -> bool {
        let implied = self.expected.implied();
        !kind.rules_out().iter().any(|model| implied.contains(model))
    }

    /// The verdict if another model were expected. Undecided for one that is not tested, where no stronger one holds.
    pub fn under(&self, expected: ConsistencyModel) -> Validity {
        let implied = expected.implied();
        let holds = || {
            self.holds
                .iter()
                .any(|model| model.implied().contains(&expected))
        };
        if self.violated.iter().any(|model| implied.contains(model)) {
            Validity::Invalid
        } else if self.doubts.is_empty() && holds() {
            Validity::Valid
        } else {
            Validity::Undecided
        }
    }
}

/// How transactions came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// That happened.
    pub ok: u64,
    /// That did not.
    pub fail: u64,
    /// That may have.
    pub info: u64,
}

/// Why not everything could be judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Limitation {
    /// No transaction is known to have happened.
    NothingHappened,
    /// No transaction depends on another, so that no order was tested.
    NothingDepends,
    /// A value was written more than once, so that its reads name no writer. They were left out.
    WrittenTwice {
        /// The key.
        key: Name,
        /// The value.
        value: Name,
        /// Two of its writers.
        writers: [i64; 2],
        /// How many further values there are of this kind.
        others: u64,
    },
    /// The search for cycles ran out of steps: each component has a cycle that was found, but there
    /// may be worse ones.
    OutOfSteps,
}
