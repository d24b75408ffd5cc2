//! Calls whose answer is not due yet. A signal makes a question void, and the kernel asks again: the call is then due
//! when it was due before, so that signals prolong nothing. Pure.

use std::collections::BTreeMap;
use std::time::Instant;

use super::notice::Notice;
use crate::node::Node;

/// A call of a node that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) notice: Notice,
    /// Which listener asked.
    pub(super) listener: u64,
    pub(super) since: Instant,
    pub(super) due: Instant,
}

/// All calls that wait: a thread has at most one.
#[derive(Debug, Default)]
pub(super) struct Waiting(BTreeMap<(Node, u32), Held>);

impl Waiting {
    /// Holds a call. If the same call of the same thread waits already, that question is void, and its times count.
    pub(super) fn hold(&mut self, node: Node, held: Held) {
        let key = (node, held.notice.thread);
        let earlier = self.0.get(&key);
        let again = earlier.filter(|earlier| earlier.notice.call == held.notice.call);
        let held = match again {
            Some(earlier) => Held {
                since: earlier.since,
                due: earlier.due,
                ..held
            },
            None => held,
        };
        self.0.insert(key, held);
    }

    /// When the first is due.
    pub(super) fn first_due(&self) -> Option<Instant> {
        self.0.values().map(|held| held.due).min()
    }

    /// Takes out what is due.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<(Node, Held)> {
        self.take(|_, held| held.due <= now)
    }

    /// Takes out everything of a node.
    pub(super) fn take_all(&mut self, node: Node) -> Vec<(Node, Held)> {
        self.take(|of, _| of == node)
    }

    /// Forgets what a listener asked that is gone.
    pub(super) fn forget(&mut self, listener: u64) {
        self.0.retain(|_, held| held.listener != listener);
    }

    fn take(&mut self, wanted: impl Fn(Node, &Held) -> bool) -> Vec<(Node, Held)> {
        let mut taken = Vec::new();
        self.0.retain(|(node, _), held| {
            let keeps = !wanted(*node, held);
            if !keeps {
                taken.push((*node, *held));
            }
            keeps
        });
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn held(id: u64, thread: u32, descriptor: u64, due: Instant) -> Held {
        let call = (libc::SYS_fsync, [descriptor, 0, 0]);
        Held {
            notice: Notice { id, thread, call },
            listener: 1,
            since: due,
            due,
        }
    }

    #[test]
    fn a_call_that_is_asked_for_again_keeps_its_time() {
        let node = Node::from_index(0).expect("a node");
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let mut waiting = Waiting::default();
        waiting.hold(node, held(1, 10, 5, now));
        waiting.hold(node, held(2, 10, 5, later));
        waiting.hold(node, held(3, 11, 5, later));
        assert_eq!(waiting.first_due(), Some(now));
        let due = waiting.take_due(now);
        assert_eq!(due.len(), 1);
        assert_eq!((due[0].1.notice.id, due[0].1.due), (2, now));
        // Another call of the thread is another call.
        waiting.hold(node, held(4, 11, 6, later + Duration::from_secs(1)));
        assert!(waiting.take_due(later).is_empty());
        let other = Node::from_index(1).expect("a node");
        assert!(waiting.take_all(other).is_empty());
        assert_eq!(waiting.take_all(node).len(), 1);
        assert_eq!(waiting.first_due(), None);
    }

    #[test]
    fn what_a_process_asked_is_forgotten_with_it() {
        let node = Node::from_index(0).expect("a node");
        let mut waiting = Waiting::default();
        waiting.hold(node, held(1, 10, 5, Instant::now()));
        waiting.forget(2);
        assert!(waiting.first_due().is_some());
        waiting.forget(1);
        assert!(waiting.first_due().is_none());
    }
}
