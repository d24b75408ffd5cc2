//! The mutants that tell the truth, and send it in another way.

use kafka_protocol::messages::ApiKey;

use super::lie::Lie;
use super::sending::Sending;
use super::{Mutant, When};

const fn sent(name: &'static str, key: ApiKey, when: When, how: Sending) -> Mutant {
    let does = match how {
        Sending::Late(_) => "the answer comes late",
        Sending::Never => "no answer comes",
        Sending::Closed => "the connection is closed instead of an answer",
        Sending::Truncated => "half an answer, as if that were all",
        Sending::CutOff => "half an answer, and the connection is closed",
        Sending::Oversized => "64 bytes more than the answer has",
        Sending::EndlessLength => "an answer that claims to have 2 GiB",
        Sending::AnotherNumber => "an answer to another request",
    };
    Mutant::new(name, "answer", does, when, Lie::Sent(key, how))
}

use ApiKey::{
    AddOffsetsToTxn, AddPartitionsToTxn, ApiVersions, CreatePartitions, CreateTopics, DeleteTopics,
    DescribeQuorum, EndTxn, Fetch, FindCoordinator, Heartbeat, InitProducerId, JoinGroup,
    LeaveGroup, ListOffsets, Metadata, OffsetCommit, OffsetFetch, OffsetForLeaderEpoch, Produce,
    SyncGroup, TxnOffsetCommit,
};
use Sending::{AnotherNumber, Closed, CutOff, EndlessLength, Late, Never, Oversized, Truncated};
use When::{Always, For, FromStart, OneIn};

/// Longer than any client of a test waits.
const TOO_LATE: Sending = Late(4_000);

/// The rows.
pub(super) const TABLE: &[Mutant] = &[
    sent("produce-late", Produce, OneIn(50), Late(300)),
    sent("produce-too-late", Produce, OneIn(50), TOO_LATE),
    sent("produce-never", Produce, Always, Never),
    sent("produce-never-for-5s", Produce, For(5), Never),
    sent("produce-closed", Produce, Always, Closed),
    sent("produce-truncated", Produce, Always, Truncated),
    sent("produce-cut-off", Produce, Always, CutOff),
    sent("produce-oversized", Produce, Always, Oversized),
    sent("produce-endless", Produce, Always, EndlessLength),
    sent("produce-another-number", Produce, Always, AnotherNumber),
    sent("fetch-late", Fetch, OneIn(50), Late(300)),
    sent("fetch-too-late", Fetch, Always, TOO_LATE),
    sent("fetch-never", Fetch, Always, Never),
    sent("fetch-never-for-5s", Fetch, For(5), Never),
    sent("fetch-closed", Fetch, Always, Closed),
    sent("fetch-truncated", Fetch, Always, Truncated),
    sent("fetch-oversized", Fetch, Always, Oversized),
    sent("list-never", ListOffsets, Always, Never),
    sent("list-closed", ListOffsets, Always, Closed),
    sent("list-truncated", ListOffsets, Always, Truncated),
    sent("metadata-too-late", Metadata, Always, TOO_LATE),
    sent("metadata-never", Metadata, Always, Never),
    sent("metadata-never-for-5s", Metadata, For(5), Never),
    sent("metadata-closed", Metadata, Always, Closed),
    sent("metadata-truncated", Metadata, Always, Truncated),
    sent("metadata-endless", Metadata, Always, EndlessLength),
    sent("quorum-never", DescribeQuorum, Always, Never),
    sent("quorum-truncated", DescribeQuorum, Always, Truncated),
    sent("producer-id-never", InitProducerId, FromStart, Never),
    sent("producer-id-closed", InitProducerId, FromStart, Closed),
    sent(
        "producer-id-truncated",
        InitProducerId,
        FromStart,
        Truncated,
    ),
    sent("epoch-end-never", OffsetForLeaderEpoch, Always, Never),
    sent(
        "epoch-end-truncated",
        OffsetForLeaderEpoch,
        Always,
        Truncated,
    ),
    sent("create-never", CreateTopics, Always, Never),
    sent("create-truncated", CreateTopics, Always, Truncated),
    sent("delete-never", DeleteTopics, Always, Never),
    sent("grow-never", CreatePartitions, Always, Never),
    sent("coordinator-never", FindCoordinator, Always, Never),
    sent("coordinator-truncated", FindCoordinator, Always, Truncated),
    sent("versions-never", ApiVersions, Always, Never),
    sent("versions-closed", ApiVersions, Always, Closed),
    sent("versions-truncated", ApiVersions, Always, Truncated),
    sent("join-never", JoinGroup, Always, Never),
    sent("join-truncated", JoinGroup, Always, Truncated),
    sent("sync-never", SyncGroup, Always, Never),
    sent("heartbeat-never", Heartbeat, Always, Never),
    sent("heartbeat-closed", Heartbeat, Always, Closed),
    sent("leave-never", LeaveGroup, Always, Never),
    sent("commit-never", OffsetCommit, Always, Never),
    sent("commit-truncated", OffsetCommit, Always, Truncated),
    sent("committed-never", OffsetFetch, Always, Never),
    sent("committed-truncated", OffsetFetch, Always, Truncated),
    sent("txn-partitions-never", AddPartitionsToTxn, Always, Never),
    sent("txn-offsets-never", AddOffsetsToTxn, Always, Never),
    sent("txn-commit-never", TxnOffsetCommit, Always, Never),
    sent("end-never", EndTxn, Always, Never),
    sent("end-late", EndTxn, OneIn(5), TOO_LATE),
    sent("end-closed", EndTxn, Always, Closed),
    sent("end-truncated", EndTxn, Always, Truncated),
];
