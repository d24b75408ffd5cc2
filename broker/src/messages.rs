//! What nodes say to each other beside Raft's own messages: who they are when a link comes up, which of their connections
//! a message takes, and what they pass on to the leader. Plain values.

use crate::request::{AdminChange, AdminError, NodeId};

/// Which connection a message takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Votes, heartbeats, reads and their answers: small, must never queue behind data.
    Control,
    /// Appends and their answers, snapshots.
    Append,
}

/// What a node says of itself when a link comes up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// Its term.
    pub term: u64,
    /// Term of its last log entry.
    pub last_term: u64,
    /// Index of its last log entry.
    pub last_index: u64,
    /// The leader it follows or is.
    pub leader: Option<NodeId>,
}

/// What a node passes on to the leader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Forwarded {
    /// A change of topics.
    Change(AdminChange),
    /// A producer id that was never handed out before.
    ProducerId,
}

/// Outcome of something passed on: the producer id, or 0 for a change.
pub(crate) type ForwardOutcome = Result<i64, AdminError>;
