//! Answers that are true and sent in another way.

use super::super::super::table::Row;
use super::{equivalent, killed};

/// Nothing is acknowledged, or read.
const fn gap(name: &'static str) -> Row {
    killed(
        name,
        &["availability", "served-after-heal"],
        &["gap", "not-served"],
    )
}

/// The node does not answer what it is asked.
const fn silent(name: &'static str) -> Row {
    killed(name, &["node-responds"], &["node-silent"])
}

/// Clients that begin cannot.
const fn at_the_start(name: &'static str) -> Row {
    gap(name).within(20)
}

const LATE: &str =
    "an answer within the client's time is no lie; what it costs is measured as latency";
const UNKNOWN: &str =
    "the outcome is unknown to the client, as after a lost answer, and it must look";
const NO_GROUPS: &str = "the reference broker has no groups, and consumers that assign partitions go on without a coordinator";

pub(super) const ROWS: &[Row] = &[
    equivalent("produce-late", LATE),
    gap("produce-too-late"),
    gap("produce-never"),
    gap("produce-never-for-5s"),
    gap("produce-closed"),
    gap("produce-truncated"),
    gap("produce-cut-off"),
    gap("produce-oversized"),
    gap("produce-endless"),
    gap("produce-another-number"),
    equivalent("fetch-late", LATE),
    gap("fetch-too-late"),
    gap("fetch-never"),
    gap("fetch-never-for-5s"),
    gap("fetch-closed"),
    gap("fetch-truncated"),
    gap("fetch-oversized"),
    gap("list-never"),
    gap("list-closed"),
    gap("list-truncated"),
    silent("metadata-too-late"),
    silent("metadata-never"),
    silent("metadata-never-for-5s"),
    silent("metadata-closed"),
    silent("metadata-truncated"),
    silent("metadata-endless"),
    silent("quorum-never"),
    silent("quorum-truncated"),
    at_the_start("producer-id-never").with("idempotent"),
    at_the_start("producer-id-closed").with("idempotent"),
    at_the_start("producer-id-truncated").with("idempotent"),
    gap("epoch-end-never").when_the_leader_is_lost(),
    gap("epoch-end-truncated").when_the_leader_is_lost(),
    equivalent("create-never", UNKNOWN).with("admin"),
    equivalent("create-truncated", UNKNOWN).with("admin"),
    equivalent("delete-never", UNKNOWN).with("admin"),
    equivalent("grow-never", UNKNOWN).with("admin"),
    equivalent("coordinator-never", NO_GROUPS),
    equivalent("coordinator-truncated", NO_GROUPS),
    at_the_start("versions-never"),
    at_the_start("versions-closed"),
    at_the_start("versions-truncated"),
];
