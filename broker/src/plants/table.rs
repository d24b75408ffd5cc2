//! The table of plants: plain values, for lists and for whoever measures a tester.

use super::Plant;
use super::triggers::{ALWAYS, BROKEN_LINK, COMES_BACK, CUT_LEADER, NEW_LEADER, RESTART};

/// One plant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub plant: Plant,
    /// Its name in configurations.
    pub name: &'static str,
    /// What it does, one line.
    pub does: &'static str,
    /// What really happened somewhere, one line with its source. `chronik` is chronik-server, a
    /// Kafka-compatible broker in Rust on the same Raft library; versions are its own.
    pub happened: &'static str,
    /// The faults that provoke it, any of them, each as kind or `kind:role` ([`ALWAYS`]: none is
    /// needed). Without them the node behaves correctly.
    pub trigger: &'static [&'static str],
    /// The workload that it needs: `append` stands for any.
    pub workload: &'static str,
    /// The checks of a black-box harness that must see it. Any of them will do.
    pub caught_by: &'static [&'static str],
    /// Why no check can see it from outside, where that is so.
    pub not_seen_because: Option<&'static str>,
    /// The number that it takes, if any.
    pub parameter: Option<Parameter>,
}

/// The number after a plant's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// What it is, with its unit.
    pub what: &'static str,
    /// Its value where none is given.
    pub default: u32,
    /// The largest that makes sense.
    pub maximum: u32,
}

const fn number(what: &'static str, default: u32, maximum: u32) -> Option<Parameter> {
    Some(Parameter {
        what,
        default,
        maximum,
    })
}

/// What most entries have in common.
const USUAL: Entry = Entry {
    plant: Plant::SerialSender,
    name: "",
    does: "",
    happened: "",
    trigger: ALWAYS,
    workload: "append",
    caught_by: &[],
    not_seen_because: None,
    parameter: None,
};

/// Every plant, in the order of [`Plant`].
pub const TABLE: [Entry; 29] = [
    Entry {
        plant: Plant::SerialSender,
        name: "serial-sender",
        does: "one task sends to all peers and retries with exponential back-off, so that a dead \
            peer delays everybody",
        happened: "chronik 2.2.8: messages every 105 s instead of 0.3 s; redpanda-operator #1489: \
            a black-holed peer deposed a leader with a healthy majority",
        trigger: BROKEN_LINK,
        caught_by: &["unexplained-election", "terms-burned", "availability"],
        ..USUAL
    },
    Entry {
        plant: Plant::TaskPerMessage,
        name: "task-per-message",
        does: "every message has a task of its own that retries after 50 ms to 1 s, so that they \
            overtake each other; no pre-vote, no check-quorum",
        happened: "chronik 1.3.67: terms above 4000; 2.2.8 went back to it to cure its serial \
            sender",
        trigger: COMES_BACK,
        caught_by: &["unexplained-election", "terms-burned", "stale-leader"],
        ..USUAL
    },
    Entry {
        plant: Plant::BlockingForward,
        name: "blocking-forward",
        does: "a leader answers a forwarded write without deadline while it holds what its core \
            needs; every node registers with each new leader that way",
        happened: "chronik 2.2.8: node 1 froze right after it became leader, in its ForwardWrite \
            handler; the remedy was a time-out of 10 s",
        caught_by: &["node-responds"],
        ..USUAL
    },
    Entry {
        plant: Plant::StartupStorm,
        name: "startup-storm",
        does: "links between nodes come up late while elections go on without pre-vote and \
            check-quorum",
        happened: "chronik 2.2.8: 40 s of elections at every start, terms 1 to 22, accepted as \
            minor",
        caught_by: &["formation"],
        parameter: number("the seconds within which links come up", 10, 600),
        ..USUAL
    },
    Entry {
        plant: Plant::NoCheckQuorum,
        name: "no-check-quorum",
        does: "a leader that hears no quorum stays leader in its own eyes",
        happened: "openraft #2080: an old leader without quorum kept followers from electing; the \
            default of raft-rs, and of chronik",
        trigger: &["isolate:leader", "deaf:leader", "mute:leader"],
        caught_by: &["stale-leader"],
        ..USUAL
    },
    Entry {
        plant: Plant::NoPreVote,
        name: "no-pre-vote",
        does: "a node that was cut off comes back with a higher term and deposes a healthy leader",
        happened: "Apache Kafka until KIP-996; Raft thesis 9.6; the default of raft-rs, and of \
            chronik",
        trigger: COMES_BACK,
        caught_by: &["unexplained-election", "terms-burned"],
        ..USUAL
    },
    Entry {
        plant: Plant::HardStateNotPersisted,
        name: "hard-state-not-persisted",
        does: "term and vote are kept in memory only",
        happened: "chronik until 2025-11-01: hard state not written before advance, so a node \
            could vote twice",
        trigger: RESTART,
        caught_by: &["epochs-go-forward", "one-leader-per-epoch"],
        ..USUAL
    },
    Entry {
        plant: Plant::AckBeforeReplicate,
        name: "ack-before-replicate",
        does: "acks=all is answered once the leader itself has synced",
        happened: "chronik 2.2.10 to 2.10.4: acks=all returned after the local fsync, for speed",
        trigger: NEW_LEADER,
        caught_by: &["lost-write"],
        ..USUAL
    },
    Entry {
        plant: Plant::AckBeforeFsync,
        name: "ack-before-fsync",
        does: "appended entries are acknowledged to the leader before they are durable",
        happened: "d-engine #329; NATS JetStream synced every two minutes and lost 14 % at a power \
            failure (Jepsen, 2025)",
        not_seen_because: Some(
            "it takes a fault that drops unsynced data; the simulation of this crate has one",
        ),
        ..USUAL
    },
    Entry {
        plant: Plant::ErrorAsSuccess,
        name: "error-as-success",
        does: "a failed append is answered with error 0 and offset -1",
        happened: "chronik 2.10.4: every produce error but four became error code 0 with base \
            offset -1",
        trigger: &["isolate:leader", "deaf:leader", "mute:leader"],
        caught_by: &["outcome-contradiction", "lost-write"],
        ..USUAL
    },
    Entry {
        plant: Plant::NotPersistedLie,
        name: "not-persisted-lie",
        does: "a deposed leader answers NOT_LEADER_OR_FOLLOWER to what it has appended, and which \
            may yet commit",
        happened: "KAFKA-13574: NOT_LEADER_OR_FOLLOWER may still mean written",
        trigger: &["deaf:leader", "isolate:leader", "mute:leader"],
        caught_by: &["failed-write-seen", "duplicate"],
        ..USUAL
    },
    Entry {
        plant: Plant::OffsetReuse,
        name: "offset-reuse",
        does: "a new leader goes on at the end offset of the last heartbeat that it heard, over \
            what was acknowledged since",
        happened: "chronik 2025-11-01, a chaos test declared passed: after kill -9 of the leader \
            the survivor gave out offsets again",
        trigger: NEW_LEADER,
        caught_by: &["inconsistent-offset", "lost-write"],
        ..USUAL
    },
    Entry {
        plant: Plant::TruncatedRecovery,
        name: "truncated-recovery",
        does: "a restart takes everything that no later write vouches for as torn, and drops it",
        happened: "chronik 1.3.52: recovery of the log lost 8 to 10 % with several partitions",
        trigger: &["kill:follower", "rolling-restart"],
        caught_by: &["unprovoked-exit", "lost-write"],
        ..USUAL
    },
    Entry {
        plant: Plant::HighWatermarkRegression,
        name: "high-watermark-regression",
        does: "a new leader lists the end offset of the last heartbeat that it heard until the \
            partition is written to",
        happened: "Apache Kafka until KIP-207; chronik 2.2.7: the high watermark went from 430 \
            back to 215",
        trigger: NEW_LEADER,
        caught_by: &["log-recency"],
        ..USUAL
    },
    Entry {
        plant: Plant::StaleLeaderReads,
        name: "stale-leader-reads",
        does: "a leader answers reads without asking whether it still leads, and never steps down \
            by itself",
        happened: "Jepsen on etcd and Consul, 2014: stale reads from a deposed leader; etcd #20418 \
            again after a pause",
        trigger: &["isolate:leader", "deaf:leader", "mute:leader"],
        caught_by: &["log-recency", "stale-leader"],
        ..USUAL
    },
    Entry {
        plant: Plant::FollowerServes,
        name: "follower-serves",
        does: "any node answers ListOffsets from what it has applied itself",
        happened: "chronik 2.10.4: every node serves from its own log, without a check who leads",
        caught_by: &["log-recency"],
        ..USUAL
    },
    Entry {
        plant: Plant::FetchBeyondCommit,
        name: "fetch-beyond-commit",
        does: "records are served before they are committed",
        happened: "Redpanda #3003 (Jepsen, 2022): offsets exposed before Raft commit, two values \
            at one offset",
        trigger: CUT_LEADER,
        caught_by: &["inconsistent-offset", "phantom-value"],
        ..USUAL
    },
    Entry {
        plant: Plant::DuplicateOnRetry,
        name: "duplicate-on-retry",
        does: "what idempotent producers have sent is remembered by the leader alone, so that a \
            retry after a fail-over is appended again",
        happened: "Redpanda #3039 (Jepsen, 2022): a retried record was written twice although \
            idempotence was on",
        trigger: NEW_LEADER,
        workload: "idempotent",
        caught_by: &["duplicate"],
        ..USUAL
    },
    Entry {
        plant: Plant::CorruptRecord,
        name: "corrupt-record",
        does: "a bit of a record flips before it is stored, and the checksum is made anew over it",
        happened: "NATS JetStream 2.12.1 (Jepsen, 2025): one flipped bit lost half of the records; \
            chronik recomputed checksums wrongly in six releases",
        caught_by: &["phantom-value", "lost-write"],
        parameter: number("of how many batches one is hit", 300, 1_000_000),
        ..USUAL
    },
    Entry {
        plant: Plant::SkippedOffset,
        name: "skipped-offset",
        does: "a response ends where a leader epoch does, and the fetch that goes on from there \
            passes over its first batch",
        happened: "Bufstream (Jepsen, 2024): fetch hid acknowledged records from lagging consumers",
        trigger: NEW_LEADER,
        caught_by: &["poll-skip", "lost-write"],
        ..USUAL
    },
    Entry {
        plant: Plant::TopicForgotten,
        name: "topic-forgotten",
        does: "one follower never learns of every fourth topic",
        happened: "chronik 2.2.9: one follower never learned the topic; 2.7.x: catalogues of 15, \
            4695 and 882 topics",
        workload: "admin",
        caught_by: &["metadata-agreement"],
        ..USUAL
    },
    Entry {
        plant: Plant::TopicWrongShape,
        name: "topic-wrong-shape",
        does: "a node that passes CreateTopics on to the leader asks for one partition, whatever \
            it was asked for",
        happened: "chronik 2025-11-04: CreateTopics ignored the partition count, one instead of \
            three",
        workload: "admin",
        caught_by: &["metadata-agreement"],
        ..USUAL
    },
    Entry {
        plant: Plant::DeleteNotApplied,
        name: "delete-not-applied",
        does: "a restarting node replays its log without the deletions of topics",
        happened: "chronik 2.7.5, 2.8.0 and 2.10.1: DeleteTopics acknowledged, nothing deleted",
        trigger: RESTART,
        workload: "admin",
        caught_by: &["metadata-agreement"],
        ..USUAL
    },
    Entry {
        plant: Plant::FreezeAfterIdle,
        name: "freeze-after-idle",
        does: "two threads take two locks in opposite order: the node stops answering, its ports \
            stay open",
        happened: "chronik 2.2.7: frozen 90 to 120 s after start, every time",
        caught_by: &["node-responds"],
        parameter: number("the seconds after which it freezes", 20, 3_600),
        ..USUAL
    },
    Entry {
        plant: Plant::SlowLeak,
        name: "slow-leak",
        does: "what finds no way to a peer is kept without bound, a buffer for each message",
        happened: "chronik 2.7.x: 17.9 GB, two of three nodes ended by the kernel; the etcd and \
            TiKV senders are bounded for this reason",
        trigger: BROKEN_LINK,
        caught_by: &["resource-growth"],
        parameter: number("the growth in MiB a second", 32, 1_024),
        ..USUAL
    },
    Entry {
        plant: Plant::SlowCommit,
        name: "slow-commit",
        does: "every write is acknowledged later by a share of the time that its commit took",
        happened: "chronik 2.2.10: a wait for each sync left 2,197 messages a second",
        not_seen_because: Some(
            "nothing is wrong with what it does; a comparison of performance sees it",
        ),
        parameter: number("the share in percent", 40, 10_000),
        ..USUAL
    },
    Entry {
        plant: Plant::UnsyncedVote,
        name: "unsynced-vote",
        does: "a vote is asked for and given before it is durable",
        happened: "chronik until 2025-11-01: hard state not written before advance",
        not_seen_because: Some(
            "it takes a fault that drops unsynced data; the simulation of this crate has one",
        ),
        ..USUAL
    },
    Entry {
        plant: Plant::OldTermByCount,
        name: "old-term-by-count",
        does: "entries of an older term count as committed once a majority has them",
        happened: "the mistake that figure 8 of the Raft paper is about",
        not_seen_because: Some(
            "it takes three leaders lost within milliseconds; the simulation of this crate gets there",
        ),
        ..USUAL
    },
    Entry {
        plant: Plant::UnreadyLeader,
        name: "unready-leader",
        does: "a new leader serves before its term's first entry is applied",
        happened: "Redpanda #13614: leader before its replay was done",
        not_seen_because: Some(
            "it is over within milliseconds of an election; the simulation of this crate gets there",
        ),
        ..USUAL
    },
];
