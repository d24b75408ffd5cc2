//! Plants `topic-forgotten`, `topic-wrong-shape` and `delete-not-applied`: catalogues of topics that
//! come apart.

use bytes::Bytes;
use tracing::warn;

use super::{Plant, Plants};
use crate::command::Command;
use crate::forward::Forwarded;
use crate::request::{AdminChange, NodeId};

/// Every so many topics one node forgets one.
const FORGOTTEN_ONE_IN: u64 = 4;

/// What a core remembers for the plants of topics.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    created: u64,
    /// Entries up to this one were found in the log at the start.
    pub(crate) recovered_index: u64,
}

impl Catalogue {
    /// Whether a node passes over a committed entry that changes topics.
    pub(crate) fn passes_over(
        &mut self,
        plants: &Plants,
        (index, data): (u64, &Bytes),
        (node, leads, voters): (NodeId, bool, &[NodeId]),
    ) -> bool {
        if !plants.has(Plant::TopicForgotten) && !plants.has(Plant::DeleteNotApplied) {
            return false;
        }
        let Some((_, Command::Admin(change))) = Command::decode(data) else {
            return false;
        };
        let passed_over = match &change {
            AdminChange::CreateTopic { .. } if plants.has(Plant::TopicForgotten) => {
                self.created += 1;
                let turn = (self.created / FORGOTTEN_ONE_IN) as usize % voters.len().max(1);
                let due = self.created.is_multiple_of(FORGOTTEN_ONE_IN);
                // Not by a leader, whose client waits for the topic.
                due && !leads && voters.get(turn) == Some(&node)
            }
            AdminChange::DeleteTopic { .. } => {
                plants.has(Plant::DeleteNotApplied) && index <= self.recovered_index
            }
            _ => false,
        };
        if passed_over {
            warn!(?change, "plant: passed over");
        }
        passed_over
    }
}

/// What a node passes on to the leader instead of what it was asked.
pub(crate) fn passed_on(plants: &Plants, what: Forwarded) -> Forwarded {
    match what {
        Forwarded::Change(AdminChange::CreateTopic {
            name,
            id,
            partitions,
            settings,
        }) if plants.has(Plant::TopicWrongShape) && partitions != 1 => {
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
