//! JoinGroup, SyncGroup, Heartbeat, LeaveGroup, OffsetCommit, OffsetFetch and DescribeGroups.

use super::super::super::table::Row;
use super::{equivalent, killed};

/// Members that are not static, in one group.
const DYNAMIC: &[(&str, &str)] = &[("static", "false"), ("groups", "1")];

/// A lie to members, found by one of these checks as one of these findings.
const fn members(
    name: &'static str,
    caught_by: &'static [&'static str],
    findings: &'static [&'static str],
) -> Row {
    killed(name, caught_by, findings)
        .with("group")
        .loaded(DYNAMIC)
        .within(30)
}

/// A group that nobody can join, or in which nobody gets an assignment. Both may take the time-outs of the group.
const fn unjoined(name: &'static str) -> Row {
    killed(
        name,
        &["coordinator-liveness", "rebalance-ends"],
        &["coordinator-stalled", "rebalance-endless"],
    )
    .with("group")
    .loaded(DYNAMIC)
    .within(50)
}

/// Requests to a coordinator that fail.
const fn uncoordinated(name: &'static str, workload: &'static str) -> Row {
    killed(name, &["coordinator-liveness"], &["coordinator-stalled"])
        .with(workload)
        .within(25)
}

/// Another offset than was committed.
const fn another_offset(name: &'static str) -> Row {
    killed(
        name,
        &[
            "offset-register",
            "commit-lost",
            "commit-backwards",
            "commit-phantom",
        ],
        &[
            "offsets-not-linearizable",
            "commit-lost",
            "commit-went-back",
            "commit-phantom",
        ],
    )
    .with("offsets")
    .within(20)
}

pub(super) const ROWS: &[Row] = &[
    unjoined("join-generation-ahead"),
    members(
        "join-generation-frozen",
        &[
            "generation-reused",
            "generation-backwards",
            "coordinator-liveness",
            "rebalance-ends",
        ],
        &[
            "generation-reused",
            "generation-went-back",
            "coordinator-stalled",
            "rebalance-endless",
        ],
    ),
    members(
        "join-leader-everybody",
        &["generation-reused"],
        &["generation-reused"],
    ),
    members(
        "join-leader-nobody",
        &["sync-faithful"],
        &["leader-not-member"],
    ),
    members(
        "join-member-missing",
        &["generation-reused", "zombie-member"],
        &["generation-reused", "zombie-member"],
    ),
    members(
        "join-subscription-empty",
        &["unassigned-partition"],
        &["partition-unassigned"],
    ),
    unjoined("join-member-another"),
    equivalent(
        "join-protocol-another",
        "members with one assignor do not compare its name, and those with several are told by it which of their own to use",
    )
    .with("group"),
    unjoined("join-refused"),
    unjoined("join-unknown-member"),
    members(
        "sync-assignment-empty",
        &["sync-faithful", "coordinator-liveness"],
        &["assignment-altered", "coordinator-stalled"],
    ),
    members(
        "sync-assignment-before",
        &["sync-faithful", "one-owner"],
        &["assignment-altered", "two-owners"],
    ),
    unjoined("sync-refused"),
    members(
        "heartbeat-success-instead-of-error",
        &["rebalance-told", "zombie-member"],
        &["member-not-told", "zombie-member"],
    )
    .within(60),
    members(
        "heartbeat-unknown-member",
        &["wrong-eviction"],
        &["wrong-eviction"],
    ),
    members(
        "heartbeat-rebalance",
        &["rebalance-told", "unexplained-rebalance"],
        &["told-for-nothing", "unexplained-rebalance"],
    )
    .within(60),
    uncoordinated("heartbeat-refused", "group"),
    equivalent(
        "leave-refused",
        "a member that leaves does not wait for the answer; it is gone, or its session ends",
    )
    .with("group"),
    members(
        "group-state-rebalance",
        &["rebalance-told", "rebalance-ends"],
        &["group-state-untrue", "rebalance-endless"],
    )
    .within(50),
    equivalent(
        "group-member-missing",
        "only operators read the list, and a group may change between two answers",
    )
    .with("group"),
    members(
        "commit-success-instead-of-error",
        &["fenced-commit", "zombie-member", "commit-lost"],
        &["fenced-commit", "zombie-member", "commit-lost"],
    )
    .within(60),
    killed(
        "commit-error-instead-of-success",
        &["commit-phantom", "offset-register"],
        &["commit-phantom", "offsets-not-linearizable"],
    )
    .with("offsets")
    .within(20),
    uncoordinated("commit-refused", "offsets"),
    uncoordinated("commit-partition-missing", "offsets"),
    another_offset("committed-offset-ahead"),
    another_offset("committed-offset-behind"),
    another_offset("committed-offset-none"),
    another_offset("committed-offset-frozen"),
    another_offset("committed-metadata-empty"),
    killed(
        "committed-unstable",
        &["unstable-for-ever", "input-progress", "coordinator-liveness"],
        &["offsets-unstable", "input-left", "coordinator-stalled"],
    )
    .with("exactly-once")
    .within(30),
    uncoordinated("committed-refused", "offsets"),
    uncoordinated("committed-partition-missing", "offsets"),
    unjoined("join-never"),
    unjoined("join-truncated"),
    unjoined("sync-never"),
    uncoordinated("heartbeat-never", "group"),
    uncoordinated("heartbeat-closed", "group"),
    equivalent(
        "leave-never",
        "a member that leaves does not wait for the answer; it is gone, or its session ends",
    )
    .with("group"),
    uncoordinated("commit-never", "offsets"),
    uncoordinated("commit-truncated", "offsets"),
    uncoordinated("committed-never", "offsets"),
    uncoordinated("committed-truncated", "offsets"),
];
