//! The question for the first offset that a partition keeps, and its answer.

use serde::{Deserialize, Serialize};

use super::ids::{Offset, Text};

/// Ask one node for the first offset that a partition keeps, by raw ListOffsets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartOffset {
    /// The node asked.
    pub node: Text,
    /// Topic name.
    pub topic: Text,
    /// Partition index.
    pub partition: i32,
    /// `final` for questions after the last heal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Text>,
}

/// The answer to [`StartOffset`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartOffsetSeen {
    /// The first offset that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<Offset>,
}
