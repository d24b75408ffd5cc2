//! The record of a fault: that it began, took effect, and was healed. Not the fault itself (that is `nemesis`),
//! so that a new fault does not touch this crate.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::{Moment, NodeName};

/// A one-way link: from, to. Either end may be `clients`, the harness's own side.
pub type Link = (NodeName, NodeName);

/// One step in the life of a fault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FaultEvent {
    /// Names the window: `k7`.
    pub id: String,
    /// When the call that made the step began. An effect between `called` and the line's time is not unprovoked.
    pub called: Moment,
    /// The fault's name in the catalogue: `isolate`, `pause`, `kill`, ...
    pub kind: String,
    /// Which step.
    pub phase: FaultPhase,
    /// The nodes it was aimed at.
    pub targets: Vec<NodeName>,
    /// The one-way links that it cuts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// The one-way links that carry, but worse than usual: slow, lossy, narrow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disturbed: Vec<Link>,
    /// What it does to the disks of its targets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<DiskTrouble>,
    /// The role by which the targets were chosen: `leader`, `follower`, ...
    #[serde(skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// Whether the target still had its role when the fault took effect.
    pub role_held: bool,
    /// Whether the fault affects the leader: the leader, when it began, was paused, killed, or cut from every other
    /// node in some direction, or its links to them were disturbed. Where partitions and the quorum have leaders of their own (Apache Kafka), any of them
    /// counts, and a partition's leader also when it was cut from the quorum's.
    pub affects_leader: bool,
    /// What was seen of it: counters, probe datagrams, process states; or why it was skipped or failed.
    pub evidence: String,
    /// What was counted of it: for `begun` by the probe that saw it, for `healed` since then.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub counters: BTreeMap<String, u64>,
    /// The least and the most that it has added to the wall clocks of its targets up to this step, in ms. None if it
    /// moves no clocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skew_ms: Option<(i64, i64)>,
    /// Whether its targets start again with nothing on their disks.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub wiped: bool,
}

/// What disks do wrong, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskTrouble {
    /// What it is.
    pub fault: DiskFault,
    /// How much later each sync begins, in milliseconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub delay_ms: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What a disk does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiskFault {
    /// Syncs begin later. The node runs on.
    SlowSync,
    /// Syncs fail. The node may end, and is then started again at the heal.
    FailingSync,
    /// Syncs are answered and not executed. The node runs on and sees nothing.
    LyingSync,
    /// Writes fail, also for lack of space. The node may end, and is then started again at the heal.
    FailingWrite,
    /// The node is killed, and what it had not synced is gone when it starts again.
    PowerLoss,
    /// What is read has flipped bits. The node may end, and is then started again at the heal.
    BitRot,
    /// Something that this version does not know.
    #[serde(other)]
    Unknown,
}

/// The steps of a fault. A window lasts from `begun` to `healed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FaultPhase {
    /// It took effect, by evidence.
    Begun,
    /// It is gone, by evidence.
    Healed,
    /// Not begun, because its role could not be resolved (no leader for 5 s). Not counted.
    Skipped,
    /// Begun, but no effect was seen: an error of the run.
    Failed,
    /// A step that this version does not know.
    #[serde(other)]
    #[default]
    Unknown,
}
