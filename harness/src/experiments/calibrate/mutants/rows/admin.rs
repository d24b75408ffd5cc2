//! CreateTopics, DeleteTopics and CreatePartitions.

use super::super::super::table::Row;
use super::killed;

const fn differs(name: &'static str) -> Row {
    killed(
        name,
        &["metadata-agreement"],
        &["topic-differs", "topic-change-impossible"],
    )
    .with("admin")
}

/// One such answer leaves the outcome unknown, and the client must look: a node that passes a request on may have sent it
/// twice. Always means that nobody's change is ever confirmed.
const fn unconfirmed(name: &'static str) -> Row {
    killed(name, &["request-liveness"], &["requests-stalled"]).with("admin")
}

pub(super) const ROWS: &[Row] = &[
    differs("create-refused"),
    unconfirmed("create-exists"),
    unconfirmed("create-timed-out"),
    differs("create-success-instead-of-error"),
    unconfirmed("create-another-topic"),
    unconfirmed("create-topic-missing"),
    unconfirmed("create-partitions-wrong"),
    differs("delete-refused"),
    unconfirmed("delete-unknown-topic"),
    differs("delete-success-instead-of-error"),
    unconfirmed("delete-topic-missing"),
    differs("grow-refused"),
    unconfirmed("grow-timed-out"),
    differs("grow-success-instead-of-error"),
    unconfirmed("grow-topic-missing"),
];
