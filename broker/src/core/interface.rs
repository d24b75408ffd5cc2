//! What goes into a core and what comes out: its configuration, its inputs and its actions. Plain values, no behaviour.

use std::time::Duration;

use raft::eraftpb::Message;

use crate::hooks::Hooks;
use crate::log::{SyncReport, WriteGroup};
use crate::messages::{Class, Hello};
use crate::request::{NodeId, Request, RequestId, Response, TopicLimits};
use crate::rules::Rules;

/// How a core behaves.
#[derive(Clone, Debug)]
pub struct CoreConfig {
    /// This node.
    pub id: NodeId,
    /// All nodes, this one included.
    pub voters: Vec<NodeId>,
    /// How often [`Input::Tick`] comes.
    pub tick: Duration,
    /// How often a leader sends heartbeats.
    pub heartbeat: Duration,
    /// Shortest election time-out; also how long a leader goes on without hearing from a quorum.
    pub election_min: Duration,
    /// Longest election time-out (exclusive).
    pub election_max: Duration,
    /// Seed of the election time-outs.
    pub seed: u64,
    /// About how many bytes of entries one append message carries at most (at least one entry).
    pub max_size_per_msg: u64,
    /// Bytes of log to keep; older segments are trimmed.
    pub retention_bytes: u64,
    /// Bytes of proposals that may be uncommitted; beyond it produce answers NOT_ENOUGH_REPLICAS.
    pub uncommitted_bytes_max: usize,
    /// Bounds on topics that this node writes into changes of topics while it leads.
    pub topic_limits: TopicLimits,
    /// What it decides where it could decide otherwise.
    pub rules: Rules,
    /// Who may interfere with it.
    pub hooks: Hooks,
}

impl CoreConfig {
    /// The defaults for node `id` of `voters`: tick 10 ms, heartbeat 50 ms, election 300 to 600 ms, 1 GiB of log; the
    /// correct rules and no hooks.
    pub fn new(id: NodeId, voters: Vec<NodeId>) -> CoreConfig {
        CoreConfig {
            id,
            voters,
            tick: Duration::from_millis(10),
            heartbeat: Duration::from_millis(50),
            election_min: Duration::from_millis(300),
            election_max: Duration::from_millis(600),
            seed: id,
            max_size_per_msg: 1024 * 1024,
            retention_bytes: 1024 * 1024 * 1024,
            uncommitted_bytes_max: 64 * 1024 * 1024,
            topic_limits: TopicLimits::NONE,
            rules: Rules::CORRECT,
            hooks: Hooks::default(),
        }
    }
}

/// Something that happened.
#[derive(Debug)]
pub enum Input {
    /// About a tick's time has passed. After a pause feed waiting messages first, then one tick: the core
    /// counts the missed ones by itself.
    Tick,
    /// A message from a peer whose handshake was checked.
    Peer {
        /// Who sent it, by the connection it came on.
        from: NodeId,
        /// The message.
        message: Box<Message>,
    },
    /// A link to a peer came up.
    PeerUp {
        /// The peer.
        peer: NodeId,
        /// What it said of itself.
        hello: Hello,
    },
    /// The link to a peer went down.
    PeerDown {
        /// The peer.
        peer: NodeId,
    },
    /// A message to a peer was dropped (queue full, link down).
    Dropped {
        /// The peer.
        peer: NodeId,
    },
    /// The log writer made groups durable.
    Synced(SyncReport),
    /// A request from a client.
    Request {
        /// Its id, never used twice in this process.
        id: RequestId,
        /// What is asked.
        request: Request,
    },
}

/// Something to do.
#[derive(Debug)]
pub enum Action {
    /// Hand to the log writer, in order.
    Write(WriteGroup),
    /// Send to a peer, or drop and say [`Input::Dropped`].
    Send {
        /// The peer.
        to: NodeId,
        /// Which connection.
        class: Class,
        /// The message.
        message: Box<Message>,
    },
    /// Answer a request.
    Respond {
        /// The request's id.
        id: RequestId,
        /// Its answer.
        response: Response,
    },
    /// Report that a peer sent what no node of a healthy cluster sends. It was refused.
    Alarm {
        /// The peer.
        from: NodeId,
        /// What it sent.
        reason: String,
    },
    /// End the process.
    Fatal(String),
}

/// Why a core cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// The configuration makes no sense.
    #[error("configuration: {0}")]
    Config(String),
    /// The log was readable, its content was not.
    #[error("recovered log: {0}")]
    Recovered(String),
}
