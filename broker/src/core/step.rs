//! What a peer sends, and what is refused of it before Raft sees it.

use raft::eraftpb::{Message, MessageType};

use super::Core;
use crate::request::NodeId;
use crate::state::State;

impl Core {
    /// Takes a message of a peer, if it is one that peers may send.
    pub(super) fn step(&mut self, from: NodeId, message: Message) {
        let kind = message.get_msg_type();
        // A forwarded proposal would be appended under a term that its proposer does not know; the rest never crosses
        // a network.
        let foreign = matches!(
            kind,
            MessageType::MsgPropose
                | MessageType::MsgReadIndex
                | MessageType::MsgReadIndexResp
                | MessageType::MsgTransferLeader
        ) || raft::raw_node::is_local_msg(kind);
        let addressed =
            message.from == from && message.to == self.config.id && from != self.config.id;
        // Raft takes a message without a term for one of its own.
        if foreign || !addressed || message.term == 0 || !self.config.voters.contains(&from) {
            return;
        }
        if self.installing.is_some() || !self.is_sound(&message) {
            return;
        }
        if kind == MessageType::MsgSnapshot
            && State::decode(&bytes::Bytes::copy_from_slice(&message.get_snapshot().data)).is_none()
        {
            return;
        }
        // Raft refuses what makes no sense in its state; nobody needs to know.
        let _ = self.raft.step(message);
        if kind == MessageType::MsgHeartbeat {
            self.config.hooks.heartbeat_taken(&self.state);
        }
    }

    /// Whether Raft can take a message without a panic: whether entries follow each other, and whether this log has
    /// what the leader knows it to have. If not, the data directory is an older copy, and its promises are forgotten.
    fn is_sound(&mut self, message: &Message) -> bool {
        let log = &self.raft.raft.raft_log;
        let is_current = message.term >= self.raft.raft.term;
        let mut previous = (message.index, message.log_term);
        for entry in &message.entries {
            let follows = entry.index == previous.0 + 1
                && entry.term >= previous.1
                && entry.term <= message.term;
            if message.get_msg_type() == MessageType::MsgAppend && !follows {
                return false;
            }
            previous = (entry.index, entry.term);
            if is_current
                && entry.index <= log.committed
                && log
                    .term(entry.index)
                    .is_ok_and(|t| t != 0 && t != entry.term)
            {
                self.fatal = Some(format!(
                    "node {} overwrites committed entry {}",
                    message.from, entry.index
                ));
                return false;
            }
        }
        let heartbeat = message.get_msg_type() == MessageType::MsgHeartbeat && is_current;
        if heartbeat && message.commit > log.last_index() {
            let (from, commit, last) = (message.from, message.commit, log.last_index());
            self.fatal = Some(format!(
                "node {from} knows that this one had entry {commit}, but its log ends at {last}: an older copy?"
            ));
            return false;
        }
        true
    }

    /// Tells Raft once that what it sent to a peer is lost.
    pub(super) fn unreachable(&mut self, peer: NodeId) {
        self.raft
            .report_snapshot(peer, raft::SnapshotStatus::Failure);
        self.raft.report_unreachable(peer);
    }
}
