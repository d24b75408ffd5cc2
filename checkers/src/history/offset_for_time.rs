//! The question for the first record at or after a time, and its answer.

use serde::{Deserialize, Serialize};

use super::ids::{Offset, Text};

/// Ask for the first record whose timestamp is not below a time, or for the record with the greatest timestamp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffsetForTime {
    /// Topic name.
    pub topic: Text,
    /// Partition index.
    pub partition: i32,
    /// The time in ms, as records have it; [`OffsetForTime::GREATEST`] asks for the greatest timestamp.
    pub timestamp: i64,
    /// The node asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
}

impl OffsetForTime {
    /// Kafka's word for the record with the greatest timestamp (KIP-734).
    pub const GREATEST: i64 = -3;
}

/// The answer to [`OffsetForTime`]: both are none if the node names no record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OffsetForTimeSeen {
    /// The record's offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<Offset>,
    /// Its timestamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<i64>,
}
