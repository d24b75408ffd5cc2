//! The seam between the Kafka side and the core: what a request handler may ask, and what it is answered.
//!
//! Handlers and core share no lock and no memory, only these values: a handler sends a [`Request`] under
//! an id that is never used twice, and the core sends exactly one [`Response`] for it, at the latest when
//! the request's deadline has passed. Read on if you add a Kafka API or change what the core may answer.

pub mod groups;
mod refusal;
pub mod transactions;

pub use refusal::FetchRefusal;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use crate::disk::ReadAt;
use transactions::{
    ProduceTransaction, ProducerEpoch, ProducerView, TransactionRefusal, TransactionRequest,
    TransactionView,
};

/// Time since the start of the process, on the monotonic clock. The core has no other clock.
pub type Time = Duration;

/// Names one request for the life of the process. Never used twice (etcd #20418: a re-used read id matched
/// an older answer).
pub type RequestId = u64;

/// A node's id as Kafka shows it (1, 2, 3); also its Raft id.
pub type NodeId = u64;

/// One question to the core.
#[derive(Debug)]
pub enum Request {
    /// Append record batches. Answered by [`Response::Produce`].
    Produce {
        /// One item per partition, answered in the same order.
        partitions: Vec<ProducePartition>,
        /// What has to have happened before the answer.
        acks: Acks,
        /// When the answer becomes REQUEST_TIMED_OUT for whatever was appended and is not committed yet.
        deadline: Time,
        /// The transaction that the request names.
        transaction: Option<ProduceTransaction>,
    },
    /// Find record batches, waiting for them if need be. Answered by [`Response::Fetch`].
    Fetch {
        /// One item per partition, answered in the same order.
        partitions: Vec<FetchPartition>,
        /// Answer as soon as this many bytes are there (or any partition has an error).
        min_bytes: usize,
        /// At most about this many bytes; the first batch found is returned even if it is larger.
        max_bytes: usize,
        /// When to answer with what there is.
        deadline: Time,
        /// True for Fetch v11 or later: a follower may serve up to its own applied index (KIP-392).
        follower_may_serve: bool,
        /// Only what belongs to no open transaction, and with it which transactions were aborted.
        read_committed: bool,
    },
    /// Offsets of a partition, linearizable on the leader. Answered by [`Response::ListOffsets`].
    ListOffsets {
        /// One item per partition, answered in the same order.
        partitions: Vec<ListOffsetsPartition>,
        /// When unanswered reads become REQUEST_TIMED_OUT.
        deadline: Time,
        /// Only what belongs to no open transaction.
        read_committed: bool,
    },
    /// Where each asked leader epoch ended. Answered by [`Response::EpochEnds`].
    EpochEnds {
        /// One item per partition, answered in the same order.
        partitions: Vec<EpochEndPartition>,
    },
    /// A producer id that was never handed out before. Answered by [`Response::ProducerId`].
    InitProducerId {
        /// When the answer becomes REQUEST_TIMED_OUT.
        deadline: Time,
    },
    /// Something for the transaction coordinator, which is the leader. Answered by [`Response::Transaction`].
    Transaction {
        /// What is asked.
        request: TransactionRequest,
        /// When the answer becomes one that means "perhaps".
        deadline: Time,
    },
    /// These transactional ids, or all; those that are not known are left out. Answered by [`Response::Transactions`].
    Transactions {
        /// The ids; none for all.
        ids: Option<Vec<String>>,
        /// When the answer becomes a refusal.
        deadline: Time,
    },
    /// The producers of partitions, by topic name. Answered by [`Response::Producers`].
    Producers {
        /// Topic names and partition indexes.
        partitions: Vec<(String, i32)>,
        /// When the answer becomes a refusal.
        deadline: Time,
    },
    /// A change of topics; only the leader takes it. Answered by [`Response::Admin`].
    Admin {
        /// The change.
        change: AdminChange,
        /// When the answer becomes REQUEST_TIMED_OUT, outcome unknown.
        deadline: Time,
    },
    /// Remove records; only the leader takes it. Answered by [`Response::Deleted`].
    DeleteRecords {
        /// Topic name.
        topic: String,
        /// Partition index.
        partition: i32,
        /// First offset to keep; -1 for the high watermark.
        offset: i64,
        /// When the answer becomes REQUEST_TIMED_OUT, outcome unknown.
        deadline: Time,
    },
    /// A question about consumer groups; only the leader takes it. Answered by [`Response::Group`].
    Group {
        /// The question.
        request: groups::GroupRequest,
        /// When the answer becomes REQUEST_TIMED_OUT or NOT_COORDINATOR. JoinGroup and SyncGroup wait for other members
        /// and have none.
        deadline: Time,
    },
    /// This node's own idea of the cluster, from its own applied state. Answered by [`Response::View`].
    View,
    /// The state of the quorum, for DescribeQuorum. Answered by [`Response::Quorum`].
    Quorum,
}

/// How far an append must have come before it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// acks 0 and 1: appended to the leader's own log **and synced there** (this broker never answers from memory).
    Leader,
    /// acks all: committed by a majority of synced logs, and applied.
    All,
}

/// One batch for one partition.
#[derive(Debug)]
pub struct ProducePartition {
    /// Topic name.
    pub topic: String,
    /// Partition index.
    pub partition: i32,
    /// Exactly one v2 record batch, already validated by [`crate::record_batch`].
    pub batch: Bytes,
}

/// One partition of a fetch.
#[derive(Debug)]
pub struct FetchPartition {
    /// Topic name.
    pub topic: String,
    /// Partition index.
    pub partition: i32,
    /// First offset wanted.
    pub offset: i64,
    /// The client's leader epoch; -1 states nothing.
    pub current_leader_epoch: i32,
    /// At most about this many bytes from this partition.
    pub max_bytes: usize,
}

/// One partition of a ListOffsets request.
#[derive(Debug)]
pub struct ListOffsetsPartition {
    /// Topic name.
    pub topic: String,
    /// Partition index.
    pub partition: i32,
    /// The client's leader epoch; -1 states nothing.
    pub current_leader_epoch: i32,
    /// -1 latest, -2 earliest, -3 offset of the largest timestamp, else the first offset at or after this time (ms).
    pub timestamp: i64,
}

/// One partition of an OffsetForLeaderEpoch request.
#[derive(Debug)]
pub struct EpochEndPartition {
    /// Topic name.
    pub topic: String,
    /// Partition index.
    pub partition: i32,
    /// The client's leader epoch; -1 states nothing.
    pub current_leader_epoch: i32,
    /// The epoch whose end is asked.
    pub epoch: i32,
}

/// A change of topics. Travels as a Raft entry, so it says everything that is random beforehand (the topic's id).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminChange {
    /// Create a topic; fails with TOPIC_ALREADY_EXISTS if the name is taken.
    CreateTopic {
        /// Topic name, already checked for legal characters.
        name: String,
        /// The id it will carry, drawn by the node that received the request.
        id: Uuid,
        /// Number of partitions, at least 1.
        partitions: i32,
        /// Topic settings that were given, sorted by name; stored and shown, not all of them acted on.
        settings: Vec<(String, String)>,
    },
    /// Delete a topic and its records.
    DeleteTopic {
        /// Topic name.
        name: String,
    },
    /// Grow a topic to this many partitions.
    GrowTopic {
        /// Topic name.
        name: String,
        /// The new total; must exceed the present number.
        partitions: i32,
    },
}

/// Bounds on the topics of a cluster. They travel with each change, because all nodes must decide alike whatever their
/// own configuration says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicLimits {
    /// Most topics.
    pub topics: u32,
    /// Most partitions, all topics together.
    pub partitions: u32,
}

impl TopicLimits {
    /// No bounds: what entries mean that were written before there were any.
    pub const NONE: TopicLimits = TopicLimits {
        topics: u32::MAX,
        partitions: u32::MAX,
    };
}

/// The one answer to a [`Request`].
#[derive(Debug)]
pub enum Response {
    /// One outcome per partition asked.
    Produce(Vec<Result<Appended, ResponseError>>),
    /// One outcome per partition asked.
    Fetch(Vec<Result<Fetched, FetchRefusal>>),
    /// One outcome per partition asked.
    ListOffsets(Vec<Result<ListedOffset, ResponseError>>),
    /// One outcome per partition asked; an undefined epoch is -1 with end offset -1.
    EpochEnds(Vec<Result<EpochEnd, ResponseError>>),
    /// A fresh producer id (its epoch is 0).
    ProducerId(Result<i64, AdminError>),
    /// The producer from now on, or why nothing was done, or perhaps done.
    Transaction(Result<ProducerEpoch, TransactionRefusal>),
    /// Transactional ids, in their order.
    Transactions(Result<Vec<TransactionView>, ResponseError>),
    /// One outcome per partition asked.
    Producers(Vec<Result<Vec<ProducerView>, ResponseError>>),
    /// Done and applied here, or why not.
    Admin(Result<(), AdminError>),
    /// The first offset that is kept, or why nothing was deleted.
    Deleted(Result<i64, ResponseError>),
    /// What was asked about groups.
    Group(groups::GroupResponse),
    /// This node's idea of the cluster.
    View(Arc<View>),
    /// The quorum as this node knows it.
    Quorum(QuorumView),
}

/// Why a change or a producer id was not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminError {
    /// Not the leader: not applied, forward it there (or retry later where no leader is known).
    NotLeader(Option<NodeId>),
    /// A clear refusal, or REQUEST_TIMED_OUT when it may yet be applied.
    Refused(ResponseError),
}

/// A batch that was appended as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Offset of the batch's first record; for a duplicate of an idempotent batch, the original one.
    pub base_offset: i64,
    /// First offset still kept in the partition.
    pub log_start_offset: i64,
}

/// What one partition of a fetch yielded.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Offset after the last record that this node has applied.
    pub high_watermark: i64,
    /// Offset before which no transaction is open.
    pub last_stable_offset: i64,
    /// First offset still kept.
    pub log_start_offset: i64,
    /// Producer id and first offset of each aborted transaction that the batches overlap. Empty unless asked for what is
    /// committed.
    pub aborted: Vec<(i64, i64)>,
    /// Where the batches lie, in order; the handler reads them. Each is one whole v2 batch.
    pub batches: Vec<Extent>,
}

/// Bytes in a segment file. Holding it keeps the file readable even after the segment was removed.
#[derive(Clone, Debug)]
pub struct Extent {
    /// The open segment; read with `read_exact_at`.
    pub file: Arc<dyn ReadAt>,
    /// Where the bytes begin.
    pub position: u64,
    /// How many bytes.
    pub length: usize,
}

/// An offset that is listed.
#[derive(Clone, Debug)]
pub struct ListedOffset {
    /// The offset; -1 if none matches. Of a record that is found by its time, the first one that may be it.
    pub offset: i64,
    /// Its timestamp in ms; -1 for the latest and earliest offsets.
    pub timestamp: i64,
    /// The leader epoch: of the record, or the present one for the latest offset.
    pub leader_epoch: i32,
    /// The batch that holds the record, if it is found by its time: the first in it with at least `timestamp`. The core
    /// does not open batches; the handler does.
    pub batch: Option<Extent>,
    /// The answer if no record of that batch is one. A batch whose first records were deleted may have lost all that its
    /// header speaks of.
    pub otherwise: Option<Box<ListedOffset>>,
    /// Whether the record with the largest timestamp of the batch is asked for, instead of the first one.
    pub largest: bool,
}

/// Where a leader epoch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEnd {
    /// The largest epoch at or below the asked one, or -1.
    pub epoch: i32,
    /// The offset after its last record, or -1.
    pub end_offset: i64,
}

/// A node's idea of the cluster. Immutable; a new one is made when topics or leadership change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The leader that this node follows or is; None while it knows none.
    pub leader: Option<NodeId>,
    /// The leader that clients are shown: `leader`, or else the last known one of the same term, unless that was this node.
    /// A follower that is cut off would otherwise take its clients away from a leader that they can still reach.
    pub named_leader: Option<NodeId>,
    /// Leader epoch of every partition: the Raft term of `leader`, or the last known one. Never goes back.
    pub leader_epoch: i32,
    /// Topics by name.
    pub topics: std::collections::BTreeMap<String, TopicView>,
}

/// A topic as Metadata shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicView {
    /// The topic's id.
    pub id: Uuid,
    /// Number of partitions.
    pub partitions: i32,
    /// Settings given at creation.
    pub settings: Vec<(String, String)>,
}

/// The quorum as one node knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumView {
    /// The leader, if known.
    pub leader: Option<NodeId>,
    /// This node's Raft term.
    pub term: u64,
    /// Commit index, shown as high watermark.
    pub commit: u64,
    /// Every voter and the last log index known of it (-1 where this node does not lead).
    pub voters: Vec<(NodeId, i64)>,
}
