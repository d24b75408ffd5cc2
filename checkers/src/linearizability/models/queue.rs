//! A queue, first in, first out: enqueue, dequeue.

use std::collections::VecDeque;
use std::marker::PhantomData;

use super::value::Datum;
use crate::linearizability::actions::QueueAction;
use crate::linearizability::{Decision, Model, Operation, deciders};

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
        deciders::queue::decide(operations).or_else(|| deciders::sources::queue(operations))
    }

    fn state_bytes(&self, queue: &VecDeque<V>) -> usize {
        size_of::<VecDeque<V>>() + queue.capacity() * size_of::<V>()
    }
}
