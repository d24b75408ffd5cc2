//! What a peer sends, on its way to Raft.

use raft::eraftpb::{Message, MessageType};

use super::{Action, Core, Time};
use crate::request::NodeId;

/// A node that hears nothing but leaders which know it to have entries that it lacks ends after this time. At once would
/// let one such message end it.
const OLDER_COPY_WAIT: Time = Time::from_secs(5);

impl Core {
    /// Takes a message of a peer, if it is one that a node of this cluster can have sent.
    pub(super) fn step(&mut self, from: NodeId, message: Message) {
        if self.installing.is_some() {
            return;
        }
        if let Err(reason) = self.plausible(from, &message) {
            self.actions.push(Action::Alarm { from, reason });
            return;
        }
        let kind = message.get_msg_type();
        if self.is_older_copy(&message) || self.is_premature(&message) {
            return;
        }
        // Raft refuses what makes no sense in its state; nobody needs to know.
        let _ = self.raft.step(message);
        if kind == MessageType::MsgHeartbeat {
            self.config.hooks.heartbeat_taken(&self.state);
        }
    }

    /// Whether a leader knows this node to have entries that its log lacks: then its data directory is an older copy, and
    /// its promises are forgotten. Raft would panic. The message is refused, and the node ends if it hears of nothing
    /// else for a while.
    fn is_older_copy(&mut self, message: &Message) -> bool {
        let kind = message.get_msg_type();
        let leads = matches!(kind, MessageType::MsgHeartbeat | MessageType::MsgAppend);
        if !leads || message.term < self.raft.raft.term {
            return false;
        }
        let last = self.raft.raft.raft_log.last_index();
        if kind == MessageType::MsgAppend || message.commit <= last {
            // An append says nothing of what this node has; only a heartbeat can clear it.
            if kind == MessageType::MsgHeartbeat {
                self.older_copy = None;
            }
            return false;
        }
        let (from, commit) = (message.from, message.commit);
        let reason = format!(
            "node {from} knows that this one had entry {commit}, but its log ends at {last}: an older copy?"
        );
        let since = *self.older_copy.get_or_insert(self.now);
        if self.now.saturating_sub(since) >= OLDER_COPY_WAIT {
            self.fatal = Some(reason.clone());
        }
        self.actions.push(Action::Alarm { from, reason });
        true
    }

    /// Whether a vote comes before this node's own log is durable. It cannot have been asked for, because the question
    /// leaves only then; and Raft 0.7.0 panics if it leads before.
    fn is_premature(&self, message: &Message) -> bool {
        let kind = message.get_msg_type();
        let log = &self.raft.raft.raft_log;
        kind == MessageType::MsgRequestVoteResponse
            && !message.reject
            && log.last_index() != log.persisted
    }

    /// Tells Raft once that what it sent to a peer is lost.
    pub(super) fn unreachable(&mut self, peer: NodeId) {
        self.raft
            .report_snapshot(peer, raft::SnapshotStatus::Failure);
        self.raft.report_unreachable(peer);
    }
}
