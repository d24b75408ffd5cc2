//! How far partitions reach, and how far they were read through each node. The probe for end offsets knows the one, and the
//! rolling reads make the other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use checkers::history::Offset;

/// A partition: its topic and its index.
pub type Place = (String, i32);

/// Shared between those that know something and those that need it.
#[derive(Clone, Default)]
pub struct Reach(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    ends: BTreeMap<Place, Offset>,
    read: BTreeMap<(usize, Place), Offset>,
}

impl Reach {
    /// A partition ends here, by the word of a node.
    pub fn ends(&self, (topic, partition): (&str, i32), end: Offset) {
        let mut known = self.known();
        let known = known.ends.entry((topic.to_owned(), partition));
        let known = known.or_insert(end);
        *known = end.max(*known);
    }

    /// Up to where a partition was read through a node without a break. None if it was not.
    pub fn read(&self, node: usize, (topic, partition): (&str, i32)) -> Option<Offset> {
        let place = (node, (topic.to_owned(), partition));
        self.known().read.get(&place).copied()
    }

    /// Up to where a partition was read through all nodes. None if some node was not read.
    pub fn read_by_all(&self, nodes: usize, place: (&str, i32)) -> Option<Offset> {
        let read = (1..=nodes).map(|node| self.read(node, place));
        read.min().flatten()
    }

    /// What is not read of each partition through a node: how much, and from where on.
    pub fn unread(&self, node: usize, places: &[Place]) -> Vec<(Offset, Offset)> {
        let known = self.known();
        let unread = |place: &Place| {
            let end = known.ends.get(place).copied().unwrap_or(0);
            let from = known.read.get(&(node, place.clone())).copied().unwrap_or(0);
            (end.saturating_sub(from), from)
        };
        places.iter().map(unread).collect()
    }

    /// A partition was read through a node up to here.
    pub fn note(&self, node: usize, place: &Place, to: Offset) {
        self.known().read.insert((node, place.clone()), to);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unread_is_counted_from_where_a_node_was_read() {
        let reach = Reach::default();
        let places = [("t".to_owned(), 0), ("t".to_owned(), 1)];
        assert_eq!(reach.unread(1, &places), [(0, 0), (0, 0)]);
        reach.ends(("t", 0), 500);
        // A node that is behind does not take anything back.
        reach.ends(("t", 0), 400);
        reach.note(1, &places[0], 300);
        assert_eq!(reach.unread(1, &places), [(200, 300), (0, 0)]);
        assert_eq!(reach.unread(2, &places), [(500, 0), (0, 0)]);
        assert_eq!(
            (reach.read(1, ("t", 0)), reach.read(2, ("t", 0))),
            (Some(300), None)
        );
    }
}
