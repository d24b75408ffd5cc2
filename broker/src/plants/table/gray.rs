//! The plants of disks and replicas, as rows of the table: what only a power loss, a worse disk or a lost follower shows.

use super::Entry;
use crate::rules::{AcknowledgeAfter, FailedSync, Syncs};

pub(super) const ACK_BEFORE_FSYNC: Entry = Entry {
    name: "ack-before-fsync",
    does: "appended entries are acknowledged to the leader before they are durable",
    happened: "d-engine #329; NATS JetStream synced every two minutes and lost 14 % at a power \
        failure (Jepsen, 2025)",
    parameter: None,
    plant: |broken, _| broken.rules.entries_wait_for_sync = false,
};

pub(super) const FSYNC_ERROR_IGNORED: Entry = Entry {
    name: "fsync-error-ignored",
    does: "a failed sync of the log is taken for a success",
    happened: "PostgreSQL until 2018 (fsync errors); most stores in \"Can Applications Recover from fsync \
        Failures?\" (USENIX ATC 2020)",
    parameter: None,
    plant: |broken, _| broken.rules.failed_sync = FailedSync::Ignored,
};

pub(super) const LOG_NEVER_SYNCED: Entry = Entry {
    name: "log-never-synced",
    does: "the log is written and never synced, so that the kernel decides what is durable",
    happened: "NATS JetStream synced every two minutes and lost acknowledged messages at a power failure \
        (Jepsen, 2025)",
    parameter: None,
    plant: |broken, _| broken.rules.syncs = Syncs::None,
};

pub(super) const NAMES_NEVER_SYNCED: Entry = Entry {
    name: "names-never-synced",
    does: "a new file of the log is synced, and the directory that names it is not",
    happened: "LevelDB, HDFS, ZooKeeper and others in \"All File Systems Are Not Created Equal\" (OSDI 2014)",
    parameter: None,
    plant: |broken, _| broken.rules.syncs = Syncs::Files,
};

pub(super) const EVERY_REPLICA: Entry = Entry {
    name: "every-replica",
    does: "acks=all waits for every replica, so that one slow or dead follower stops all writes",
    happened: "Apache Kafka: a follower that was slow and stayed in sync held every write back (KIP-16, \
        replica.lag.time.max.ms)",
    parameter: None,
    plant: |broken, _| broken.rules.acknowledge_after = AcknowledgeAfter::EveryReplica,
};
