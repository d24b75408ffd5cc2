//! The models that a foreign history can be judged by.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A model, by the name that the command line knows.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[non_exhaustive]
pub enum ModelName {
    /// A register: `read`, `write`.
    Register,
    /// A register with `cas`.
    CasRegister,
    /// A map from keys to texts: `get`, `put`, `append`.
    Kv,
    /// A lock: `acquire`, `release`.
    Mutex,
    /// A queue: `enqueue`, `dequeue`, `drain`.
    FifoQueue,
    /// A set: `add`, `remove`, `contains`, `read`.
    Set,
    /// A log with offsets: `append`, `fetch`, `end-offset`, `read`.
    Log,
    /// Several registers, read and written together: `txn`.
    MultiRegister,
    /// A counter: `add`, `read`.
    Counter,
    /// Accounts: `transfer`, `read`.
    Bank,
    /// A set that only grows: `add`, `read`.
    SetFull,
    /// A queue in any order: `enqueue`, `dequeue`, `drain`.
    TotalQueue,
    /// Ids: `generate`.
    UniqueIds,
    /// Registers that are written once, and reads of several: `txn`.
    LongFork,
    /// Keys that are written part by part: `write`, `read`.
    Sequential,
    /// A register that one site uses at a time: `read-init`, `read`, `write`.
    CausalRegister,
    /// Inserts, and reads of everything: `write`, `read`.
    CausalReverse,
    /// Transactions of reads and appends.
    ListAppend,
    /// Transactions of reads and writes.
    RwRegister,
    /// The checks of a recorded run.
    Kafka,
}

impl ModelName {
    /// All of them.
    pub const ALL: [ModelName; 20] = [
        ModelName::Register,
        ModelName::CasRegister,
        ModelName::Kv,
        ModelName::Mutex,
        ModelName::FifoQueue,
        ModelName::Set,
        ModelName::Log,
        ModelName::MultiRegister,
        ModelName::Counter,
        ModelName::Bank,
        ModelName::SetFull,
        ModelName::TotalQueue,
        ModelName::UniqueIds,
        ModelName::LongFork,
        ModelName::Sequential,
        ModelName::CausalRegister,
        ModelName::CausalReverse,
        ModelName::ListAppend,
        ModelName::RwRegister,
        ModelName::Kafka,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// What a history that it judges as valid cannot have.
    pub fn rules_out(self) -> &'static str {
        match self {
            ModelName::Register => "stale, lost and invented values",
            ModelName::CasRegister => {
                "the same, and a compare-and-set that took twice or not at all"
            }
            ModelName::Kv => "the same of each key, and appends lost, doubled or out of order",
            ModelName::Mutex => "two holders at once, a release without a holder",
            ModelName::FifoQueue => {
                "values lost, doubled, invented or overtaken, an empty answer too early"
            }
            ModelName::Set => "elements lost, invented or reappeared",
            ModelName::Log => {
                "offsets against real time, two values at one offset, an end that lags"
            }
            ModelName::MultiRegister => {
                "stale, lost, invented and torn values of registers that are used together"
            }
            ModelName::Counter => {
                "a count below what was surely added, or above what can have been"
            }
            ModelName::Bank => "a total that changes, a negative balance",
            ModelName::SetFull => "elements lost, invented or doubled",
            ModelName::TotalQueue => "values lost or invented, in any order",
            ModelName::UniqueIds => "an id that is given out twice",
            ModelName::LongFork => "two reads that saw two writes in opposite orders",
            ModelName::Sequential => {
                "a later write of one client that is seen without an earlier one"
            }
            ModelName::CausalRegister => {
                "a value older than what its site has read or written before"
            }
            ModelName::CausalReverse => {
                "a write that is seen without one that was complete before it began"
            }
            ModelName::ListAppend => {
                "the anomalies below, with the order of each list from its reads"
            }
            ModelName::RwRegister => {
                "the anomalies below, with the order of writes from reads before them"
            }
            ModelName::Kafka => {
                "what the checks of a run rule out; in EDN the anomalies of logs below, G1a and G1c by reads"
            }
        }
    }

    /// Whether it asks for an order of all operations, and not for a rule that each answer keeps.
    pub(super) fn is_of_order(self) -> bool {
        matches!(
            self,
            ModelName::Register
                | ModelName::CasRegister
                | ModelName::Kv
                | ModelName::Mutex
                | ModelName::FifoQueue
                | ModelName::Set
                | ModelName::Log
                | ModelName::MultiRegister
                | ModelName::CausalRegister
        )
    }

    /// On whose authority.
    pub fn authority(self) -> &'static str {
        match self {
            ModelName::Register
            | ModelName::CasRegister
            | ModelName::Kv
            | ModelName::Mutex
            | ModelName::Set => "Herlihy, Wing 1990: linearizability",
            ModelName::FifoQueue => "Herlihy, Wing 1990; Henzinger, Sezgin, Vafeiadis 2013",
            ModelName::Log => "Herlihy, Wing 1990; proof in the decider",
            ModelName::MultiRegister => "Herlihy, Wing 1990; knossos.model/multi-register",
            ModelName::Counter => "jepsen.checker/counter",
            ModelName::Bank => "jepsen.tests.bank",
            ModelName::SetFull => "jepsen.checker/set-full",
            ModelName::TotalQueue => "jepsen.checker/total-queue",
            ModelName::UniqueIds => "jepsen.checker/unique-ids",
            ModelName::LongFork => "jepsen.tests.long-fork",
            ModelName::Sequential => "Jepsen's sequential workload",
            ModelName::CausalRegister => "jepsen.tests.causal",
            ModelName::CausalReverse => "jepsen.tests.causal-reverse",
            ModelName::ListAppend | ModelName::RwRegister => {
                "Kingsbury, Alvaro 2020: Elle; Adya 1999"
            }
            ModelName::Kafka => "Jepsen kafka workload; KIP-98",
        }
    }
}

/// A word that names no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no model `{0}`; there are: {names}", names = ModelName::ALL.map(ModelName::name).join(", "))]
pub struct UnknownModel(pub String);

impl FromStr for ModelName {
    type Err = UnknownModel;

    fn from_str(name: &str) -> Result<ModelName, UnknownModel> {
        let found = ModelName::ALL
            .into_iter()
            .find(|model| model.name() == name);
        found.ok_or_else(|| UnknownModel(name.to_owned()))
    }
}
