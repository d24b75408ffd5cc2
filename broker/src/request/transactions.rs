//! What a handler asks the core about transactions, and what it is answered. Plain values. Read on if you add a request
//! about transactions; how the coordinator decides is in `core/transactions.rs`.

use kafka_protocol::error::ResponseError;

use super::groups::{MemberOf, OffsetToCommit};

/// A producer id with its epoch. Of one id, only the largest epoch may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProducerEpoch {
    /// Producer id.
    pub id: i64,
    /// Its epoch.
    pub epoch: i16,
}

/// One request to the transaction coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRequest {
    /// The transactional id.
    pub id: String,
    /// Wall-clock time in ms at the node that took the request, for what clients are shown. Nothing is decided by it.
    pub stamp_ms: i64,
    /// What is to happen.
    pub step: TransactionStep,
}

/// What is to happen to a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionStep {
    /// InitProducerId: abort what is open and give the producer a new epoch.
    Init {
        /// After this time an open transaction is aborted.
        timeout_ms: i32,
        /// The identity that the producer has, if it asks for the next epoch of it (KIP-360).
        named: Option<ProducerEpoch>,
    },
    /// AddPartitionsToTxn.
    AddPartitions {
        /// The producer.
        producer: ProducerEpoch,
        /// Topic names and partition indexes.
        partitions: Vec<(String, i32)>,
    },
    /// AddOffsetsToTxn.
    AddGroup {
        /// The producer.
        producer: ProducerEpoch,
        /// The consumer group.
        group: String,
    },
    /// TxnOffsetCommit: offsets that are committed with the transaction.
    StageOffsets {
        /// The producer.
        producer: ProducerEpoch,
        /// Who commits.
        member: MemberOf,
        /// What.
        offsets: Vec<OffsetToCommit>,
        /// Whether the group is added to the transaction by this request (transactions V2, KIP-890).
        adds: bool,
    },
    /// EndTxn.
    End {
        /// The producer.
        producer: ProducerEpoch,
        /// Commit, or else abort.
        commit: bool,
        /// Whether the producer gets a new epoch with the answer (transactions V2, KIP-890).
        raises_epoch: bool,
    },
}

/// Why a request about a transaction is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionRefusal {
    /// One error for all that was asked.
    Error(ResponseError),
    /// These of the partitions that were asked do not exist, by their place in the request. Nothing was added.
    UnknownPartitions(Vec<usize>),
}

impl From<ResponseError> for TransactionRefusal {
    fn from(error: ResponseError) -> TransactionRefusal {
        TransactionRefusal::Error(error)
    }
}

/// What a Produce request says of its transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProduceTransaction {
    /// The transactional id.
    pub id: String,
    /// Whether the partitions are added to the transaction by this request (transactions V2, KIP-890).
    pub adds: bool,
    /// As in [`TransactionRequest`].
    pub stamp_ms: i64,
}

/// A transactional id as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionView {
    /// The transactional id.
    pub id: String,
    /// Its state, in Kafka's words.
    pub state: &'static str,
    /// Its producer.
    pub producer: ProducerEpoch,
    /// After this time an open transaction is aborted.
    pub timeout_ms: i32,
    /// When the open transaction began, in ms of the wall clock; -1 if none is open.
    pub started_ms: i64,
    /// Partitions of the open transaction, by topic name. Left out where all ids are asked for.
    pub partitions: Vec<(String, i32)>,
}

/// A producer as one partition knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerView {
    /// The producer.
    pub producer: ProducerEpoch,
    /// Sequence number of its last record here, -1 if it has none.
    pub last_sequence: i32,
    /// First offset of its open transaction here, -1 if none is open.
    pub open_since: i64,
}
