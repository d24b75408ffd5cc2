//! Plants that only a worse disk shows.

use super::{Row, USUAL, When};

/// The followers' syncs are late, and what they have not synced is acknowledged. The leader waits for its own sync in any
/// case, so its disk stays as it is.
pub(super) const ACK_BEFORE_FSYNC: Row = Row {
    name: "ack-before-fsync",
    trigger: &["slow-sync=500ms:followers"],
    caught_by: &["synced-before-acknowledged"],
    findings: &["acknowledged-unsynced"],
    plant: "ack-before-fsync",
    faults: "slow-sync=500ms:followers",
    seconds: 25,
    when: When::Provoked,
    ..USUAL
};

/// A node goes on after its sync failed.
pub(super) const FSYNC_ERROR_IGNORED: Row = Row {
    name: "fsync-error-ignored",
    trigger: &["failing-sync:leader", "failing-sync:follower"],
    caught_by: &["stops-on-failed-disk"],
    findings: &["went-on-after-failure"],
    plant: "fsync-error-ignored",
    faults: "failing-sync:leader,failing-sync:follower",
    seconds: 25,
    when: When::Provoked,
    ..USUAL
};
