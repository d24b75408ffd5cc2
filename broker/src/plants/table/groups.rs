//! The plants of consumer groups, as rows of the table. All act in the coordinator; applying an entry is the same on every
//! node, whatever is planted in it.

use super::Entry;
use crate::rules::{Commits, Coordinators, Generations, Staged, Syncing};

pub(super) const OFFSETS_IN_MEMORY: Entry = Entry {
    name: "offsets-in-memory",
    does: "offsets are committed in the coordinator's memory alone",
    happened: "Redpanda #5428: committed offsets were -1 after a change of leader",
    parameter: None,
    plant: |broken, _| broken.rules.commits = Commits::InMemory,
};

pub(super) const OFFSET_REGRESS: Entry = Entry {
    name: "offset-regress",
    does: "the commit of a smaller offset than before is acknowledged and forgotten",
    happened: "Redpanda #31483: offsets were replayed in the order of staging, and older ones won",
    parameter: None,
    plant: |broken, _| broken.rules.commits = Commits::OnlyForward,
};

pub(super) const OLD_GENERATION_COMMITS: Entry = Entry {
    name: "old-generation-commits",
    does: "members of older generations may commit, and so may those that are none any more",
    happened: "Bufstream 0.1.0 (Jepsen, 2024) accepted what was fenced; kfake does not compare \
        generations while a group rebalances",
    parameter: None,
    plant: |broken, _| broken.rules.commits_are_fenced = false,
};

pub(super) const ZOMBIE_COMMITS_OFFSETS: Entry = Entry {
    name: "zombie-commits-offsets",
    does: "transactions may commit offsets for members of older generations, and for those that are \
        none any more",
    happened: "Apache Kafka before KIP-447: TxnOffsetCommit named no member; franz-go #855: clients \
        that committed for a generation which was over",
    parameter: None,
    plant: |broken, _| broken.rules.stages_are_fenced = false,
};

pub(super) const GROUP_SPLIT_BRAIN: Entry = Entry {
    name: "group-split-brain",
    does: "every node names itself coordinator of every group, and keeps the groups in its own memory",
    happened: "chronik: each node coordinated all groups, and their members shared nothing",
    parameter: None,
    plant: |broken, _| broken.rules.coordinators = Coordinators::EveryNode,
};

pub(super) const OFFSETS_BEFORE_COMMIT: Entry = Entry {
    name: "offsets-before-commit",
    does: "offsets that a transaction sends are committed when they come, whatever becomes of it",
    happened: "chronik: TxnOffsetCommit was applied at once, and an abort did not undo it",
    parameter: None,
    plant: |broken, _| broken.rules.staged = Staged::AtOnce,
};

pub(super) const OFFSETS_OF_TRANSACTION_FORGOTTEN: Entry = Entry {
    name: "offsets-of-transaction-forgotten",
    does: "a leader that commits a transaction whose offsets were sent to another one forgets them",
    happened: "Redpanda #10669: a replay of the group's log dropped the pending offsets of \
        transactions, and inputs were processed twice",
    parameter: None,
    plant: |broken, _| broken.rules.staged = Staged::WhileLeading,
};

pub(super) const GENERATION_REUSED: Entry = Entry {
    name: "generation-reused",
    does: "a generation is written only with its assignment, after its members learned of it",
    happened: "Apache Kafka: JoinGroup is answered before anything is written",
    parameter: None,
    plant: |broken, _| broken.rules.generations = Generations::WithAssignment,
};

pub(super) const EARLY_SYNC: Entry = Entry {
    name: "early-sync",
    does: "a SyncGroup of a follower is answered at once, with what it was assigned before",
    happened: "chronik: followers were answered before the leader's assignment had come",
    parameter: None,
    plant: |broken, _| broken.rules.syncing = Syncing::AtOnce,
};

pub(super) const MEMBERS_FORGOTTEN: Entry = Entry {
    name: "members-forgotten",
    does: "a new coordinator knows no members: all have to join again",
    happened: "brokers that keep members in memory; a storm of rebalances with every change of \
        leader",
    parameter: None,
    plant: |broken, _| broken.rules.members_outlive_leaders = false,
};

pub(super) const STANDSTILL_EVICTS: Entry = Entry {
    name: "standstill-evicts",
    does: "a coordinator that stood still takes its members' heartbeats of that time for missing",
    happened: "monotonic clocks jump after SIGSTOP, suspended machines and long pauses of a JVM",
    parameter: None,
    plant: |broken, _| broken.rules.standstill_extends = false,
};
