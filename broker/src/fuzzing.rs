//! Entry points for fuzzing: everything that reads bytes from outside before anything is decided
//! about them.
//!
//! The targets in `fuzz/` call these with arbitrary bytes, and a test of this crate with a small
//! corpus. Not part of the crate's promises.

mod messages;
mod peer;
mod victim;

pub use messages::{KINDS, hostile_messages};
pub use peer::{Lane, Peer};

/// A Kafka request as it follows its length: header, shape, decoder of the API it names.
pub fn request(bytes: &[u8]) {
    crate::api::fuzz::request(bytes);
}

/// A frame between nodes, handshake and forwarded requests; protobuf apart.
pub fn peer_frame(bytes: &[u8]) {
    crate::peers::wire::fuzz(bytes);
    crate::peers::questions::fuzz(bytes);
}

/// A Raft message, as a node of this cluster might send it.
pub fn peer_message(bytes: &[u8]) {
    let _ = crate::peers::wire::decode_message(&bytes::Bytes::copy_from_slice(bytes));
}

/// A whole session of the authenticated protocol with a node's core: the bytes decide what is sent, in which roles the node
/// is, and when it restarts.
///
/// # Panics
/// If the node panics, forgets what it had committed, or cannot start again.
pub fn peer_session(bytes: &[u8]) {
    victim::session(bytes);
}
