//! `topic-forgotten`, `topic-wrong-shape` and `delete-not-applied`: catalogues of topics that come
//! apart.

use std::sync::atomic::{AtomicU64, Ordering};

use raft::eraftpb::Entry;
use tracing::warn;

use crate::command::Command;
use crate::hooks::{Applier, Hook};
use crate::messages::Forwarded;
use crate::request::AdminChange;
use crate::state::State;

/// One in this many topics is forgotten by one node.
const FORGOTTEN_ONE_IN: u64 = 4;

/// `topic-forgotten`. Counts the topics that were created. Only the core counts.
#[derive(Debug, Default)]
pub(super) struct TopicForgotten(AtomicU64);

impl Hook for TopicForgotten {
    fn recovered(&self, _last_index: u64) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn entry_applies(&self, entry: &Entry, _state: &mut State, by: Applier<'_>) -> bool {
        let Some((_, Command::Admin(change, _))) = Command::decode(&entry.data) else {
            return true;
        };
        if !matches!(change, AdminChange::CreateTopic { .. }) {
            return true;
        }
        let created = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        let turn = (created / FORGOTTEN_ONE_IN) as usize % by.voters.len().max(1);
        let is_due = created.is_multiple_of(FORGOTTEN_ONE_IN);
        // Not by a leader, whose client waits for the topic.
        let forgets = is_due && !by.leads && by.voters.get(turn) == Some(&by.node);
        if forgets {
            warn!(?change, "plant: passed over");
        }
        !forgets
    }
}

/// `delete-not-applied`. Entries up to this one were found in the log at the start.
#[derive(Debug, Default)]
pub(super) struct DeleteNotApplied(AtomicU64);

impl Hook for DeleteNotApplied {
    fn recovered(&self, last_index: u64) {
        self.0.store(last_index, Ordering::Relaxed);
    }

    fn entry_applies(&self, entry: &Entry, _state: &mut State, _by: Applier<'_>) -> bool {
        let Some((_, Command::Admin(change, _))) = Command::decode(&entry.data) else {
            return true;
        };
        let is_old = entry.index <= self.0.load(Ordering::Relaxed);
        let passes_over = is_old && matches!(change, AdminChange::DeleteTopic { .. });
        if passes_over {
            warn!(?change, "plant: passed over");
        }
        !passes_over
    }
}

/// `topic-wrong-shape`.
#[derive(Debug)]
pub(super) struct TopicWrongShape;

impl Hook for TopicWrongShape {
    fn passed_on(&self, what: Forwarded) -> Forwarded {
        match what {
            Forwarded::Change(AdminChange::CreateTopic {
                name,
                id,
                partitions,
                settings,
            }) if partitions != 1 => {
                warn!(
                    topic = name,
                    partitions, "plant: passed on as one partition"
                );
                Forwarded::Change(AdminChange::CreateTopic {
                    name,
                    id,
                    partitions: 1,
                    settings,
                })
            }
            other => other,
        }
    }
}
