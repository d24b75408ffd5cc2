//! Plant `slow-leak`: a queue that was bounded, without its bound.
//!
//! What the core cannot send to a peer is dropped, and the core told so. Here it is kept for when
//! the peer is back, each message with the buffer that it will be written from; and what was kept
//! for a connection that broke is stale, so nobody ever takes it. As the core goes on sending
//! heartbeats to whoever is silent, the queue grows as long as a peer is.

use std::time::Duration;

use raft::eraftpb::Message;
use tracing::warn;

use super::{Plant, Plants};
use crate::request::NodeId;

/// Between two words in the log.
const TOLD_EVERY_BYTES: usize = 64 << 20;

/// The queue.
#[derive(Debug)]
pub(crate) struct Leak {
    kept: Vec<(Box<Message>, Vec<u8>)>,
    buffer_bytes: usize,
    bytes: usize,
    told_bytes: usize,
}

impl Leak {
    /// A queue that grows by the plant's parameter while one peer takes no heartbeats.
    pub(crate) fn new(plants: &Plants, heartbeat: Duration) -> Option<Leak> {
        let per_second = u64::from(plants.value(Plant::SlowLeak)?) << 20;
        let buffer_bytes = u128::from(per_second) * heartbeat.as_millis() / 1000;
        Some(Leak {
            kept: Vec::new(),
            buffer_bytes: usize::try_from(buffer_bytes).unwrap_or(usize::MAX),
            bytes: 0,
            told_bytes: 0,
        })
    }

    /// Keeps a message that could not be sent.
    pub(crate) fn keep(&mut self, peer: NodeId, message: Box<Message>) {
        // Written to, because memory that nobody has touched occupies nothing.
        self.kept.push((message, vec![1; self.buffer_bytes]));
        self.bytes += self.buffer_bytes;
        if self.bytes >= self.told_bytes {
            let messages = self.kept.len();
            warn!(
                peer,
                messages,
                bytes = self.bytes,
                "plant: kept without bound"
            );
            self.told_bytes = self.bytes + TOLD_EVERY_BYTES;
        }
    }
}
