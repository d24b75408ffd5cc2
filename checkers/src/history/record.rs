//! What operations of several kinds have in common: outcomes, isolation, positions, records.

use serde::{Deserialize, Serialize};

use super::ids::{Offset, Text};

/// How an operation came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It happened.
    Ok,
    /// It did not happen.
    Fail,
    /// It may have happened, or may still happen.
    Info,
}

/// A consumer's isolation level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// Everything below the high watermark.
    #[default]
    ReadUncommitted,
    /// Only records of committed transactions.
    ReadCommitted,
}

/// A partition that a consumer was assigned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// Topic name.
    pub topic: Text,
    /// Partition index.
    pub partition: i32,
    /// The next offset it expects to read.
    pub position: Offset,
}

/// A record as it was read: topic, partition, offset, value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record(pub Text, pub i32, pub Offset, pub Text);

impl Record {
    /// Topic name.
    pub fn topic(&self) -> &str {
        &self.0
    }
    /// Partition index.
    pub fn partition(&self) -> i32 {
        self.1
    }
    /// Its offset.
    pub fn offset(&self) -> Offset {
        self.2
    }
    /// Its value.
    pub fn value(&self) -> &str {
        &self.3
    }
}
