//! The models that a foreign history can be judged by.

use serde::{Deserialize, Serialize};

/// A model, by the name that the command line knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// Transactions of reads and appends.
    ListAppend,
    /// Transactions of reads and writes.
    RwRegister,
    /// The checks of a recorded run.
    Kafka,
}

impl ModelName {
    /// All of them.
    pub const ALL: [ModelName; 10] = [
        ModelName::Register,
        ModelName::CasRegister,
        ModelName::Kv,
        ModelName::Mutex,
        ModelName::FifoQueue,
        ModelName::Set,
        ModelName::Log,
        ModelName::ListAppend,
        ModelName::RwRegister,
        ModelName::Kafka,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            ModelName::Register => "register",
            ModelName::CasRegister => "cas-register",
            ModelName::Kv => "kv",
            ModelName::Mutex => "mutex",
            ModelName::FifoQueue => "fifo-queue",
            ModelName::Set => "set",
            ModelName::Log => "log",
            ModelName::ListAppend => "list-append",
            ModelName::RwRegister => "rw-register",
            ModelName::Kafka => "kafka",
        }
    }

    /// The model of a name.
    pub fn of(name: &str) -> Option<ModelName> {
        ModelName::ALL
            .into_iter()
            .find(|model| model.name() == name)
    }
}
