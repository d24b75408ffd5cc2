//! `slow-leak`: a queue that was bounded, without its bound.
//!
//! What the core cannot send to a peer is dropped, and the core learns of it. Here it is kept until
//! the peer is back, each message with the buffer that it will be written from; and what was kept
//! for a connection that broke is stale, so nobody ever takes it. As the core goes on sending
//! heartbeats to a silent peer, the queue grows as long as a peer is silent.

use std::sync::{Mutex, PoisonError};

use raft::eraftpb::Message;
use tracing::warn;

use crate::hooks::{Hook, Surroundings};
use crate::request::NodeId;

/// Between two lines in the log.
const LOGGED_EVERY_BYTES: usize = 64 << 20;

/// A queue that grows at this rate while one peer takes no heartbeats.
#[derive(Debug)]
pub(super) struct SlowLeak {
    mib_per_second: u32,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    kept: Vec<(Message, Vec<u8>)>,
    buffer_bytes: usize,
    bytes: usize,
    logged_bytes: usize,
}

impl SlowLeak {
    pub(super) fn new(mib_per_second: u32) -> SlowLeak {
        SlowLeak {
            mib_per_second,
            queue: Mutex::default(),
        }
    }
}

impl Hook for SlowLeak {
    fn started(&self, surroundings: &Surroundings) {
        let per_second = u128::from(self.mib_per_second) << 20;
        let buffer_bytes = per_second * surroundings.heartbeat.as_millis() / 1000;
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.buffer_bytes = usize::try_from(buffer_bytes).unwrap_or(usize::MAX);
    }

    fn message_dropped(&self, to: NodeId, message: &Message) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = &mut *queue;
        // Written to, because memory that nobody has touched occupies nothing.
        let buffer = vec![1; queue.buffer_bytes];
        queue.kept.push((message.clone(), buffer));
        queue.bytes += queue.buffer_bytes;
        if queue.bytes >= queue.logged_bytes {
            let (messages, bytes) = (queue.kept.len(), queue.bytes);
            warn!(peer = to, messages, bytes, "plant: kept without bound");
            queue.logged_bytes = bytes + LOGGED_EVERY_BYTES;
        }
    }
}
