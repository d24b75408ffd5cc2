//! Links between nodes: own frames over TCP, several connections per pair so that nothing small
//! waits behind data.
//!
//! Per ordered pair of nodes there are three, each with a task and a bounded queue of its own:
//! *control* (votes, heartbeats and their answers), *append* (entries), *forward* (requests for the
//! leader, with replies). The sender dials, eagerly and for ever. Nothing is sent twice: what does
//! not fit into a queue, or was on a connection that broke, is gone, and the core learns of it.
//!
//! | file | what |
//! |---|---|
//! | `auth` | who is on the other end: proofs, and a tag on every frame |
//! | `wire` | frames and the handshake, as bytes; no sockets |
//! | `schema` | whether bytes have the shape of a Raft message |
//! | `questions` | what forward links carry, as bytes |
//! | `socket` | dialling, options, liveness |
//! | `link` | the sending side of control and append |
//! | `inbound` | the receiving side of all three |
//! | `forwarding` | the sending side of forward |

pub(crate) mod auth;
pub(crate) mod forwarding;
pub(crate) mod frames;
pub(crate) mod inbound;
pub(crate) mod link;
pub(crate) mod questions;
pub(crate) mod schema;
pub(crate) mod socket;
pub(crate) mod wire;

use std::sync::Arc;
use std::time::Duration;

use raft::eraftpb::Message;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use tracing::debug;

use crate::config::{NodeConfig, PeerConfig};
use crate::hooks::Hooks;
use crate::messages::{Class, Hello};
use crate::refusals::Refusals;
use crate::request::NodeId;
use auth::LinkKey;
use socket::{LinkError, Proved};
use wire::{Purpose, WireError};

/// Something that happened on a link.
#[derive(Debug)]
pub(crate) enum PeerEvent {
    /// A message came in.
    Message {
        /// From this node, as its handshake said.
        from: NodeId,
        /// The message.
        message: Box<Message>,
        /// Its room in [`Shared::append_room`], given back once the core has it.
        room: Option<OwnedSemaphorePermit>,
    },
    /// The sending side of a link is connected, and the other side said this of itself.
    LinkUp {
        /// The other side.
        peer: NodeId,
        /// Which of the links to it.
        class: Class,
        /// What it said.
        hello: Hello,
    },
    /// The sending side of a link is gone, and what was on it perhaps too.
    LinkDown {
        /// The other side.
        peer: NodeId,
        /// Which of the links to it.
        class: Class,
    },
}

/// Control messages, and comings and goings of links, on their way to the core.
pub(crate) const CONTROL_EVENTS_QUEUED_MAX: usize = 1024;

/// Append messages on their way to the core. Each is about 1 MiB as a rule; a reader that finds the
/// queue full stops reading its connection, and no other.
pub(crate) const APPEND_EVENTS_QUEUED_MAX: usize = 64;

/// Bytes of append messages on their way to the core, because one may have 80 MiB.
pub(crate) const APPEND_BYTES_QUEUED_MAX: usize = 128 << 20;

/// What the tasks of all links share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    /// The configuration of this node.
    pub(crate) config: Arc<NodeConfig>,
    /// What proves that a node belongs to this cluster.
    pub(crate) key: LinkKey,
    /// Nodes that do not talk to this one, or are not talked to.
    pub(crate) refusals: Arc<Refusals>,
    /// What the core says of itself in handshakes.
    pub(crate) hello: watch::Receiver<Hello>,
    /// To the core: control messages, and links.
    pub(crate) control: mpsc::Sender<PeerEvent>,
    /// To the core: append messages.
    pub(crate) append: mpsc::Sender<PeerEvent>,
    /// Room for append messages on their way to the core.
    pub(crate) append_room: Arc<Semaphore>,
    /// The hooks of this node.
    pub(crate) hooks: Hooks,
}

impl Shared {
    /// A link on which nothing was received for this long is given up.
    ///
    /// Twice the longest election time-out: shorter, and a busy node loses links for nothing;
    /// longer, and a link that was cut and healed stays silent although both sides could talk. TCP
    /// alone would wait for its next retransmission, which after a cut of 13 s may be another 13 s
    /// away.
    pub(crate) fn silence_max(&self) -> Duration {
        Duration::from_millis(2 * self.config.timing.election_max_ms)
    }

    /// How often each side of a link says something, if only that it is there.
    pub(crate) fn ping_interval(&self) -> Duration {
        Duration::from_millis((self.config.timing.election_max_ms / 6).max(1))
    }

    /// Connects to a peer.
    pub(crate) async fn dial(
        &self,
        peer: &PeerConfig,
        purpose: Purpose,
    ) -> Result<(Proved, Hello), LinkError> {
        let ends = (self.config.node_id, peer.id);
        socket::dial(&peer.peer, &self.key, purpose, ends, self.silence_max()).await
    }

    /// What stands at a peer's address is not that peer: an operator's mistake or an attack, and worth a warning. The
    /// rest is the life of networks.
    pub(crate) fn not_dialled(&self, peer: &PeerConfig, error: &LinkError) {
        match error {
            LinkError::Wire(WireError::Proof | WireError::Tag | WireError::Magic(_)) => {
                self.refusals
                    .report(format_args!("node {} at {}", peer.id, peer.peer), error);
            }
            error => debug!(peer = peer.id, %error, "not connected"),
        }
    }
}
