//! The vocabulary of the links between nodes: kinds of frames, purposes of connections, the introduction, and what can be
//! wrong with a frame. How they look as bytes is in `wire`.

use strum::FromRepr;

use crate::request::NodeId;

/// Bytes of a nonce.
pub(crate) const NONCE_BYTES: usize = 32;

/// Fresh for every connection, on each side.
pub(crate) type Nonce = [u8; NONCE_BYTES];

/// Grows with every change of these frames. Nodes of different versions do not talk.
pub(super) const PROTOCOL_VERSION: u16 = 2;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRepr)]
#[repr(u8)]
pub(crate) enum Kind {
    /// The dialler's introduction: who it is and what for, with a nonce.
    Hello = 1,
    /// "I am here", in place of something better to say.
    Ping = 2,
    /// A Raft message, protobuf.
    Raft = 3,
    /// A request for the leader.
    Request = 4,
    /// The reply to one.
    Reply = 5,
    /// The acceptor's nonce and proof.
    Challenge = 6,
    /// The dialler's proof.
    Proof = 7,
    /// What the acceptor says of itself, once it knows whom it talks to.
    Welcome = 8,
}

/// Which of the three connections one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, FromRepr)]
#[repr(u8)]
pub(crate) enum Purpose {
    /// Votes, heartbeats and their answers.
    Control = 1,
    /// Entries.
    Append = 2,
    /// Requests for the leader.
    Forward = 3,
}

/// Bytes that are no frame of this protocol, or not at this place. The connection is closed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    #[error("a frame of {length} bytes, allowed are {limit}")]
    Length { length: usize, limit: usize },
    #[error("unknown frame kind {0}")]
    Kind(u8),
    #[error("frame too short, or its content makes no sense")]
    Content,
    #[error("this is not a peer: the handshake starts with {0:02x?}")]
    Magic([u8; 4]),
    #[error(
        "the peer speaks protocol version {0}, this node {PROTOCOL_VERSION}; all nodes of a cluster must run the same release"
    )]
    Version(u16),
    #[error("the peer is node {from} and wants node {to}")]
    Nodes { from: NodeId, to: NodeId },
    #[error("a {0:?} frame where none may come")]
    Unexpected(Kind),
    #[error(
        "no proof of this cluster's secret; `cluster_id` and `cluster_secret` must be the same on all nodes"
    )]
    Proof,
    #[error("a frame that the peer did not send, or not at this place")]
    Tag,
}

/// What a dialler says first, in the open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Introduction {
    pub(crate) purpose: Purpose,
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) nonce: Nonce,
}
