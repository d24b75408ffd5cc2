//! What keeps nodes from agreeing, and what could not be read of whom.

use serde::{Deserialize, Serialize};

use crate::history::NodeName;

/// What one node's answer lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacking {
    /// The node.
    pub node: NodeName,
    /// What is missing.
    pub lack: Lack,
    /// The topic, where it is about one partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<i32>,
    /// The leader's id that the node named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<i32>,
    /// The epoch that it named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<i32>,
}

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lack {
    /// It did not answer Metadata, or not lately.
    NoAnswer,
    /// It lists fewer partitions than there are.
    FewerPartitions,
    /// It names no leader of a partition.
    NoLeader,
    /// It names another leader or epoch than others do.
    OtherLeader,
}

/// Where a consumer stood in a partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stood {
    /// Topic name.
    pub topic: String,
    /// Partition index.
    pub partition: i32,
    /// The offset asked for.
    pub position: i64,
}
