//! A queue, first in, first out: enqueue, dequeue.

use std::collections::VecDeque;
use std::fmt::{Display, Formatter};
use std::marker::PhantomData;

use super::value::Datum;
use crate::linearizability::{Decision, Model, Operation, deciders};

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

/// A queue that begins empty.
#[derive(Clone, Copy, Debug)]
pub struct Queue<V>(PhantomData<V>);

impl<V> Queue<V> {
    /// An empty queue.
    pub fn new() -> Queue<V> {
        Queue(PhantomData)
    }
}

impl<V> Default for Queue<V> {
    fn default() -> Self {
        Queue::new()
    }
}

impl<V: Datum> Model for Queue<V> {
    type State = VecDeque<V>;
    type Action = QueueAction<V>;

    fn initial(&self) -> VecDeque<V> {
        VecDeque::new()
    }

    fn step(&self, queue: &VecDeque<V>, action: &QueueAction<V>) -> Option<VecDeque<V>> {
        let mut after;
        match action {
            QueueAction::Enqueue(value) => {
                after = queue.clone();
                after.push_back(value.clone());
            }
            QueueAction::Dequeue(value) => {
                if queue.front() != Some(value) {
                    return None;
                }
                after = queue.clone();
                after.pop_front();
            }
            QueueAction::DequeueEmpty => return queue.is_empty().then(VecDeque::new),
            QueueAction::DequeueUnknown => {
                after = queue.clone();
                after.pop_front();
            }
        }
        Some(after)
    }

    fn is_pure(&self, action: &QueueAction<V>) -> bool {
        matches!(action, QueueAction::DequeueEmpty)
    }

    fn decide(&self, operations: &[&Operation<QueueAction<V>>]) -> Option<Decision> {
        deciders::queue::decide(operations)
    }

    fn state_bytes(&self, queue: &VecDeque<V>) -> usize {
        size_of::<VecDeque<V>>() + queue.capacity() * size_of::<V>()
    }
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
