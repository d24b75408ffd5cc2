//! What members of a consumer group ask and are answered, and how committed offsets are asked for.
//!
//! Who recorded a line need not know the group from inside: a client library tells no generations, and then they are
//! -1 and judged by nothing. Where one does, its requests are told when their answers are noticed (`library`).
//! A *token* is a text that is committed beside an offset (Kafka: its metadata), unique in the
//! run: by it a commit is recognised when its offset is fetched, although many commits may have the same offset.

use serde::{Deserialize, Serialize};

use super::ids::{Moment, Offset, Text};
use super::record::{Assigned, Isolation, Outcome, Record};

/// A partition: topic, index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Partition(pub Text, pub i32);

impl Partition {
    /// Topic name.
    pub fn topic(&self) -> &str {
        &self.0
    }
    /// Partition index.
    pub fn index(&self) -> i32 {
        self.1
    }
}

/// What a coordinator coordinates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Coordinated {
    /// A consumer group.
    #[default]
    Group,
    /// A transactional id.
    Transaction,
}

/// Ask one node who coordinates a group or a transactional id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindCoordinator {
    /// The node asked.
    pub node: Text,
    /// Which of the two `key` is.
    #[serde(default)]
    pub of: Coordinated,
    /// The group, or the transactional id.
    pub key: Text,
}

/// The answer to [`FindCoordinator`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Found {
    /// The node that was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coordinator: Option<Text>,
}

/// Join a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// The group.
    pub group: Text,
    /// The member id sent; empty for a new member.
    #[serde(default)]
    pub member: Text,
    /// The instance id of a static member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<Text>,
    /// The topics subscribed to.
    #[serde(default)]
    pub topics: Vec<Text>,
    /// Why it joins: `new`, `rebalance`, `evicted`, `subscription`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// The node asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
    /// Whether a client library sent it, which says neither when exactly nor how often.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub library: bool,
}

/// The answer to [`Join`]. One that only gives a member id (`MEMBER_ID_REQUIRED`) is a failure that carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Joined {
    /// The generation; -1 states none.
    pub generation: i32,
    /// The member id.
    pub member: Text,
    /// The member id of the leader.
    pub leader: Text,
    /// The protocol chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Text>,
    /// The members, in the leader's answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<GroupMember>,
}

impl Default for Joined {
    fn default() -> Self {
        Joined {
            generation: -1,
            member: Text::default(),
            leader: Text::default(),
            protocol: None,
            members: Vec::new(),
        }
    }
}

/// A member of a group, as the leader is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMember {
    /// Its id.
    pub member: Text,
    /// Its instance id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<Text>,
    /// The topics that it subscribed to.
    #[serde(default)]
    pub topics: Vec<Text>,
}

/// Get the assignment of a generation. The leader sends it for all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sync {
    /// The group.
    pub group: Text,
    /// The generation.
    pub generation: i32,
    /// The member id.
    pub member: Text,
    /// What the leader assigns to each member.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignments: Vec<MemberAssignment>,
    /// The node asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
    /// Whether a client library sent it, which says neither when exactly nor how often.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub library: bool,
}

/// What a leader assigns to one member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberAssignment {
    /// The member id.
    pub member: Text,
    /// Its partitions.
    pub partitions: Vec<Partition>,
}

/// The answer to [`Sync`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Synced {
    /// The member's own partitions.
    pub partitions: Vec<Partition>,
}

/// A member's heartbeat. The first that is answered ok in a generation and each that is not are recorded, the others
/// counted in the next line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The group.
    pub group: Text,
    /// The generation.
    pub generation: i32,
    /// The member id.
    pub member: Text,
    /// The node asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
}

/// The answer to [`Heartbeat`], and what was not recorded before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heartbeats {
    /// Heartbeats that were answered ok since the line before, and have no line of their own.
    #[serde(skip_serializing_if = "is_zero")]
    pub ok_before: u64,
    /// When the last of those was called. The member's session began again at that time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_ok: Option<Moment>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Leave a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// The group.
    pub group: Text,
    /// The members that leave. An administrator removes others than itself.
    pub members: Vec<Text>,
    /// The node asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
}

/// The answer to [`Leave`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Left {
    /// The errors, in the order of the members; an empty text is none. Empty if all left.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Text>,
}

/// An offset that is committed, plainly or within a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommittedOffset {
    /// Topic name.
    pub topic: Text,
    /// Partition index.
    pub partition: i32,
    /// The next offset to read.
    pub offset: Offset,
    /// The token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Text>,
}

/// Commit offsets for a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitOffsets {
    /// The group.
    pub group: Text,
    /// The generation; -1 outside of a membership, or if it is not known.
    #[serde(default = "unknown")]
    pub generation: i32,
    /// The member id; empty outside of a membership.
    #[serde(default)]
    pub member: Text,
    /// What is committed.
    pub offsets: Vec<CommittedOffset>,
    /// The node asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
    /// Whether a client library sent it, which says neither when exactly nor how often. A library may send a commit again while
    /// its first copy is still under way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub library: bool,
}

fn unknown() -> i32 {
    -1
}

/// The answer to [`CommitOffsets`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Committed {
    /// How each offset came out, in their order. Empty: all as the operation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offsets: Vec<CommitOutcome>,
}

/// How the commit of one partition's offset came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitOutcome {
    /// How it came out.
    pub outcome: Outcome,
    /// The error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Text>,
}

/// Ask for the committed offsets of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchOffsets {
    /// The group.
    pub group: Text,
    /// The partitions.
    pub partitions: Vec<Partition>,
    /// Whether offsets of open transactions are to be waited for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_stable: bool,
    /// The member that asks, before it reads what it was assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Text>,
    /// The node asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
    /// `final` for questions after the last heal, when nobody commits any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Text>,
}

/// The answer to [`FetchOffsets`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OffsetsFetched {
    /// One for each partition that was answered.
    pub offsets: Vec<FetchedOffset>,
}

/// The committed offset of one partition, as it was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchedOffset {
    /// Topic name.
    pub topic: Text,
    /// Partition index.
    pub partition: i32,
    /// The offset; -1 if none is committed.
    pub offset: Offset,
    /// The token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Text>,
    /// The error code; with one, offset and token say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Text>,
}

/// A member's poll. It is not judged by the checks of consumers that were assigned: a rebalance moves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deliver {
    /// The group.
    pub group: Text,
    /// The member id under whose assignment it reads.
    #[serde(default)]
    pub member: Text,
    /// The generation of that assignment; -1 if it is not known.
    #[serde(default = "unknown")]
    pub generation: i32,
    /// What it was assigned and where it stood.
    #[serde(default)]
    pub assigned: Vec<Assigned>,
    /// The isolation level.
    #[serde(default)]
    pub isolation: Isolation,
}

/// What [`Deliver`] returned, in the order in which it was returned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Delivered {
    /// The records.
    pub records: Vec<Record>,
}
