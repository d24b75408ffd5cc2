//! Plants of what one node passes on to another.

use super::{Row, USUAL, When};

/// The leader makes the change, and its answer does not arrive before the connection is given up.
pub(super) const FORWARDED_AGAIN: Row = Row {
    name: "forwarded-again",
    trigger: &[
        "message-cut-reset:leader-to-follower",
        "message-cut-reset",
        "message-cut",
        "message-deaf",
        "message-mute",
        "cut-link:leader-to-follower",
        "cut-link:follower-to-leader",
        "cut-link-one-way:leader-to-follower",
        "cut-link-one-way:follower-to-leader",
        "isolate",
        "deaf",
        "mute",
        "halves",
        "pause",
        "kill",
        "rolling-restart",
    ],
    workload: "admin",
    caught_by: &["metadata-agreement"],
    findings: &["topic-change-impossible", "topic-differs"],
    plant: "forwarded-again",
    faults: "message-cut-reset:leader-to-follower",
    seconds: 30,
    when: When::Provoked,
    ..USUAL
};

/// More is appended than the link carries. The correct leader keeps a window of it, and reads the rest from its log.
pub(super) const UNBOUNDED_BACKLOG: Row = Row {
    name: "unbounded-backlog",
    trigger: &["narrow-link=1mbit:follower", "narrow-link"],
    workload: "pipeline",
    load: &[("compression.type", "none"), ("sizes", "large")],
    caught_by: &["resource-growth"],
    findings: &["resource-growth"],
    plant: "unbounded-backlog",
    faults: "narrow-link=1mbit:follower",
    seconds: 55,
    fault_seconds: Some(45),
    rate: 4_000,
    when: When::Provoked,
    ..USUAL
};
