//! Writes that are committed and wait for the slowest replica, where the rules ask for every one
//! ([`AcknowledgeAfter::EveryReplica`]). The correct broker has none of them.

use super::Core;
use crate::request::Response;
use crate::rules::AcknowledgeAfter;

impl Core {
    /// The last entry that every node has made durable, as far as this leader knows.
    fn everywhere(&self) -> u64 {
        let progress = self.raft.raft.prs().iter();
        progress.map(|(_, one)| one.matched).min().unwrap_or(0)
    }

    /// Whether the rules ask for a replica that does not have this entry.
    pub(super) fn lacks_a_replica(&self, index: u64) -> bool {
        self.config.rules.acknowledge_after == AcknowledgeAfter::EveryReplica
            && self.everywhere() < index
    }

    /// Answers those that are on every replica now.
    pub(super) fn answer_lagging(&mut self) {
        while let Some((index, id)) = self.appends.lagging.keys().next().copied() {
            if self.lacks_a_replica(index) {
                break;
            }
            if let Some(produce) = self.appends.lagging.remove(&(index, id)) {
                self.respond(id, Response::Produce(produce.outcomes));
            }
        }
    }
}
