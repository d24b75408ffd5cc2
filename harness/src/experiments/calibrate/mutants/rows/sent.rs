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

/// One lost answer leaves the outcome unknown, and the client must look. Always: nobody's change is ever confirmed.
const fn unconfirmed(name: &'static str) -> Row {
    killed(name, &["request-liveness"], &["requests-stalled"]).with("admin")
}

const LATE: &str =
    "an answer within the client's time is no lie; what it costs is measured as latency";
const BEHIND: &str = "clients read the fields of an answer and ignore what lies behind them; all that they are told is true";
const UNASKED: &str = "no client needs DescribeQuorum; a real broker did not answer it for 13 s while it served clients, so \
     silence proves nothing, unlike an answer without a leader";

/// Members do not find the coordinator of their group.
const fn unfound(name: &'static str) -> Row {
    killed(name, &["coordinator-liveness"], &["coordinator-stalled"])
        .with("group")
        .within(30)
}

pub(super) const ROWS: &[Row] = &[
    equivalent("produce-late", LATE),
    unserved("produce-too-late"),
    unserved("produce-never"),
    unserved("produce-never-for-5s"),
    unserved("produce-closed"),
    unserved("produce-truncated"),
    unserved("produce-cut-off"),
    equivalent("produce-oversized", BEHIND),
    unserved("produce-endless"),
    unserved("produce-another-number"),
    equivalent("fetch-late", LATE),
    unserved("fetch-too-late"),
    unserved("fetch-never"),
    unserved("fetch-never-for-5s"),
    unserved("fetch-closed"),
    unserved("fetch-truncated"),
    equivalent("fetch-oversized", BEHIND),
    unserved("list-never"),
    unserved("list-closed"),
    unserved("list-truncated"),
    silent("metadata-too-late"),
    silent("metadata-never"),
    silent("metadata-never-for-5s"),
    silent("metadata-closed"),
    silent("metadata-truncated"),
    silent("metadata-endless"),
    equivalent("quorum-never", UNASKED),
    equivalent("quorum-truncated", UNASKED),
    at_the_start("producer-id-never").with("idempotent"),
    at_the_start("producer-id-closed").with("idempotent"),
    at_the_start("producer-id-truncated").with("idempotent"),
    unserved("epoch-end-never").when_the_leader_is_lost(),
    unserved("epoch-end-truncated").when_the_leader_is_lost(),
    unconfirmed("create-never"),
    unconfirmed("create-truncated"),
    unconfirmed("delete-never"),
    unconfirmed("grow-never"),
    unfound("coordinator-never"),
    unfound("coordinator-truncated"),
    at_the_start("versions-never"),
    at_the_start("versions-closed"),
    at_the_start("versions-truncated"),
];
