//! What a member owns in its generation, and where it goes on.
//!
//! **No coordinator's word is enough.** One that lost its office without knowing it may answer from memory (Apache Kafka 4.4.0
//! does, until it hears of its successor). A consumer that believes it begins again where it was, and if its commit then reaches
//! the real coordinator in the same generation, nothing fences it. So a member learns a position from the node that gave it
//! the assignment of its generation: that one had written the generation down, behind every offset that was committed before,
//! and only the member itself may commit within it. What it has learned since is its own knowledge, and an answer that is
//! older shows a former coordinator.

use std::collections::BTreeMap;

use checkers::history::{Offset, Text};

/// Who owns: a generation, and a member id.
type Owner = (i32, Text);

/// The partitions of one member.
#[derive(Debug, Default)]
pub(super) struct Owned {
    owner: Owner,
    places: BTreeMap<i32, Position>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Position {
    /// Where it goes on. None: it must ask.
    next: Option<Offset>,
    /// The committed offset as the member knows it. None: it has not learned any in its generation.
    known: Option<Offset>,
}

impl Owned {
    /// These partitions are assigned. If nothing but the question was repeated, what is known stays.
    pub(super) fn assign(&mut self, owner: Owner, partitions: impl Iterator<Item = i32>) {
        let before = match self.owner == owner {
            true => std::mem::take(&mut self.places),
            false => BTreeMap::new(),
        };
        let kept = |partition: &i32| before.get(partition).copied().unwrap_or_default();
        self.places = partitions
            .map(|partition| (partition, kept(&partition)))
            .collect();
        self.owner = owner;
    }

    /// The partitions whose positions must be asked for.
    pub(super) fn unknown(&self) -> Vec<i32> {
        let unknown = self.places.iter().filter(|one| one.1.next.is_none());
        unknown.map(|one| *one.0).collect()
    }

    /// Whether one of them was never asked for in this generation.
    pub(super) fn has_new(&self) -> bool {
        let mut places = self.places.values();
        places.any(|one| one.next.is_none() && one.known.is_none())
    }

    /// An offset was answered. False if it is older than what the member knows, and then nothing is learned.
    pub(super) fn answered(&mut self, partition: i32, offset: Offset) -> bool {
        let Some(position) = self.places.get_mut(&partition) else {
            return true;
        };
        if position.known.is_some_and(|known| offset < known) {
            return false;
        }
        *position = Position {
            next: Some(offset),
            known: Some(offset),
        };
        true
    }

    /// These offsets were committed by its transaction, or not, and then it must ask: no client goes back by itself.
    pub(super) fn ended(&mut self, offsets: &BTreeMap<i32, Offset>, committed: bool) {
        for (partition, offset) in offsets {
            let Some(position) = self.places.get_mut(partition) else {
                continue;
            };
            match committed {
                true => {
                    position.next = Some(*offset);
                    position.known = Some(*offset);
                }
                false => position.next = None,
            }
        }
    }

    /// Its partitions with known positions.
    pub(super) fn positions(&self) -> impl Iterator<Item = (i32, Offset)> {
        let places = self.places.iter();
        places.filter_map(|(partition, position)| Some((*partition, position.next?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(generation: i32, member: &str) -> Owner {
        (generation, member.into())
    }

    #[test]
    fn an_older_answer_in_the_same_generation_is_not_believed() {
        let mut owned = Owned::default();
        owned.assign(owner(3, "a"), [0, 1].into_iter());
        assert!(owned.has_new() && owned.unknown() == [0, 1]);
        assert!(owned.answered(0, 10) && owned.answered(1, 0));
        owned.ended(&[(0, 15)].into(), true);
        owned.ended(&[(0, 20)].into(), false);
        assert_eq!(owned.unknown(), [0]);
        assert!(!owned.has_new());
        // A former coordinator still has what was there before the commit.
        assert!(!owned.answered(0, 10));
        assert_eq!(owned.unknown(), [0]);
        assert!(owned.answered(0, 15));
        assert_eq!(owned.positions().collect::<Vec<_>>(), [(0, 15), (1, 0)]);
    }

    #[test]
    fn another_generation_or_member_begins_without_knowledge() {
        let mut owned = Owned::default();
        owned.assign(owner(3, "a"), [0].into_iter());
        owned.answered(0, 10);
        // The same question again, as after a JoinGroup whose answer was lost.
        owned.assign(owner(3, "a"), [0].into_iter());
        assert!(owned.unknown().is_empty());
        owned.assign(owner(3, "b"), [0].into_iter());
        assert!(owned.has_new() && owned.answered(0, 4));
        owned.assign(owner(4, "b"), [0].into_iter());
        assert!(owned.has_new());
    }

    #[test]
    fn what_is_not_owned_any_more_teaches_nothing() {
        let mut owned = Owned::default();
        owned.assign(owner(3, "a"), [1].into_iter());
        owned.ended(&[(0, 9)].into(), true);
        assert!(owned.answered(0, 5));
        assert_eq!(owned.positions().count(), 0);
    }
}
