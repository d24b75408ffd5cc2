//! Batches as they lie in a log: who wrote each record, markers included. A broker filters nothing by isolation: it
//! returns what lies below the last stable offset, and a list by which the client drops what was aborted.

use serde::{Deserialize, Serialize};

use super::ids::{Offset, Text};
use super::record::Isolation;
use super::transaction::Ending;

/// Read through one node, by raw Fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawRead {
    /// The node asked.
    pub node: Text,
    /// Topic name.
    pub topic: Text,
    /// Partition index.
    pub partition: i32,
    /// First offset wanted.
    pub position: Offset,
    /// The isolation level.
    #[serde(default)]
    pub isolation: Isolation,
    /// `final` for reads after the last heal, when every transaction has ended or timed out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Text>,
}

/// The answer to [`RawRead`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RawSeen {
    /// The records from the position on, markers included, in order.
    pub records: Vec<RawRecord>,
    /// The offset after the last one: where to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Offset>,
    /// The node's high watermark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high_watermark: Option<Offset>,
    /// The node's last stable offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_stable_offset: Option<Offset>,
    /// The first offset that the node keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_start_offset: Option<Offset>,
    /// Aborted transactions, if the answer lists them: it does for `read_committed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aborted: Option<Vec<Aborted>>,
}

/// A record or a marker: offset, value, producer id, epoch, whether it is of a transaction, and the outcome if it is a
/// marker. A marker has no value; -1 states nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawRecord(
    pub Offset,
    pub Option<Text>,
    pub i64,
    pub i32,
    pub bool,
    pub Option<Ending>,
);

impl RawRecord {
    /// Its offset.
    pub fn offset(&self) -> Offset {
        self.0
    }
    /// Its value; none of a marker.
    pub fn value(&self) -> Option<&str> {
        self.1.as_deref()
    }
    /// The producer id.
    pub fn producer_id(&self) -> i64 {
        self.2
    }
    /// The producer's epoch.
    pub fn epoch(&self) -> i32 {
        self.3
    }
    /// Whether it is of a transaction.
    pub fn transactional(&self) -> bool {
        self.4
    }
    /// The outcome that it marks.
    pub fn marker(&self) -> Option<Ending> {
        self.5
    }
}

/// An aborted transaction: producer id, first offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Aborted(pub i64, pub Offset);
