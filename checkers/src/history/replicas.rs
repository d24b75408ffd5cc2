//! What a Metadata answer says of where a partition is: its replicas, and those of them that are in sync.

use serde::{Deserialize, Serialize};

use super::ids::Text;

/// Topic, partition, leader id, ids of the replicas, ids of those in sync. A leader of -1 states none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaClaim(pub Text, pub i32, pub i32, pub Vec<i32>, pub Vec<i32>);

impl ReplicaClaim {
    /// Topic name.
    pub fn topic(&self) -> &str {
        &self.0
    }

    /// Partition index.
    pub fn partition(&self) -> i32 {
        self.1
    }

    /// Ids of the replicas.
    pub fn replicas(&self) -> &[i32] {
        &self.3
    }

    /// Ids of the replicas that are in sync.
    pub fn in_sync(&self) -> &[i32] {
        &self.4
    }
}

/// Name and id of a topic (KIP-516). A topic that is made anew has another id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicIdentity(pub Text, pub Text);
