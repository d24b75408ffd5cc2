//! CreateTopics, DeleteTopics and CreatePartitions.

use super::super::super::table::Row;
use super::{equivalent, killed};

const fn differs(name: &'static str) -> Row {
    killed(
        name,
        &["metadata-agreement"],
        &["topic-differs", "topic-change-impossible"],
    )
    .with("admin")
}

const fn harmless(name: &'static str, why: &'static str) -> Row {
    equivalent(name, why).with("admin")
}

const UNKNOWN: &str =
    "the outcome is unknown to the client, as after a lost answer, and it must look";

pub(super) const ROWS: &[Row] = &[
    differs("create-refused"),
    harmless(
        "create-exists",
        "a node that passes a request on may have sent it twice, so clients must treat it as done by somebody",
    ),
    harmless("create-timed-out", UNKNOWN),
    differs("create-success-instead-of-error"),
    differs("create-another-topic"),
    harmless("create-topic-missing", UNKNOWN),
    differs("create-partitions-wrong"),
    differs("delete-refused"),
    harmless(
        "delete-unknown-topic",
        "a node that passes a request on may have sent it twice, so clients must treat it as done by somebody",
    ),
    differs("delete-success-instead-of-error"),
    harmless("delete-topic-missing", UNKNOWN),
    differs("grow-refused"),
    harmless("grow-timed-out", UNKNOWN),
    differs("grow-success-instead-of-error"),
    harmless("grow-topic-missing", UNKNOWN),
];
