//! Requests about topics and about the begin of a partition, with their answers.

use serde::{Deserialize, Serialize};

use super::ids::{Offset, Text};

/// A request about one topic to one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicCall {
    /// The node asked.
    pub node: Text,
    /// Topic name.
    pub topic: Text,
    /// The number of partitions to create it with, or to grow it to; none for the other calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partitions: Option<i32>,
    /// `final` for questions after the last heal, asked of every node about every topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Text>,
}

/// Remove records below an offset, by a raw request to one node. Its call explains a log start up to that offset,
/// whatever comes of it: a request without an answer may still take effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteRecords {
    /// The node asked, if it was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
    /// Topic name.
    pub topic: Text,
    /// Partition index.
    pub partition: i32,
    /// The first offset to keep.
    pub offset: Offset,
}

/// A topic as one node describes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TopicSeen {
    /// Its number of partitions; none if the node knows no topic of that name.
    pub partitions: Option<i32>,
}

/// What a DeleteRecords was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordsDeleted {
    /// The first offset that is kept from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low_watermark: Option<Offset>,
}
