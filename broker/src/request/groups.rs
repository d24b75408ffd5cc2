//! What handlers may ask the core about consumer groups, and what it answers: the values of one request each. Read on if you
//! add an API of groups or change who may be in one.
//!
//! A group is coordinated by the Raft leader. The words are Kafka's (KIP-62, KIP-345, KIP-394): a member joins, the group's
//! leader member assigns, everybody syncs.

use std::collections::BTreeMap;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;

/// One question about groups.
#[derive(Clone, Debug)]
pub enum GroupRequest {
    /// Become or stay a member. Answered by [`GroupResponse::Joined`], perhaps only when everybody has joined.
    Join(Join),
    /// Give or get the assignment of a generation. Answered by [`GroupResponse::Synced`].
    Sync {
        /// Who asks, and of which generation.
        member: MemberOf,
        /// What the leader member assigns, by member id; empty from all others.
        assignments: BTreeMap<String, Bytes>,
    },
    /// Say that a member lives. Answered by [`GroupResponse::Error`] or [`GroupResponse::Done`].
    Heartbeat(MemberOf),
    /// Take members out. Answered by [`GroupResponse::Left`].
    Leave {
        /// The group.
        group: String,
        /// Member ids, each with its instance id; an empty member id stands for whoever has the instance id.
        members: Vec<(String, Option<String>)>,
    },
    /// Commit offsets. Answered by [`GroupResponse::Partitions`].
    Commit {
        /// Who commits. Generation -1 and no member id: somebody who is not a member.
        member: MemberOf,
        /// What, in the order of the answer.
        offsets: Vec<OffsetToCommit>,
    },
    /// Read committed offsets. Answered by [`GroupResponse::Offsets`].
    Fetch {
        /// The group.
        group: String,
        /// Topic and partition, in the order of the answer; None for all that were committed.
        partitions: Option<Vec<(String, i32)>>,
    },
    /// Forget committed offsets. Answered by [`GroupResponse::Partitions`].
    DeleteOffsets {
        /// The group.
        group: String,
        /// Topic and partition, in the order of the answer.
        partitions: Vec<(String, i32)>,
    },
    /// Describe a group. Answered by [`GroupResponse::Described`].
    Describe(String),
    /// List all groups. Answered by [`GroupResponse::Listed`].
    List,
    /// Delete an empty group. Answered by [`GroupResponse::Error`] or [`GroupResponse::Done`].
    Delete(String),
}

/// A member's request names itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberOf {
    /// The group.
    pub group: String,
    /// Its generation as the member knows it; -1 for none.
    pub generation: i32,
    /// The member's id; empty for none.
    pub member: String,
    /// The static member's id (KIP-345).
    pub instance: Option<String>,
}

/// A JoinGroup.
#[derive(Clone, Debug)]
pub struct Join {
    /// The group.
    pub group: String,
    /// The member's id; empty at first.
    pub member: String,
    /// The static member's id (KIP-345).
    pub instance: Option<String>,
    /// What the client calls itself.
    pub client_id: String,
    /// Where it comes from.
    pub client_host: String,
    /// How long it may be silent, in ms.
    pub session_timeout_ms: i32,
    /// How long it may take to join again, in ms.
    pub rebalance_timeout_ms: i32,
    /// "consumer" for consumers.
    pub protocol_type: String,
    /// Assignors by preference, each with what the member tells the others.
    pub protocols: Vec<(String, Bytes)>,
    /// From version 4 on: a member without an id is given one and told to come again (KIP-394).
    pub id_required: bool,
}

/// One offset to commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetToCommit {
    /// Topic name.
    pub topic: String,
    /// Partition index.
    pub partition: i32,
    /// The offset, and what belongs to it.
    pub committed: CommittedOffset,
}

/// A committed offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next offset to read.
    pub offset: i64,
    /// Leader epoch of the record before; -1 for unknown.
    pub leader_epoch: i32,
    /// What the client wrote beside it.
    pub metadata: String,
}

/// The one answer to a [`GroupRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupResponse {
    /// Done.
    Done,
    /// Refused, or perhaps done: which of them, the error says.
    Error(ResponseError),
    /// A JoinGroup.
    Joined(Joined),
    /// A JoinGroup without a member id: the id to come again with (MEMBER_ID_REQUIRED).
    MemberIdRequired(String),
    /// A SyncGroup: the member's assignment.
    Synced(Bytes),
    /// A LeaveGroup: for each member named, whether it was one.
    Left(Vec<Result<(), ResponseError>>),
    /// For each partition named, whether it was done.
    Partitions(Vec<Result<(), ResponseError>>),
    /// Committed offsets.
    Offsets(Vec<FetchedOffset>),
    /// A group as it is.
    Described(Box<DescribedGroup>),
    /// All groups: id, protocol type, state.
    Listed(Vec<(String, String, GroupState)>),
}

/// A generation as one of its members learns of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Its number.
    pub generation: i32,
    /// The assignor that all have.
    pub protocol: String,
    /// The protocol's type.
    pub protocol_type: String,
    /// Id of the member that assigns.
    pub leader: String,
    /// The member's own id.
    pub member: String,
    /// All members, for the leader: id, instance id, metadata of the assignor. Empty for all others.
    pub members: Vec<(String, Option<String>, Bytes)>,
}

/// A committed offset that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedOffset {
    /// Topic name.
    pub topic: String,
    /// Partition index.
    pub partition: i32,
    /// The offset; None if none was committed.
    pub committed: Option<CommittedOffset>,
    /// Whether an open transaction may yet commit another one.
    pub is_staged: bool,
}

/// Where a group stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
pub enum GroupState {
    /// Has no members.
    Empty,
    /// Waits for its members to join.
    PreparingRebalance,
    /// Waits for the leader member's assignment.
    CompletingRebalance,
    /// Everybody knows its assignment.
    Stable,
    /// Is not there.
    Dead,
}

/// A group as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedGroup {
    /// Where it stands.
    pub state: GroupState,
    /// "consumer" for consumers; empty if it never had a member.
    pub protocol_type: String,
    /// The assignor; empty while none is chosen.
    pub protocol: String,
    /// Its members.
    pub members: Vec<DescribedMember>,
}

/// A member as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedMember {
    /// Member id.
    pub id: String,
    /// The static member's id.
    pub instance: Option<String>,
    /// What the client calls itself.
    pub client_id: String,
    /// Where it comes from.
    pub client_host: String,
    /// What it tells the others, under the chosen assignor.
    pub metadata: Bytes,
    /// What it was assigned.
    pub assignment: Bytes,
}
