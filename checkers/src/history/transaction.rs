//! Producers with a transactional id, and their transactions. A transaction is one operation, from its begin to its end.
//!
//! **Outcomes.** *ok* with [`Ending::Commit`]: the commit was acknowledged. *ok* with [`Ending::Abort`]: an abort was
//! wanted and acknowledged, and no commit was ever sent. *fail*: it certainly did not commit: a refusal that says so, or no
//! commit was sent and the transactional id was initialised again. *info*: a commit may have been sent, and no final
//! answer came. An abort that is acknowledged after a commit without an answer is *info*: the commit may have
//! happened first, and the abort may be that of the next transaction.

use serde::{Deserialize, Serialize};

use super::groups::CommittedOffset;
use super::ids::{Moment, Offset, Text};
use super::record::Outcome;

/// Get a producer id and an epoch for a transactional id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitProducer {
    /// The transactional id.
    pub transactional_id: Text,
    /// The transaction time-out asked for, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The node asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
}

/// The answer to [`InitProducer`]. -1 states nothing: a client library does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProducerSeen {
    /// The producer id.
    pub producer_id: i64,
    /// The epoch.
    pub epoch: i32,
}

impl Default for ProducerSeen {
    fn default() -> Self {
        ProducerSeen {
            producer_id: -1,
            epoch: -1,
        }
    }
}

/// The begin of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// The transactional id.
    pub transactional_id: Text,
    /// The producer id; -1 if it is not known.
    #[serde(default = "none")]
    pub producer_id: i64,
    /// The epoch; -1 if it is not known.
    #[serde(default = "no_epoch")]
    pub epoch: i32,
    /// The group whose offsets it commits, if it consumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Text>,
    /// The member that consumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Text>,
    /// That member's generation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i32>,
    /// The topics that it may send to. A client that is killed reports no sends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<Text>,
}

fn none() -> i64 {
    -1
}

fn no_epoch() -> i32 {
    -1
}

/// What a client wants to end a transaction with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// Make it visible.
    Commit,
    /// Undo it.
    Abort,
}

/// What a transaction did, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransactionEnd {
    /// The records that it sent, in their order.
    pub sends: Vec<TransactionSend>,
    /// The offsets that it sent for its group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offsets: Vec<CommittedOffset>,
    /// What it was to end with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Ending>,
    /// When a commit was first sent; none if none ever was. What is read before has been read too early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_sent: Option<Moment>,
    /// The requests other than Produce, where the client knows them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<TransactionRequest>,
}

/// A record that a transaction sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionSend {
    /// Topic name.
    pub topic: Text,
    /// Partition index.
    pub partition: i32,
    /// The value, unique in the run. In an exactly-once workload it names its input, `partition:offset:value`, followed by
    /// `#` and a text that is unique: an input that is processed again after an abort has another output.
    pub value: Text,
    /// When it was sent; none if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<Moment>,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<Moment>,
    /// Whether it was acknowledged, refused, or is unknown. What is visible is decided by the transaction.
    pub outcome: Outcome,
    /// Its offset, if it was acknowledged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<Offset>,
    /// The error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Text>,
}

/// A request of a transaction other than Produce.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionRequest {
    /// `add-partitions`, `add-offsets`, `commit-offsets`, `commit`, `abort`.
    pub what: Text,
    /// When it was sent.
    pub called: Moment,
    /// When it was answered; none if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<Moment>,
    /// The error code; none with an answer is success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Text>,
    /// The node asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
}
