//! Which messages a node of this cluster can have sent, and which stored states it can have written.
//!
//! Raft 0.7.0 trusts its peers: a term of 2^64-1 overflows, a heartbeat that commits what the log lacks panics, and so do
//! an acknowledgement beyond the leader's log, a conflict with a committed entry and a snapshot of other nodes. Once
//! written, such a term or commit index ends every later start. So all of it is refused here, before Raft sees it.
//!
//! A node that holds the secret and lies within these bounds is believed: Raft is not made for traitors.

#[cfg(test)]
mod tests;

use raft::StateRole;
use raft::eraftpb::{EntryType, Message, MessageType, Snapshot};

use super::{Core, CoreConfig, Hello, Time};
use crate::log::Recovered;
use crate::request::NodeId;
use crate::state::State;

/// Largest term of a message. Clients see terms as leader epochs, which have 31 bits; half of them is more than any
/// cluster uses up.
const TERM_MAX: u64 = 1 << 30;

/// Largest index.
const INDEX_MAX: u64 = 1 << 56;

/// A message's term may exceed the term at the start of this node by so much: elections while it was away ...
const TERM_SLACK: u64 = 1 << 20;

/// An index may exceed the largest one that this node or, by their welcome, its peers had by so much ...
const INDEX_SLACK: u64 = 1 << 20;

/// ... and by so much for each second since.
const INDEX_PER_SECOND: u64 = 1 << 17;

/// Longest context of a heartbeat; a round of reads needs 8 bytes.
const CONTEXT_BYTES_MAX: usize = 64;

/// What a message may say at most. It grows with time, but no faster than a cluster can.
#[derive(Debug)]
pub(super) struct Ceilings {
    term: u64,
    /// ... and by so much for each second since: twice what all nodes could do if each asked for votes whenever its
    /// shortest election time-out ends.
    terms_per_second: u64,
    index: u64,
}

impl Ceilings {
    pub(super) fn new(config: &CoreConfig, term: u64, last_index: u64) -> Ceilings {
        let shortest = config.election_min.as_millis().max(1);
        let elections = u64::try_from(1 + 1000 / shortest).unwrap_or(u64::MAX);
        Ceilings {
            term,
            terms_per_second: elections.saturating_mul(2 * config.voters.len() as u64),
            index: last_index,
        }
    }

    fn term(&self, now: Time) -> u64 {
        let since = self.terms_per_second.saturating_mul(now.as_secs());
        TERM_MAX.min(self.term.saturating_add(TERM_SLACK).saturating_add(since))
    }

    fn index(&self, now: Time) -> u64 {
        let since = INDEX_PER_SECOND.saturating_mul(now.as_secs());
        INDEX_MAX.min(self.index.saturating_add(INDEX_SLACK).saturating_add(since))
    }
}

impl Core {
    /// What a peer says of itself, or nothing if it cannot be true.
    pub(super) fn plausible_hello(&mut self, peer: NodeId, hello: Hello) -> Hello {
        let leader = hello
            .leader
            .is_none_or(|id| self.config.voters.contains(&id));
        let terms = self.ceilings.term(self.now);
        if hello.term > terms
            || hello.last_term > hello.term
            || hello.last_index > INDEX_MAX
            || !leader
        {
            let reason = format!("what it says of itself cannot be true: {hello:?}");
            self.actions
                .push(super::Action::Alarm { from: peer, reason });
            return Hello::default();
        }
        self.ceilings.index = self.ceilings.index.max(hello.last_index);
        hello
    }

    /// Whether a node of this cluster can have sent this.
    ///
    /// # Errors
    /// Why it cannot.
    pub(super) fn plausible(&self, from: NodeId, message: &Message) -> Result<(), String> {
        let kind = message.get_msg_type();
        let addressed =
            message.from == from && message.to == self.config.id && from != self.config.id;
        if !addressed || !self.config.voters.contains(&from) {
            return Err(format!("{kind:?} from {} to {}", message.from, message.to));
        }
        self.bounded(message)?;
        let log = &self.raft.raft.raft_log;
        let last = log.last_index();
        let leads =
            self.raft.raft.state == StateRole::Leader && message.term == self.raft.raft.term;
        match kind {
            MessageType::MsgAppend => self.entries(message),
            MessageType::MsgAppendResponse if leads => {
                let hint = message.reject && message.reject_hint > message.index;
                if message.index > last || message.commit > last || hint {
                    return Err(format!(
                        "{kind:?} of entry {}, commit {}, hint {}: the log ends at {last}",
                        message.index, message.commit, message.reject_hint
                    ));
                }
                Ok(())
            }
            MessageType::MsgHeartbeatResponse if leads && message.commit > last => Err(format!(
                "{kind:?} with commit {}: the log ends at {last}",
                message.commit
            )),
            MessageType::MsgRequestVote | MessageType::MsgRequestPreVote
                if message.commit > message.index =>
            {
                let (commit, index) = (message.commit, message.index);
                Err(format!(
                    "{kind:?} with commit {commit} and last entry {index}"
                ))
            }
            MessageType::MsgSnapshot => self.snapshot(message.get_snapshot(), message.term),
            MessageType::MsgAppendResponse
            | MessageType::MsgHeartbeat
            | MessageType::MsgHeartbeatResponse
            | MessageType::MsgRequestVote
            | MessageType::MsgRequestVoteResponse
            | MessageType::MsgRequestPreVote
            | MessageType::MsgRequestPreVoteResponse => Ok(()),
            // A forwarded proposal would be appended under a term that its proposer does not know; leadership is
            // never handed over here, and the rest never crosses a network.
            other => Err(format!("{other:?} is not sent between nodes")),
        }
    }

    /// What holds for every kind of message.
    fn bounded(&self, message: &Message) -> Result<(), String> {
        let kind = message.get_msg_type();
        let refuse = |what: &str, value: u64, most: u64| {
            Err(format!(
                "{kind:?} with {what} {value}, at most {most} is possible"
            ))
        };
        // Raft takes a message without a term for one of its own.
        let terms = self.ceilings.term(self.now);
        if message.term == 0 || message.term > terms {
            return refuse("term", message.term, terms);
        }
        for (what, term) in [
            ("log term", message.log_term),
            ("commit term", message.commit_term),
        ] {
            if term > message.term {
                return refuse(what, term, message.term);
            }
        }
        // This node's own log may have grown since the ceilings were set.
        let own = self.raft.raft.raft_log.last_index();
        let indexes = self
            .ceilings
            .index(self.now)
            .max(own.saturating_add(INDEX_SLACK));
        for (what, index) in [
            ("index", message.index),
            ("commit", message.commit),
            ("hint", message.reject_hint),
        ] {
            if index > indexes {
                return refuse(what, index, indexes);
            }
        }
        // No node here asks for snapshots; a vote with a context would be one without the lease's protection; and a
        // question for a vote that is refused for its priority makes a node in term 0 panic.
        let votes = matches!(
            kind,
            MessageType::MsgRequestVote | MessageType::MsgRequestPreVote
        );
        let context = if votes { 0 } else { CONTEXT_BYTES_MAX };
        let priority = message.priority != 0 || message.deprecated_priority != 0;
        if message.request_snapshot != 0 || priority || message.context.len() > context {
            return Err(format!("{kind:?} with fields that no node sets"));
        }
        let has_entries = !message.entries.is_empty();
        let has_snapshot = message.has_snapshot() && *message.get_snapshot() != Snapshot::default();
        if has_entries && kind != MessageType::MsgAppend
            || has_snapshot && kind != MessageType::MsgSnapshot
        {
            return Err(format!("{kind:?} with entries or a snapshot"));
        }
        Ok(())
    }

    /// Whether entries follow each other, and agree with what is committed here.
    fn entries(&self, message: &Message) -> Result<(), String> {
        // Only the beginning of the log has no term. Raft 0.7.0 takes a term of 0 for that of any entry it lacks, and then
        // appends behind a gap, which panics.
        if (message.index == 0) != (message.log_term == 0) {
            return Err(format!(
                "entries after entry {} of term {}",
                message.index, message.log_term
            ));
        }
        let log = &self.raft.raft.raft_log;
        let is_current = message.term >= self.raft.raft.term;
        let mut previous = (message.index, message.log_term);
        for entry in &message.entries {
            let follows = entry.index == previous.0 + 1
                && entry.term >= previous.1.max(1)
                && entry.term <= message.term
                && entry.get_entry_type() == EntryType::EntryNormal;
            if !follows {
                return Err(format!(
                    "entry {} of term {} after entry {} of term {}, in term {}",
                    entry.index, entry.term, previous.0, previous.1, message.term
                ));
            }
            previous = (entry.index, entry.term);
            if is_current
                && entry.index <= log.committed
                && log
                    .term(entry.index)
                    .is_ok_and(|t| t != 0 && t != entry.term)
            {
                return Err(format!(
                    "it overwrites the committed entry {} with one of term {}",
                    entry.index, entry.term
                ));
            }
        }
        Ok(())
    }

    /// Whether a snapshot is one of this cluster.
    fn snapshot(&self, snapshot: &Snapshot, term: u64) -> Result<(), String> {
        let metadata = snapshot.get_metadata();
        let nodes = metadata.get_conf_state();
        let mut voters = nodes.voters.clone();
        voters.sort_unstable();
        let mut own = self.config.voters.clone();
        own.sort_unstable();
        let others = !nodes.learners.is_empty()
            || !nodes.voters_outgoing.is_empty()
            || !nodes.learners_next.is_empty()
            || nodes.auto_leave;
        let indexes = self.ceilings.index(self.now);
        if voters != own || others {
            return Err("a snapshot of a cluster of other nodes".to_owned());
        }
        if metadata.index == 0
            || metadata.index > indexes
            || metadata.term == 0
            || metadata.term > term
        {
            return Err(format!(
                "a snapshot after entry {} of term {}, in term {term}; at most entry {indexes} is possible",
                metadata.index, metadata.term
            ));
        }
        State::decode(&bytes::Bytes::copy_from_slice(&snapshot.data))
            .map(drop)
            .ok_or("a snapshot whose state cannot be read".to_owned())
    }
}

/// Whether what was recovered is a state that this node can have written.
///
/// # Errors
/// What is wrong, and what to do.
pub(super) fn stored(voters: &[NodeId], recovered: &Recovered) -> Result<(), String> {
    let state = &recovered.hard_state;
    let base = recovered
        .segments
        .first()
        .map_or(0, |segment| segment.first_index.saturating_sub(1));
    let last = base.saturating_add(recovered.entries.len() as u64);
    let terms = recovered.entries.iter().map(|(term, _)| *term);
    let checkpoints = recovered.checkpoints.values().map(|known| known.term);
    let term = terms
        .chain(checkpoints)
        .chain([state.term])
        .max()
        .unwrap_or(0);
    let remedy = "this state was damaged or forged; if the other nodes are well, empty this node's data directory, \
                  and it copies theirs";
    // This node's own elections may have gone a little beyond what messages may say.
    if term > TERM_MAX + TERM_SLACK {
        return Err(format!(
            "a stored term is {term}, which no cluster reaches: {remedy}"
        ));
    }
    // A torn tail may have cut entries whose commit was written, but not many.
    if last > INDEX_MAX || state.commit > last.saturating_add(INDEX_SLACK) {
        return Err(format!(
            "the stored commit index is {}, and the log ends at {last}: {remedy}",
            state.commit
        ));
    }
    if state.vote != 0 && !voters.contains(&state.vote) {
        return Err(format!(
            "the stored vote is for node {}, which is not among {voters:?}: {remedy}",
            state.vote
        ));
    }
    Ok(())
}
