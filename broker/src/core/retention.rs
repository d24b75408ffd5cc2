//! Retention: the leader proposes to forget the oldest segments, so that the log stays below its bound on every node.

use super::Core;
use crate::command::Command;

impl Core {
    /// Keeps the log below its bound: proposes to forget the oldest segment.
    pub(super) fn propose_trim(&mut self) {
        if self.log_bytes <= self.config.retention_bytes || !self.serves() {
            return;
        }
        let store = self.raft.store();
        let boundary = store
            .catalog
            .boundary_within(self.config.retention_bytes, self.log_bytes);
        let Some(first_index) = boundary.filter(|index| *index > self.trim_proposed) else {
            return;
        };
        // What an open transaction has written stays until its outcome is known; but not at any price.
        let is_pressing = self.log_bytes / 2 > self.config.retention_bytes;
        let open = self.state.first_open_index();
        if !is_pressing && open.is_some_and(|open| open < first_index) {
            return;
        }
        // The checkpoint is what a follower gets that lacks an entry before it.
        let ready =
            first_index <= self.applied_index && store.checkpoints.contains_key(&(first_index - 1));
        if ready && self.propose(&Command::Trim { first_index }).is_some() {
            self.trim_proposed = first_index;
        }
    }
}
