//! What a member is to be.

use rdkafka::ClientConfig;
use serde::{Deserialize, Serialize};

use crate::kafka::clients::consumer as plain;

/// How many heartbeats a member sends in a session.
const BEATS_PER_SESSION: u64 = 6;

/// What a member is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// `host:port,host:port,...`
    pub bootstrap: String,
    /// Its group.
    pub group: String,
    /// What it subscribes to.
    pub topics: Vec<String>,
    /// Its static id, if it has one.
    pub instance: Option<String>,
    /// Its session time-out.
    pub session_ms: u64,
    /// Within which it joins again, and polls.
    pub rebalance_ms: u64,
    /// librdkafka's name of the assignor: `range`, `cooperative-sticky`.
    pub assignor: String,
    /// The time between two commits.
    pub commit_ms: u64,
    /// Begins its tokens; no two members of a run have the same.
    pub name: String,
    /// Further librdkafka properties.
    pub properties: Vec<(String, String)>,
}

impl Task {
    pub(super) fn settings(&self) -> ClientConfig {
        let mut config = plain(&self.bootstrap, &self.properties);
        let beat_ms = self.session_ms / BEATS_PER_SESSION;
        config
            .set("group.id", &self.group)
            .set("session.timeout.ms", self.session_ms.to_string())
            .set("heartbeat.interval.ms", beat_ms.to_string())
            .set("max.poll.interval.ms", self.rebalance_ms.to_string())
            .set("partition.assignment.strategy", &self.assignor)
            // Stable offsets are asked for only by readers of what is committed.
            .set("isolation.level", "read_committed");
        if let Some(instance) = &self.instance {
            config.set("group.instance.id", instance);
        }
        config
    }
}
