//! Hooks: places where something else may watch a node or interfere, for mistakes that need a state or threads of their
//! own and so cannot be a [rule](crate::rules). None by default, and in every broker that is meant to work.
//!
//! [`Hook`] has a method for each place, without effect unless overridden. A node is built with [`Hooks`], a list of them,
//! and calls the list; without any, each call is a loop over nothing.

mod list;

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use raft::eraftpb::{Entry, Message};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use crate::frame::Frame;
use crate::messages::{Class, Forwarded, Hello};
use crate::request::{NodeId, Response, Time};
use crate::state::State;
use crate::state::partition::{BatchPlace, Partition};

pub use list::Hooks;

/// A future that owns what it needs.
pub(crate) type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Something that is released when it is dropped.
pub(crate) type Held = Box<dyn Any + Send>;

/// Puts a message in line for a link. False if there is no room.
pub(crate) type Offer = Arc<dyn Fn(Box<Message>) -> bool + Send + Sync>;

/// Passes on to the leader a request for a producer id, without a deadline, and waits for the answer.
pub(crate) type AskLeader = Arc<dyn Fn() -> Later<()> + Send + Sync>;

/// Where the answer of the core to a Produce request will be.
pub(crate) type Outcomes = oneshot::Receiver<Response>;

/// What a client is told instead of an answer, once that is ready.
pub(crate) type Retelling = Box<dyn FnOnce(Bytes) -> Told + Send>;

/// An answer as a client gets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// What is sent; nothing if there is none.
    pub(crate) bytes: Option<Bytes>,
    /// How long it waits before that.
    pub(crate) delay: Duration,
    /// Whether the connection is closed after it.
    pub(crate) closes: bool,
}

impl Told {
    /// The usual way.
    pub(crate) fn at_once(bytes: Bytes) -> Told {
        Told {
            bytes: Some(bytes),
            ..Told::default()
        }
    }
}

/// What a hook may use of its node.
pub(crate) struct Surroundings {
    /// The node.
    pub(crate) node: NodeId,
    /// Where tasks run.
    pub(crate) runtime: Handle,
    /// How often a leader sends heartbeats.
    pub(crate) heartbeat: Duration,
    /// The links to the other nodes.
    pub(crate) links: BTreeMap<(NodeId, Class), Offer>,
    /// What the node says of itself.
    pub(crate) hello: watch::Receiver<Hello>,
    /// The way to the leader.
    pub(crate) ask_leader: AskLeader,
}

/// What a coordinator gives a time-out to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timed {
    /// The silence of a group's member.
    Sessions,
    /// An open transaction.
    Transactions,
}

/// Who applies an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Applier<'a> {
    /// The node.
    pub(crate) node: NodeId,
    /// Whether it leads.
    pub(crate) leads: bool,
    /// All nodes.
    pub(crate) voters: &'a [NodeId],
}

/// What interferes with a node. Each method is one place, and has no effect by default.
pub(crate) trait Hook: Debug + Send + Sync {
    /// The log was read; it ends at this entry. A state from before is forgotten.
    fn recovered(&self, _last_index: u64) {}

    /// The core took a heartbeat; `state` is what it has applied.
    fn heartbeat_taken(&self, _state: &State) {}

    /// The node begins to lead. Where it goes on, by topic and partition, instead of at the ends of its log.
    fn first_offsets(&self) -> Vec<((Uuid, i32), i64)> {
        Vec::new()
    }

    /// The end that a leader lists for a partition in this term, instead of the applied one.
    fn listed_end(&self, _at: (Uuid, i32), _partition: &Partition, _term: u64) -> Option<i64> {
        None
    }

    /// A checked batch is about to become part of an entry; its offsets are set.
    fn batch_stored(&self, _batch: &mut [u8]) {}

    /// An entry is about to be applied. False: it is passed over.
    fn entry_applies(&self, _entry: &Entry, _state: &mut State, _by: Applier<'_>) -> bool {
        true
    }

    /// A fetch from `offset`: how many of the batches from there on it passes over, and the offset at which it ends.
    fn fetch_bounds(&self, _partition: &Partition, _offset: i64) -> (usize, i64) {
        (0, i64::MAX)
    }

    /// Batches that a fetch is given beyond what is applied, in the order of their offsets from `next` on. `entries` reads
    /// the entries that are in the log and not applied.
    fn fetch_beyond(
        &self,
        _at: (Uuid, i32),
        _next: i64,
        _entries: &dyn Fn() -> Vec<Entry>,
    ) -> Vec<BatchPlace> {
        Vec::new()
    }

    /// The time by which something is counted, instead of the core's.
    fn time_of(&self, _what: Timed) -> Option<Time> {
        None
    }

    /// The node is about to run its core.
    fn started(&self, _surroundings: &Surroundings) {}

    /// How long a link waits before it is first dialled.
    fn dial_delay(&self) -> Option<Duration> {
        None
    }

    /// The core sends a message. What is not given back is taken, and the core learns nothing of it.
    fn take_message(
        &self,
        _to: NodeId,
        _class: Class,
        message: Box<Message>,
    ) -> Option<Box<Message>> {
        Some(message)
    }

    /// There was no room for a message, or no link.
    fn message_dropped(&self, _to: NodeId, _message: &Message) {}

    /// A link came up or went down.
    fn link_changed(&self, _peer: NodeId, _class: Class, _is_up: bool) {}

    /// What a turn of the core waits for and holds until it is done.
    fn turn_waits(&self) -> Option<Later<Held>> {
        None
    }

    /// Runs a turn of the core.
    fn around_turn(&self, turn: &mut dyn FnMut()) {
        turn();
    }

    /// What this node passes on to the leader instead of what it was asked.
    fn passed_on(&self, what: Forwarded) -> Forwarded {
        what
    }

    /// What the answer to something that another node passed on waits for and holds. With it, the answer has no deadline.
    fn forwarded_waits(&self, _what: &Forwarded) -> Option<Later<Held>> {
        None
    }

    /// A Produce request came. What becomes of the place where its answer will be.
    fn write_arrived(&self) -> Option<Box<dyn FnOnce(Outcomes) -> Outcomes + Send>> {
        None
    }

    /// A request came from a client. What becomes of its answer.
    fn question_came(&self, _frame: &Frame) -> Option<Retelling> {
        None
    }
}
