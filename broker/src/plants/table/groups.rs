//! The plants of consumer groups, as rows of the table. All act in the coordinator; applying an entry is the same on every
//! node, whatever is planted in it.

use super::Entry;
use crate::rules::{Commits, Generations, Syncing};

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
