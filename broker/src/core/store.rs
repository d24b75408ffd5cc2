//! The log as Raft wants to see it: terms, entries, and the checkpoint before the first entry as its snapshot.

use std::collections::BTreeMap;

use bytes::Bytes;
use raft::eraftpb::{ConfState, Entry, HardState, Snapshot};
use raft::{GetEntriesContext, RaftState, Storage, StorageError};

use crate::log::{Catalog, Checkpoint, Recovered};
use crate::request::NodeId;

/// Raft's storage. Holds what was handed to the log, durable or not; which is which Raft knows itself.
pub(super) struct LogStore {
    pub(super) catalog: Catalog,
    /// By index; the one before the first entry is the snapshot.
    pub(super) checkpoints: BTreeMap<u64, Checkpoint>,
    initial: HardState,
    voters: Vec<NodeId>,
}

impl LogStore {
    pub(super) fn new(voters: &[NodeId], recovered: &Recovered) -> LogStore {
        let catalog = Catalog::new(recovered);
        let stored = &recovered.hard_state;
        let last_term = catalog.term(catalog.last_index()).unwrap_or(0);
        let initial = HardState {
            term: stored.term.max(last_term),
            vote: stored.vote,
            // The commit index was written with entries that may not have survived. What is missing was never
            // acknowledged with this node's help.
            commit: stored
                .commit
                .clamp(catalog.first_index() - 1, catalog.last_index()),
            ..HardState::default()
        };
        LogStore {
            catalog,
            checkpoints: recovered.checkpoints.clone(),
            initial,
            voters: voters.to_vec(),
        }
    }

    /// Forgets checkpoints that no segment begins after any more.
    pub(super) fn drop_checkpoints(&mut self) {
        let oldest = self.catalog.first_index() - 1;
        self.checkpoints = self.checkpoints.split_off(&oldest);
    }

    fn conf_state(&self) -> ConfState {
        let mut state = ConfState::default();
        state.voters.clone_from(&self.voters);
        state
    }
}

impl Storage for LogStore {
    fn initial_state(&self) -> raft::Result<RaftState> {
        Ok(RaftState {
            hard_state: self.initial.clone(),
            conf_state: self.conf_state(),
        })
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _context: GetEntriesContext,
    ) -> raft::Result<Vec<Entry>> {
        if low < self.catalog.first_index() {
            return Err(StorageError::Compacted.into());
        }
        if high > self.catalog.last_index() + 1 {
            return Err(StorageError::Unavailable.into());
        }
        let max_bytes = max_size.into().unwrap_or(u64::MAX);
        self.catalog
            .entries(low, high, max_bytes)
            .map_err(raft::Error::Io)
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        match self.catalog.term(index) {
            Some(term) => Ok(term),
            None if index < self.catalog.first_index() => Err(StorageError::Compacted.into()),
            None => Err(StorageError::Unavailable.into()),
        }
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(self.catalog.first_index())
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.catalog.last_index())
    }

    fn snapshot(&self, request_index: u64, _to: u64) -> raft::Result<Snapshot> {
        let index = self.catalog.first_index() - 1;
        let checkpoint = self
            .checkpoints
            .get(&index)
            .filter(|_| index >= request_index);
        let Some(checkpoint) = checkpoint else {
            return Err(StorageError::SnapshotTemporarilyUnavailable.into());
        };
        let mut snapshot = Snapshot {
            data: Bytes::clone(&checkpoint.state),
            ..Snapshot::default()
        };
        let metadata = snapshot.mut_metadata();
        metadata.index = checkpoint.index;
        metadata.term = checkpoint.term;
        metadata.set_conf_state(self.conf_state());
        Ok(snapshot)
    }
}
