//! The table of plants: what each is called, what it does, where it happened, and what it changes in a node. What provokes
//! a plant and which checks detect it is the business of the program that tests this broker.

mod gray;
mod groups;
mod transactions;

use super::Broken;
use super::blocking_forward::BlockingForward;
use super::corrupt_record::CorruptRecord;
use super::detour::Detour;
use super::fetch_beyond_commit::FetchBeyondCommit;
use super::freeze_after_idle::FreezeAfterIdle;
use super::high_watermark_regression::HighWatermarkRegression;
use super::offset_reuse::OffsetReuse;
use super::skipped_offset::SkippedOffset;
use super::slow_commit::SlowCommit;
use super::slow_leak::SlowLeak;
use super::startup_storm::StartupStorm;
use super::topics::{DeleteNotApplied, TopicForgotten, TopicWrongShape};
use crate::rules::{
    AcknowledgeAfter, AppendOrder, Crowded, Deletes, DeposedAnswer, EndOffsets, FailedAppend,
    ListedEnd, RecoveryKeeps, Sequences, ServeAfter,
};

/// One plant.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name in configurations.
    pub name: &'static str,
    /// What it does, one line.
    pub does: &'static str,
    /// What really happened somewhere, one line with its source. `chronik` is chronik-server, a
    /// Kafka-compatible broker in Rust on the same Raft library; versions are its own.
    pub happened: &'static str,
    /// The number that it takes, if any.
    pub parameter: Option<Parameter>,
    /// Plants it, with its number (1 where it takes none).
    pub(super) plant: fn(&mut Broken, u32),
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

/// Every plant.
pub const TABLE: &[Entry] = &[
    Entry {
        name: "serial-sender",
        does: "one task sends to all peers and retries with exponential back-off, so that a dead \
            peer delays everybody",
        happened: "chronik 2.2.8: messages every 105 s instead of 0.3 s; redpanda-operator #1489: \
            a black-holed peer deposed a leader with a healthy majority",
        parameter: None,
        plant: |broken, _| broken.hook(Detour::serial()),
    },
    Entry {
        name: "task-per-message",
        does: "every message has a task of its own that retries after 50 ms to 1 s, so that they \
            overtake each other; no pre-vote, no check-quorum",
        happened: "chronik 1.3.67: terms above 4000; 2.2.8 went back to it to cure its serial \
            sender",
        parameter: None,
        plant: |broken, _| {
            broken.rules.pre_vote = false;
            broken.rules.check_quorum = false;
            broken.hook(Detour::task_each());
        },
    },
    Entry {
        name: "blocking-forward",
        does: "a leader answers a forwarded write without deadline while it holds what its core \
            needs; every node registers with each new leader that way",
        happened: "chronik 2.2.8: node 1 froze right after it became leader, in its ForwardWrite \
            handler; the remedy was a time-out of 10 s",
        parameter: None,
        plant: |broken, _| broken.hook(BlockingForward::default()),
    },
    Entry {
        name: "startup-storm",
        does: "links between nodes come up late while elections go on without pre-vote and \
            check-quorum",
        happened: "chronik 2.2.8: 40 s of elections at every start, terms 1 to 22, accepted as \
            minor",
        parameter: number("the seconds within which links come up", 10, 600),
        plant: |broken, seconds| {
            broken.rules.pre_vote = false;
            broken.rules.check_quorum = false;
            broken.hook(StartupStorm(seconds));
        },
    },
    Entry {
        name: "no-check-quorum",
        does: "a leader that hears no quorum does not step down",
        happened: "openraft #2080: an old leader without quorum kept followers from electing; the \
            default of raft-rs, and of chronik",
        parameter: None,
        plant: |broken, _| broken.rules.check_quorum = false,
    },
    Entry {
        name: "no-pre-vote",
        does: "a node that was cut off comes back with a higher term and deposes a healthy leader",
        happened: "Apache Kafka until KIP-996; Raft thesis 9.6; the default of raft-rs, and of \
            chronik",
        parameter: None,
        plant: |broken, _| broken.rules.pre_vote = false,
    },
    Entry {
        name: "hard-state-not-persisted",
        does: "term and vote are kept in memory only",
        happened: "chronik until 2025-11-01: hard state not written before advance, so a node \
            could vote twice",
        parameter: None,
        plant: |broken, _| broken.rules.persist_hard_state = false,
    },
    Entry {
        name: "ack-before-replicate",
        does: "acks=all is answered once the leader itself has synced",
        happened: "chronik 2.2.10 to 2.10.4: acks=all returned after the local fsync, for speed",
        parameter: None,
        plant: |broken, _| {
            broken.rules.acknowledge_after = AcknowledgeAfter::LocalSync;
            // Otherwise a client that looks once would see the mistake.
            broken.rules.listed_end = ListedEnd::Appended;
        },
    },
    gray::ACK_BEFORE_FSYNC,
    gray::FSYNC_ERROR_IGNORED,
    gray::LOG_NEVER_SYNCED,
    gray::NAMES_NEVER_SYNCED,
    gray::TORN_TAIL_ACCEPTED,
    gray::CHECKPOINT_BEFORE_SYNC,
    gray::EVERY_REPLICA,
    gray::UNBOUNDED_BACKLOG,
    gray::FORWARDED_AGAIN,
    gray::WALL_CLOCK_SESSIONS,
    gray::WALL_CLOCK_TRANSACTIONS,
    Entry {
        name: "error-as-success",
        does: "a failed append is answered with error 0 and offset -1",
        happened: "chronik 2.10.4: every produce error but four became error code 0 with base \
            offset -1",
        parameter: None,
        plant: |broken, _| broken.rules.failed_append = FailedAppend::Success,
    },
    Entry {
        name: "not-persisted-lie",
        does: "a deposed leader answers NOT_LEADER_OR_FOLLOWER for what it has appended and what may \
            yet commit",
        happened: "KAFKA-13574: NOT_LEADER_OR_FOLLOWER may still mean written",
        parameter: None,
        plant: |broken, _| broken.rules.deposed_answer = DeposedAnswer::NotWritten,
    },
    Entry {
        name: "offset-reuse",
        does: "a new leader goes on at the end offset of the last heartbeat that it heard, over \
            what was acknowledged since",
        happened: "chronik 2025-11-01, a chaos test declared passed: after kill -9 of the leader \
            the survivor gave out offsets again",
        parameter: None,
        plant: |broken, _| broken.hook(OffsetReuse::default()),
    },
    Entry {
        name: "truncated-recovery",
        does: "a restart takes everything that no later write confirms for torn, and drops it",
        happened: "chronik 1.3.52: recovery of the log lost 8 to 10 % with several partitions",
        parameter: None,
        plant: |broken, _| broken.rules.recovery_keeps = RecoveryKeeps::Confirmed,
    },
    Entry {
        name: "high-watermark-regression",
        does: "a new leader lists the end offset of the last heartbeat that it heard until the \
            partition is written to",
        happened: "Apache Kafka until KIP-207; chronik 2.2.7: the high watermark went from 430 \
            back to 215",
        parameter: None,
        plant: |broken, _| broken.hook(HighWatermarkRegression::default()),
    },
    Entry {
        name: "stale-leader-reads",
        does: "a leader answers reads without asking whether it still leads, and never steps down \
            by itself",
        happened: "Jepsen on etcd and Consul, 2014: stale reads from a deposed leader; etcd #20418 \
            again after a pause",
        parameter: None,
        plant: |broken, _| {
            broken.rules.check_quorum = false;
            broken.answer_end_offsets(EndOffsets::Leader);
        },
    },
    Entry {
        name: "follower-serves",
        does: "any node answers ListOffsets from what it has applied itself",
        happened: "chronik 2.10.4: every node serves from its own log, without a check who leads",
        parameter: None,
        plant: |broken, _| broken.answer_end_offsets(EndOffsets::Local),
    },
    Entry {
        name: "fetch-beyond-commit",
        does: "records are served before they are committed",
        happened: "Redpanda #3003 (Jepsen, 2022): offsets exposed before Raft commit, two values \
            at one offset",
        parameter: None,
        plant: |broken, _| {
            broken.hook(FetchBeyondCommit);
            // As above.
            broken.rules.listed_end = ListedEnd::Appended;
        },
    },
    Entry {
        name: "duplicate-on-retry",
        does: "what idempotent producers have sent is remembered by the leader alone, so that a \
            retry after a fail-over is appended again",
        happened: "Redpanda #3039 (Jepsen, 2022): a retried record was written twice although \
            idempotence was on",
        parameter: None,
        plant: |broken, _| broken.rules.sequences = Sequences::Leader,
    },
    Entry {
        name: "corrupt-record",
        does: "a bit of a record flips before it is stored, and the checksum is recomputed",
        happened: "NATS JetStream 2.12.1 (Jepsen, 2025): one flipped bit lost half of the records; \
            chronik recomputed checksums wrongly in six releases",
        parameter: number("of how many batches one is hit", 300, 1_000_000),
        plant: |broken, one_in| broken.hook(CorruptRecord::new(one_in)),
    },
    Entry {
        name: "skipped-offset",
        does: "a response ends where a leader epoch does, and the fetch that goes on from there \
            passes over its first batch",
        happened: "Bufstream (Jepsen, 2024): fetch hid acknowledged records from lagging consumers",
        parameter: None,
        plant: |broken, _| broken.hook(SkippedOffset),
    },
    Entry {
        name: "topic-forgotten",
        does: "one follower never learns of every fourth topic",
        happened: "chronik 2.2.9: one follower never learned the topic; 2.7.x: catalogues of 15, \
            4695 and 882 topics",
        parameter: None,
        plant: |broken, _| broken.hook(TopicForgotten::default()),
    },
    Entry {
        name: "topic-wrong-shape",
        does: "a node that passes CreateTopics on to the leader asks for one partition, whatever \
            it was asked for",
        happened: "chronik 2025-11-04: CreateTopics ignored the partition count, one instead of \
            three",
        parameter: None,
        plant: |broken, _| broken.hook(TopicWrongShape),
    },
    Entry {
        name: "delete-not-applied",
        does: "a restarting node replays its log without the deletions of topics",
        happened: "chronik 2.7.5, 2.8.0 and 2.10.1: DeleteTopics acknowledged, nothing deleted",
        parameter: None,
        plant: |broken, _| broken.hook(DeleteNotApplied::default()),
    },
    Entry {
        name: "freeze-after-idle",
        does: "two threads take two locks in opposite order: the node stops answering, its ports \
            stay open",
        happened: "chronik 2.2.7: frozen 90 to 120 s after start, every time",
        parameter: number("the seconds after which it freezes", 20, 3_600),
        plant: |broken, seconds| broken.hook(FreezeAfterIdle::new(seconds)),
    },
    Entry {
        name: "slow-leak",
        does: "messages that cannot be sent to a peer are kept without bound, each with a buffer",
        happened: "chronik 2.7.x: 17.9 GB, two of three nodes ended by the kernel; the etcd and \
            TiKV senders are bounded for this reason",
        parameter: number("the growth in MiB a second", 32, 1_024),
        plant: |broken, mib_per_second| broken.hook(SlowLeak::new(mib_per_second)),
    },
    Entry {
        name: "slow-commit",
        does: "every write is acknowledged later by a share of the time that its commit took",
        happened: "chronik 2.2.10: a wait for each sync left 2,197 messages a second",
        parameter: number("the share in percent", 40, 10_000),
        plant: |broken, percent| broken.hook(SlowCommit::new(percent)),
    },
    Entry {
        name: "unsynced-vote",
        does: "a vote is asked for and given before it is durable",
        happened: "chronik until 2025-11-01: hard state not written before advance",
        parameter: None,
        plant: |broken, _| broken.rules.vote_waits_for_sync = false,
    },
    Entry {
        name: "old-term-by-count",
        does: "entries of an older term count as committed once a majority has them",
        happened: "the mistake that figure 8 of the Raft paper is about",
        parameter: None,
        plant: |broken, _| broken.rules.commit_needs_own_term = false,
    },
    Entry {
        name: "unready-leader",
        does: "a new leader serves before its term's first entry is applied",
        happened: "Redpanda #13614: leader before its replay was done",
        parameter: None,
        plant: |broken, _| {
            broken.rules.serve_after = ServeAfter::Election;
            broken.answer_end_offsets(EndOffsets::Leader);
        },
    },
    Entry {
        name: "crowded-append",
        does: "a write that comes while many others wait for their commit is acknowledged with them, \
            and is not in the log",
        happened: "chronik 1.3.43: a flush in the background cleared batches before the write-ahead \
            log had them",
        parameter: number("how many may wait", 32, 10_000),
        plant: |broken, most| {
            broken.rules.crowded = Crowded::AcknowledgedBeyond(most as usize);
        },
    },
    Entry {
        name: "overtaking-append",
        does: "while many writes wait for their commit, every second one overtakes the one that came \
            before it",
        happened: "related to Redpanda #3039: with several requests of one producer on their way, \
            a retried record was written again, behind others",
        parameter: None,
        plant: |broken, _| broken.rules.append_order = AppendOrder::KeptWhileFew,
    },
    Entry {
        name: "delete-records-too-far",
        does: "DeleteRecords deletes one record more than it was asked to",
        happened: "no incident: the mistake of a first offset to keep that is taken for the last one \
            to delete",
        parameter: None,
        plant: |broken, _| broken.rules.deletes = Deletes::OneMore,
    },
    groups::OFFSETS_IN_MEMORY,
    groups::OFFSET_REGRESS,
    groups::OLD_GENERATION_COMMITS,
    groups::ZOMBIE_COMMITS_OFFSETS,
    groups::GROUP_SPLIT_BRAIN,
    groups::OFFSETS_BEFORE_COMMIT,
    groups::OFFSETS_OF_TRANSACTION_FORGOTTEN,
    groups::GENERATION_REUSED,
    groups::EARLY_SYNC,
    groups::MEMBERS_FORGOTTEN,
    groups::STANDSTILL_EVICTS,
    transactions::LATE_END_TXN,
    transactions::TORN_COMMIT,
    transactions::COMMIT_BEFORE_LOG,
    transactions::LSO_PAST_OPEN,
    transactions::ABORTS_FORGOTTEN,
    transactions::HANGING_TRANSACTION,
    transactions::INIT_KEEPS_OPEN,
    transactions::ZOMBIE_EPOCH,
];
