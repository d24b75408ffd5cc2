//! A look into a core from outside, for the simulation's invariants. It changes nothing.

use super::Core;
use crate::command::Command;

/// A look into a core, for the simulation's invariants.
#[derive(Debug)]
pub struct Inspection<'a> {
    core: &'a Core,
}

impl Core {
    /// A look into this core.
    pub fn inspect(&self) -> Inspection<'_> {
        Inspection { core: self }
    }
}

impl Inspection<'_> {
    /// Role as leader, term, commit index, applied index.
    pub fn position(&self) -> (bool, u64, u64, u64) {
        let raft = &self.core.raft.raft;
        (
            self.core.is_leader(),
            raft.term,
            raft.raft_log.committed,
            self.core.applied_index,
        )
    }

    /// The encoded state machine.
    pub fn state(&self) -> bytes::Bytes {
        self.core.state.encode()
    }

    /// First and last index of the log.
    pub fn bounds(&self) -> (u64, u64) {
        let catalog = &self.core.raft.store().catalog;
        (catalog.first_index(), catalog.last_index())
    }

    /// The batches in an entry, markers included, with topic and partition; none if it was proposed in another term than its own.
    pub fn batches(&self, index: u64) -> Vec<(uuid::Uuid, i32, bytes::Bytes)> {
        let entries = self
            .core
            .raft
            .store()
            .catalog
            .entries(index, index + 1, u64::MAX);
        let entry = entries.ok().and_then(|entries| entries.into_iter().next());
        match entry
            .as_ref()
            .map(|entry| (entry.term, Command::decode(&entry.data)))
        {
            Some((term, Some((proposed, command)))) if term == proposed => {
                let plain =
                    |batch: crate::command::Batch| (batch.topic, batch.partition, batch.bytes);
                command.batches().iter().cloned().map(plain).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Term of an entry.
    pub fn term(&self, index: u64) -> Option<u64> {
        self.core.raft.store().catalog.term(index)
    }

    /// Whether every follower's next index lies past what it is known to have (#555).
    pub fn progress_is_sound(&self) -> bool {
        !self.core.is_leader()
            || self
                .core
                .raft
                .raft
                .prs()
                .iter()
                .all(|(_, progress)| progress.matched < progress.next_idx)
    }
}
