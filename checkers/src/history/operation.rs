//! Operations: what a worker called, and how it came out.
//!
//! **Info.** A call that timed out, or whose connection was lost, may have happened, and may *still* happen: the
//! request can lie in a socket buffer and land after later ones. So it is never counted as failed, its interval never
//! ends, and its worker id is not used again. An operation is `info` if any of its records possibly persisted.
//!
//! **Size.** A history of a million operations lies in memory as a whole, so what almost every line has is small and
//! within the line, and what few lines have is behind a box.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::groups::{
    CommitOffsets, Committed, Deliver, Delivered, FetchOffsets, FindCoordinator, Found, Heartbeat,
    Heartbeats, Join, Joined, Leave, Left, OffsetsFetched, Sync, Synced,
};
use super::ids::{Offset, Text, WorkerId};
use super::offset_for_time::{OffsetForTime, OffsetForTimeSeen};
use super::raw_read::{RawRead, RawSeen};
use super::record::{Assigned, Isolation, Outcome, Record};
use super::sending::Sending;
use super::start_offset::{StartOffset, StartOffsetSeen};
use super::topics::{DeleteRecords, RecordsDeleted, TopicCall, TopicSeen};
use super::transaction::{InitProducer, ProducerSeen, Transaction, TransactionEnd};

/// A call by a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invocation {
    /// Who calls.
    pub worker: WorkerId,
    /// What is called.
    #[serde(flatten)]
    pub call: Call,
}

/// What can be called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(tag = "f", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Call {
    /// Append records to one partition. In the `append` workload this is one Produce request.
    Append(Append),
    /// Ask a consumer for what comes next.
    Poll(Poll),
    /// Ask for the offset after the last record.
    EndOffset(EndOffset),
    /// Read records at a position through one named node, by raw Fetch.
    Read(Box<Read>),
    /// Ask for the first record at or after a time, by raw ListOffsets.
    OffsetForTime(Box<OffsetForTime>),
    /// Ask one named node for the first offset that is kept, by raw ListOffsets.
    StartOffset(Box<StartOffset>),
    /// Create a topic, by a raw request to one named node.
    CreateTopic(Box<TopicCall>),
    /// Delete a topic, likewise.
    DeleteTopic(Box<TopicCall>),
    /// Raise a topic's number of partitions, likewise.
    GrowTopic(Box<TopicCall>),
    /// Ask one named node how many partitions a topic has.
    DescribeTopic(Box<TopicCall>),
    /// Ask for a partition's records below an offset to be removed (Kafka: DeleteRecords).
    DeleteRecords(Box<DeleteRecords>),
    /// Ask one node who coordinates a group or a transactional id.
    FindCoordinator(Box<FindCoordinator>),
    /// Join a group, or join it again.
    Join(Box<Join>),
    /// Get the assignment of a generation.
    Sync(Box<Sync>),
    /// A member's heartbeats: one line for the first, one for each that failed.
    Heartbeat(Box<Heartbeat>),
    /// Leave a group.
    Leave(Box<Leave>),
    /// Commit offsets for a group, outside of a transaction.
    CommitOffsets(Box<CommitOffsets>),
    /// Ask for the committed offsets of a group.
    FetchOffsets(Box<FetchOffsets>),
    /// A member's poll.
    Deliver(Box<Deliver>),
    /// Get a producer id and an epoch for a transactional id, which fences its former users.
    InitProducer(Box<InitProducer>),
    /// A transaction from its begin to its end.
    Transaction(Box<Transaction>),
    /// Read batches as they lie in a log, markers included, through one named node.
    RawRead(Box<RawRead>),
    /// A function that this version does not know.
    #[serde(other)]
    Unknown,
}

impl Call {
    /// The function's name, as in the field `f`.
    pub fn name(&self) -> &'static str {
        self.into()
    }

    /// The topic that is created, deleted or grown.
    pub fn changes_topic(&self) -> Option<&TopicCall> {
        self.of_topic()
            .filter(|_| !matches!(self, Call::DescribeTopic(_)))
    }

    /// The topic that is created, deleted, grown or described.
    pub fn of_topic(&self) -> Option<&TopicCall> {
        match self {
            Call::CreateTopic(call)
            | Call::DeleteTopic(call)
            | Call::GrowTopic(call)
            | Call::DescribeTopic(call) => Some(call),
            _ => None,
        }
    }
}

/// Append values, in this order, to one partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Append {
    /// Topic name.
    pub topic: Text,
    /// Partition index.
    pub partition: i32,
    /// The values, each unique in the run.
    pub values: Values,
    /// The acknowledgement asked for.
    #[serde(default)]
    pub acks: Acks,
    /// Whether the producer was idempotent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub idempotent: bool,
    /// How a pipelining producer sent it; none if its worker waits for each append.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sending: Option<Box<Sending>>,
}

/// The values of an append. Most have one, which then lies within its line.
pub type Values = SmallVec<[Text; 1]>;

/// What a producer waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Acks {
    /// Nothing.
    #[serde(rename = "0")]
    None,
    /// The leader.
    #[serde(rename = "1")]
    Leader,
    /// All in-sync replicas.
    #[default]
    #[serde(rename = "all")]
    All,
}

/// A consumer's poll. One that a worker calls right after an end offset, assigned to the offset before it, reads a
/// partition's last record (`linearizable-register`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Poll {
    /// What it was assigned and where it stood when it polled.
    pub assigned: Vec<Assigned>,
    /// The isolation level.
    #[serde(default)]
    pub isolation: Isolation,
    /// `final` for reads after the last heal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Text>,
}

/// Ask for the offset after the last record, by raw ListOffsets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndOffset {
    /// Topic name.
    pub topic: Text,
    /// Partition index.
    pub partition: i32,
    /// The isolation level.
    #[serde(default)]
    pub isolation: Isolation,
    /// The node asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
}

/// A raw Fetch through one node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Read {
    /// The node asked.
    pub node: Text,
    /// Topic name.
    pub topic: Text,
    /// Partition index.
    pub partition: i32,
    /// First offset wanted.
    pub position: Offset,
    /// `final` for reads after the last heal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Text>,
}

/// The end of a worker's last call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// Whose call ends.
    pub worker: WorkerId,
    /// Why it failed or is unknown, for the operation as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Text>,
    /// What came back.
    #[serde(flatten)]
    pub report: Report,
}

/// What came back from a call. Partial results are kept: a record of an `info` append may carry its offset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "f", rename_all = "kebab-case")]
pub enum Report {
    /// Of [`Call::Append`].
    Append(Appended),
    /// Of [`Call::Poll`].
    Poll(Polled),
    /// Of [`Call::EndOffset`].
    EndOffset(Box<EndOffsetSeen>),
    /// Of [`Call::Read`].
    Read(Box<ReadSeen>),
    /// Of [`Call::OffsetForTime`].
    OffsetForTime(Box<OffsetForTimeSeen>),
    /// Of [`Call::StartOffset`].
    StartOffset(StartOffsetSeen),
    /// Of [`Call::CreateTopic`]: the outcome is all there is.
    CreateTopic,
    /// Of [`Call::DeleteTopic`].
    DeleteTopic,
    /// Of [`Call::GrowTopic`].
    GrowTopic,
    /// Of [`Call::DescribeTopic`].
    DescribeTopic(TopicSeen),
    /// Of [`Call::DeleteRecords`].
    DeleteRecords(RecordsDeleted),
    /// Of [`Call::FindCoordinator`].
    FindCoordinator(Box<Found>),
    /// Of [`Call::Join`].
    Join(Box<Joined>),
    /// Of [`Call::Sync`].
    Sync(Box<Synced>),
    /// Of [`Call::Heartbeat`].
    Heartbeat(Box<Heartbeats>),
    /// Of [`Call::Leave`].
    Leave(Box<Left>),
    /// Of [`Call::CommitOffsets`].
    CommitOffsets(Box<Committed>),
    /// Of [`Call::FetchOffsets`].
    FetchOffsets(Box<OffsetsFetched>),
    /// Of [`Call::Deliver`].
    Deliver(Box<Delivered>),
    /// Of [`Call::InitProducer`].
    InitProducer(Box<ProducerSeen>),
    /// Of [`Call::Transaction`].
    Transaction(Box<TransactionEnd>),
    /// Of [`Call::RawRead`].
    RawRead(Box<RawSeen>),
    /// Of a function that this version does not know.
    #[serde(other)]
    Unknown,
}

/// One entry per value of the append, in its order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Appended {
    /// How each record came out.
    pub records: Vec<RecordOutcome>,
    /// The node that answered, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
}

/// How one record came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordOutcome {
    /// How it came out.
    pub outcome: Outcome,
    /// Its offset, if one was stated. -1 with outcome ok is a contradiction with acks other than 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<Offset>,
    /// The client's error code, e.g. `_MSG_TIMED_OUT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Text>,
    /// What librdkafka says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persisted: Option<Persisted>,
}

/// librdkafka's word on whether a record reached a log (`rd_kafka_message_status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Persisted {
    /// Never sent, or refused.
    Not,
    /// Sent, no usable answer.
    Possibly,
    /// Acknowledged.
    Surely,
}

/// What a poll returned, in the order in which it was returned. An empty poll is never an observation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Polled {
    /// The records.
    pub records: Vec<Record>,
}

/// An end offset.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EndOffsetSeen {
    /// The offset after the last record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<Offset>,
    /// The leader epoch that came with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<i32>,
    /// The node that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<Text>,
}

/// What a raw Fetch through one node returned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReadSeen {
    /// The records from the position on, in order.
    pub records: Vec<Record>,
    /// The offset after the last record returned: where to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Offset>,
    /// The node's high watermark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high_watermark: Option<Offset>,
    /// The first offset that the node keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_start_offset: Option<Offset>,
}
