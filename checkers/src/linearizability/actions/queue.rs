//! What can be done to a first-in-first-out queue.

use std::fmt::{Display, Formatter};

/// What was done to a queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QueueAction<V> {
    /// Put at the end.
    Enqueue(V),
    /// Took this from the front.
    Dequeue(V),
    /// Found nothing to take.
    DequeueEmpty,
    /// Perhaps took whatever was at the front: a crashed dequeue.
    DequeueUnknown,
}

impl<V: std::fmt::Debug> Display for QueueAction<V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            QueueAction::Enqueue(value) => write!(f, "enqueue {value:?}"),
            QueueAction::Dequeue(value) => write!(f, "dequeue {value:?}"),
            QueueAction::DequeueEmpty => f.write_str("dequeue: empty"),
            QueueAction::DequeueUnknown => f.write_str("dequeue"),
        }
    }
}
