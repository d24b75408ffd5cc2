//! Plants that only a worse disk, a power loss or a lost follower shows.

use super::{Row, USUAL, When};

/// The target whose nodes start from checkpoints within a run of a minute.
const SMALL_LOG: &str = "reference-small-log";

/// The followers' syncs are late, and what they have not synced is acknowledged. The leader waits for its own sync in any
/// case, so its disk stays as it is. If all lose power and the leader returns last, such records are lost.
pub(super) const ACK_BEFORE_FSYNC: Row = Row {
    name: "ack-before-fsync",
    trigger: &[
        "slow-sync=500ms:followers",
        "power-loss=slow+leader-last:all",
    ],
    caught_by: &[
        "synced-before-acknowledged",
        "lost-write",
        "inconsistent-offset",
    ],
    findings: &["acknowledged-unsynced", "lost-write", "inconsistent-offset"],
    plant: "ack-before-fsync",
    faults: "slow-sync=500ms:followers,power-loss=slow+leader-last:all",
    seconds: 40,
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

/// All nodes lose what was written since they started. In which parts is drawn.
pub(super) const LOG_NEVER_SYNCED: Row = Row {
    name: "log-never-synced",
    trigger: &["power-loss:all", "power-loss:majority"],
    caught_by: &["lost-write", "inconsistent-offset", "epochs-go-forward"],
    findings: &["lost-write", "inconsistent-offset", "epoch-went-back"],
    plant: "log-never-synced",
    faults: "power-loss:all,power-loss:majority",
    seconds: 30,
    when: When::Provoked,
    ..USUAL
};

/// On a file system with a journal the sync of a file makes its name durable, too. So this takes one without.
pub(super) const NAMES_NEVER_SYNCED: Row = Row {
    name: "names-never-synced",
    trigger: &["power-loss=whole+posix:all"],
    caught_by: &["lost-write", "inconsistent-offset", "epochs-go-forward"],
    findings: &["lost-write", "inconsistent-offset", "epoch-went-back"],
    plant: "names-never-synced",
    faults: "power-loss=whole+posix:all",
    seconds: 30,
    when: When::Provoked,
    ..USUAL
};

/// Two runs of `append` and two of `pipeline` under power losses of all and of majorities were valid.
pub(super) const TORN_TAIL_ACCEPTED: Row = Row {
    name: "torn-tail-accepted",
    not_seen_because: Some(
        "an entry that is torn was not acknowledged by its node, and a leader sends it again",
    ),
    ..USUAL
};

/// A node starts from a checkpoint only if the log before it is gone.
pub(super) const CHECKPOINT_BEFORE_SYNC: Row = Row {
    name: "checkpoint-before-sync",
    trigger: &[
        "power-loss",
        "power-loss=whole:follower",
        "power-loss=whole:leader",
    ],
    target: SMALL_LOG,
    caught_by: &["unprovoked-exit", "lost-write"],
    findings: &["unprovoked-exit", "lost-write"],
    plant: "checkpoint-before-sync",
    faults: "power-loss=whole:follower,power-loss=whole:leader",
    seconds: 30,
    when: When::Provoked,
    ..USUAL
};

/// A follower is gone or slow, and every write waits for it.
pub(super) const EVERY_REPLICA: Row = Row {
    name: "every-replica",
    trigger: &["isolate:follower", "pause:follower"],
    caught_by: &["availability", "append-liveness"],
    findings: &["gap", "appends-stalled"],
    plant: "every-replica",
    faults: "isolate:follower,pause:follower",
    seconds: 25,
    when: When::Provoked,
    ..USUAL
};

pub(super) const SLOW_COMMIT: Row = Row {
    name: "slow-commit",
    not_seen_because: Some(
        "nothing is wrong with what it does; a comparison of performance sees it",
    ),
    ..USUAL
};
