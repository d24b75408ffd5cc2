//! Why a fetch is refused: the error, and what an answer says beside it.

use kafka_protocol::error::ResponseError;

/// Why a partition could not be fetched, with what a Kafka response contains beside the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchRefusal {
    /// NOT_LEADER_OR_FOLLOWER, OFFSET_OUT_OF_RANGE, FENCED_LEADER_EPOCH, ...
    pub error: ResponseError,
    /// Offset after the last record that this node has applied, -1 where unknown.
    pub high_watermark: i64,
    /// Offset before which no transaction is open, -1 where unknown.
    pub last_stable_offset: i64,
    /// First offset still kept, -1 where unknown.
    pub log_start_offset: i64,
}

impl FetchRefusal {
    /// A refusal by a node that knows nothing of the partition, or may not say it.
    pub fn without_offsets(error: ResponseError) -> FetchRefusal {
        FetchRefusal {
            error,
            high_watermark: -1,
            last_stable_offset: -1,
            log_start_offset: -1,
        }
    }
}
