//! Which configurations a search has been at, and which it need not go to because of them.
//!
//! Two configurations at one level, in one state, with the same open operations placed, differ only in which crashed
//! operations they have used. The one that has used fewer can do whatever the other can: the crashed operations that it
//! has left include the other's. So for each (level, state, placed) only the smallest sets are kept, an antichain.
//!
//! Marking on entry is sound in a depth-first search, too. Suppose success were missed. Of all visited configurations
//! from which success can be reached take one with the shortest way; its next configuration on that way was either
//! visited, or left out for one that was visited and whose way is no longer: a contradiction.

use hashbrown::HashTable;

use super::mask::{Mask, hash_of};
use super::timeline::Level;
use super::transitions::StateId;

/// A key of 16 bytes where one word holds the open operations, with the first set of its antichain beside it.
struct Entry<K> {
    level: Level,
    state: StateId,
    placed: K,
    used: K,
    /// The rest of the antichain: a position in `more`, or [`NONE`].
    next: u32,
}

/// Another set of an antichain.
struct More<K> {
    used: K,
    next: u32,
}

const NONE: u32 = u32::MAX;

/// The configurations visited.
pub(super) struct Visited<K> {
    entries: HashTable<Entry<K>>,
    more: Vec<More<K>>,
    free: u32,
    heap_bytes: usize,
}

impl<K: Mask> Visited<K> {
    /// None yet, and room for about this many.
    pub(super) fn with_room(count: usize) -> Self {
        Visited {
            entries: HashTable::with_capacity(count),
            more: Vec::new(),
            free: NONE,
            heap_bytes: 0,
        }
    }

    /// Marks a configuration as visited; false if one that can do as much was visited before.
    pub(super) fn visit(&mut self, level: Level, state: StateId, placed: &K, used: &K) -> bool {
        let hash = hash_of(&(level, state, placed));
        let same = |e: &Entry<K>| e.level == level && e.state == state && e.placed == *placed;
        let Some(entry) = self.entries.find_mut(hash, same) else {
            let entry = Entry {
                level,
                state,
                placed: placed.clone(),
                used: used.clone(),
                next: NONE,
            };
            self.heap_bytes += placed.heap_bytes() + used.heap_bytes();
            let rehash = |e: &Entry<K>| hash_of(&(e.level, e.state, &e.placed));
            self.entries.insert_unique(hash, entry, rehash);
            return true;
        };
        if entry.used.is_subset(used) {
            return false;
        }
        let mut at = entry.next;
        while at != NONE {
            let other = &self.more[at as usize];
            if other.used.is_subset(used) {
                return false;
            }
            at = other.next;
        }
        // No smaller set is there. The larger ones leave; the new one takes the first place.
        let mut kept = NONE;
        let mut at = entry.next;
        while at != NONE {
            let next = self.more[at as usize].next;
            let leaves = used.is_subset(&self.more[at as usize].used);
            let list = if leaves { &mut self.free } else { &mut kept };
            self.more[at as usize].next = *list;
            *list = at;
            at = next;
        }
        if !used.is_subset(&entry.used) {
            let used = entry.used.clone();
            if self.free == NONE {
                self.heap_bytes += used.heap_bytes();
                self.more.push(More { used, next: kept });
                kept = self.more.len() as u32 - 1;
            } else {
                let at = self.free;
                let reused = &mut self.more[at as usize];
                self.free = reused.next;
                *reused = More { used, next: kept };
                kept = at;
            }
        }
        entry.used = used.clone();
        entry.next = kept;
        true
    }

    /// Forgets every level that is not to stay.
    pub(super) fn retain(&mut self, stays: impl Fn(Level) -> bool) {
        let (more, free, heap) = (&mut self.more, &mut self.free, &mut self.heap_bytes);
        self.entries.retain(|entry| {
            let stays = stays(entry.level);
            if !stays {
                *heap -= entry.placed.heap_bytes() + entry.used.heap_bytes();
                let mut at = entry.next;
                while at != NONE {
                    let next = more[at as usize].next;
                    more[at as usize].next = *free;
                    *free = at;
                    at = next;
                }
            }
            stays
        });
    }

    /// The states in which this level was visited, in the order of their numbers.
    pub(super) fn states_at(&self, level: Level) -> Vec<StateId> {
        let at = self.entries.iter().filter(|entry| entry.level == level);
        let mut states: Vec<StateId> = at.map(|entry| entry.state).collect();
        states.sort_unstable();
        states.dedup();
        states
    }

    /// The smallest configurations that were visited at a level at which nothing was open, in a fixed order.
    pub(super) fn exits(&self, level: Level) -> Vec<(StateId, K)> {
        let mut exits: Vec<(StateId, K)> = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.level == level) {
            exits.push((entry.state, entry.used.clone()));
            let mut at = entry.next;
            while at != NONE {
                let other = &self.more[at as usize];
                exits.push((entry.state, other.used.clone()));
                at = other.next;
            }
        }
        exits.sort_unstable();
        exits
    }

    /// Bytes that the configurations take, without what tables hold in reserve.
    pub(super) fn live_bytes(&self) -> usize {
        let more = self.more.len() * size_of::<More<K>>();
        self.entries.len() * size_of::<Entry<K>>() + more + self.heap_bytes
    }

    /// Bytes in use.
    pub(super) fn bytes(&self) -> usize {
        let more = self.more.capacity() * size_of::<More<K>>();
        self.entries.allocation_size() + more + self.heap_bytes
    }
}
