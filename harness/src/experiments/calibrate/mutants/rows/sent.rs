//! Answers that are true and sent in another way.

use super::super::super::table::Row;
use super::{equivalent, killed, unserved};

/// The node does not answer what it is asked.
const fn silent(name: &'static str) -> Row {
    killed(name, &["node-responds"], &["node-silent"])
}

/// Clients that begin cannot.
const fn at_the_start(name: &'static str) -> Row {
    unserved(name).within(20)
}

const LATE: &str =
    "an answer within the client's time is no lie; what it costs is measured as latency";
const UNKNOWN: &str =
    "the outcome is unknown to the client, as after a lost answer, and it must look";
const NO_GROUPS: &str = "the reference broker has no groups, and consumers that assign partitions go on without a coordinator";

pub(super) const ROWS: &[Row] = &[
    equivalent("produce-late", LATE),
    unserved("produce-too-late"),
    unserved("produce-never"),
    unserved("produce-never-for-5s"),
    unserved("produce-closed"),
    unserved("produce-truncated"),
    unserved("produce-cut-off"),
    unserved("produce-oversized"),
    unserved("produce-endless"),
    unserved("produce-another-number"),
    equivalent("fetch-late", LATE),
    unserved("fetch-too-late"),
    unserved("fetch-never"),
    unserved("fetch-never-for-5s"),
    unserved("fetch-closed"),
    unserved("fetch-truncated"),
    unserved("fetch-oversized"),
    unserved("list-never"),
    unserved("list-closed"),
    unserved("list-truncated"),
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
    unserved("epoch-end-never").when_the_leader_is_lost(),
    unserved("epoch-end-truncated").when_the_leader_is_lost(),
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
