//! Plants of topics that are made, forgotten, or come back.

use super::{RESTART, Row, USUAL, When};

/// Every topic that is created shows it.
pub(super) const TOPIC_FORGOTTEN: Row = Row {
    name: "topic-forgotten",
    workload: "admin",
    caught_by: &["metadata-agreement"],
    findings: &["topic-differs"],
    plant: "topic-forgotten",
    seconds: 15,
    when: When::Always,
    ..USUAL
};

/// The same.
pub(super) const TOPIC_WRONG_SHAPE: Row = Row {
    name: "topic-wrong-shape",
    workload: "admin",
    caught_by: &["metadata-agreement"],
    findings: &["topic-differs"],
    plant: "topic-wrong-shape",
    seconds: 10,
    when: When::Always,
    ..USUAL
};

/// A deleted topic comes back when its node starts again.
pub(super) const DELETE_NOT_APPLIED: Row = Row {
    name: "delete-not-applied",
    trigger: RESTART,
    workload: "admin",
    caught_by: &["metadata-agreement"],
    findings: &["topic-differs"],
    plant: "delete-not-applied",
    faults: "kill:follower,kill:leader",
    seconds: 25,
    when: When::Provoked,
    ..USUAL
};
