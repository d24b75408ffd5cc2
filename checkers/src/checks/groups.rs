//! Checks of consumer groups, each in a file of its own, and the roster that they share: who joined, committed and fetched
//! what. They are asked only of histories with groups or committed offsets.
//!
//! That two members process one partition at the same time is never judged: a paused member wakes up and goes on until its
//! next heartbeat. What is judged is what the cluster *accepts*: assignments, commits, offsets of transactions.

pub(super) mod at_least_once;
pub(super) mod commit_backwards;
pub(super) mod commit_beyond;
pub(super) mod commit_lost;
pub(super) mod commit_phantom;
pub(super) mod coordinator_agreement;
pub(super) mod coordinator_liveness;
pub(super) mod dead_member_stays;
pub(super) mod fenced_commit;
pub(super) mod generation_backwards;
pub(super) mod generation_reused;
pub(super) mod offset_register;
pub(super) mod one_owner;
mod persons;
pub(super) mod rebalance_ends;
pub(super) mod rebalance_told;
pub(super) mod resume_skip;
mod roster;
pub(super) mod static_takeover;
pub(super) mod sync_faithful;
pub(super) mod unassigned_partition;
pub(super) mod unexplained_rebalance;
pub(super) mod wrong_eviction;
pub(super) mod zombie_member;

pub(crate) use roster::{Commit, Group, Roster};
