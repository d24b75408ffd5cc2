//! The plants of disks, replicas, links and clocks, as rows of the table: what only a power loss, a worse disk, a lost follower,
//! a broken connection or a clock that is set shows.

use super::Entry;
use crate::hooks::Timed;
use crate::plants::wall_clock::WallClock;
use crate::rules::{
    AcknowledgeAfter, Backlog, FailedSync, RecoveryKeeps, Syncs, UnansweredForward,
};

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

pub(super) const TORN_TAIL_ACCEPTED: Entry = Entry {
    name: "torn-tail-accepted",
    does: "a restart takes a torn entry at the end of its log for whole: what is missing of it is zeros",
    happened: "hashicorp/raft-wal #10: after a crash the last entry counted, and a part of it was not there",
    parameter: None,
    plant: |broken, _| broken.rules.recovery_keeps = RecoveryKeeps::Torn,
};

pub(super) const CHECKPOINT_BEFORE_SYNC: Entry = Entry {
    name: "checkpoint-before-sync",
    does: "a checkpoint gets its name before it is synced, and the log before it is removed",
    happened: "TiKV #4846: files of snapshots were renamed and not synced",
    parameter: None,
    plant: |broken, _| broken.rules.syncs = Syncs::AllButCheckpoints,
};

pub(super) const EVERY_REPLICA: Entry = Entry {
    name: "every-replica",
    does: "acks=all waits for every replica, so that one slow or dead follower stops all writes",
    happened: "Apache Kafka: a follower that was slow and stayed in sync held every write back (KIP-16, \
        replica.lag.time.max.ms)",
    parameter: None,
    plant: |broken, _| broken.rules.acknowledge_after = AcknowledgeAfter::EveryReplica,
};

pub(super) const UNBOUNDED_BACKLOG: Entry = Entry {
    name: "unbounded-backlog",
    does: "what a follower has not taken yet waits for it in memory, however much it is",
    happened: "eBay HomeStore #580: out of memory after a follower lagged; leaders of RethinkDB that a slow follower ended \
        (DepFast, USENIX ATC 2022)",
    parameter: None,
    plant: |broken, _| broken.rules.backlog = Backlog::Unbounded,
};

pub(super) const FORWARDED_AGAIN: Entry = Entry {
    name: "forwarded-again",
    does: "a change that was passed on to the leader is passed on again when the connection breaks before it is answered",
    happened: "Apache Kafka: brokers send what they forwarded to a controller again after a disconnect, so that whoever \
        created a topic may be told that it exists",
    parameter: None,
    plant: |broken, _| broken.rules.unanswered_forward = UnansweredForward::SentAgain,
};

pub(super) const WALL_CLOCK_SESSIONS: Entry = Entry {
    name: "wall-clock-sessions",
    does: "the sessions of a group's members are counted by the wall clock",
    happened: "LogCabin #90: sessions of clients were over when somebody set the clock of a server",
    parameter: None,
    plant: |broken, _| broken.hook(WallClock(Timed::Sessions)),
};

pub(super) const WALL_CLOCK_TRANSACTIONS: Entry = Entry {
    name: "wall-clock-transactions",
    does: "the time-outs of transactions are counted by the wall clock",
    happened: "Redpanda #1787: the time at which a transaction expires was one of the system's clock",
    parameter: None,
    plant: |broken, _| broken.hook(WallClock(Timed::Transactions)),
};
