//! Which configurations a search has been at, and which it need not go to because of them.
//!
//! Two configurations at one level, in one state, with the same open operations placed, differ only in which crashed
//! operations they have used. The one that has used fewer can do whatever the other can: the crashed operations that it
//! has left include the other's. So for each (level, state, placed) only the smallest sets are kept, an antichain.
//!
//! An antichain of crashed operations can grow as large as the history is hostile, and each visit compares with all of
//! it. So comparisons are work that is counted ([`Visited::work`]), and the sets of one antichain lie side by side: of
//! twenty crashed compare-and-sets a linked list took twenty seconds, and none of them was a step.
//!
//! Marking on entry is sound in a depth-first search, too. Suppose success were missed. Of all visited configurations
//! from which success can be reached take one with the shortest way; its next configuration on that way was either
//! visited, or left out for one that was visited and whose way is no longer: a contradiction.

use hashbrown::HashTable;

use super::budgeting::{growth, steps_of_comparing, words_of};
use super::mask::{Mask, hash_of};
use super::timeline::Level;
use super::transitions::StateId;

/// A key of 16 bytes where one word holds the open operations, with the newest set of its antichain beside it.
struct Entry<K> {
    level: Level,
    state: StateId,
    placed: K,
    used: K,
    /// The rest of the antichain: a position in `chains`, or [`NONE`].
    chain: u32,
}

const NONE: u32 = u32::MAX;

/// The configurations visited.
pub(super) struct Visited<K> {
    entries: HashTable<Entry<K>>,
    chains: Vec<Vec<K>>,
    /// Chains that are empty and may be used again.
    free: Vec<u32>,
    /// What masks and chains own.
    heap_bytes: usize,
    /// The largest that a chain has been, in bytes: it may have to grow once more.
    chain_bytes: usize,
    /// Visits and comparisons, in steps.
    pub(super) work: u64,
}

impl<K: Mask> Visited<K> {
    /// None yet, and room for about this many.
    pub(super) fn with_room(count: usize) -> Self {
        Visited {
            entries: HashTable::with_capacity(count),
            chains: Vec::new(),
            free: Vec::new(),
            heap_bytes: 0,
            chain_bytes: 0,
            work: 0,
        }
    }

    /// Marks a configuration as visited; false if one that can do as much was visited before.
    pub(super) fn visit(&mut self, level: Level, state: StateId, placed: &K, used: &K) -> bool {
        self.work += 1 + words_of(placed) as u64;
        let hash = hash_of(&(level, state, placed));
        let same = |e: &Entry<K>| e.level == level && e.state == state && e.placed == *placed;
        let Some(entry) = self.entries.find_mut(hash, same) else {
            let entry = Entry {
                level,
                state,
                placed: placed.clone(),
                used: used.clone(),
                chain: NONE,
            };
            self.heap_bytes += placed.heap_bytes() + used.heap_bytes();
            let rehash = |e: &Entry<K>| hash_of(&(e.level, e.state, &e.placed));
            self.entries.insert_unique(hash, entry, rehash);
            return true;
        };
        if entry.used.is_subset(used) {
            return false;
        }
        let larger = used.is_subset(&entry.used);
        if entry.chain == NONE {
            if !larger {
                let before = std::mem::replace(&mut entry.used, used.clone());
                entry.chain = self.free.pop().unwrap_or_else(|| {
                    self.chains.push(Vec::new());
                    self.chains.len() as u32 - 1
                });
                let chain = &mut self.chains[entry.chain as usize];
                self.heap_bytes += used.heap_bytes() + chain.capacity() * size_of::<K>();
                push(chain, before, &mut self.heap_bytes, &mut self.chain_bytes);
            } else {
                entry.used = used.clone();
            }
            return true;
        }
        let chain = &mut self.chains[entry.chain as usize];
        let smaller = chain.iter().position(|other| other.is_subset(used));
        self.work += steps_of_comparing(smaller.unwrap_or(2 * chain.len()), used);
        if smaller.is_some() {
            return false;
        }
        // No smaller set is there. The larger ones leave; the new one takes the first place.
        let count = chain.len();
        chain.retain(|other| !used.is_subset(other));
        self.heap_bytes -= (count - chain.len()) * used.heap_bytes();
        let before = std::mem::replace(&mut entry.used, used.clone());
        if !larger {
            self.heap_bytes += used.heap_bytes();
            push(chain, before, &mut self.heap_bytes, &mut self.chain_bytes);
        }
        true
    }

    /// Forgets every level that is not to stay.
    pub(super) fn retain(&mut self, stays: impl Fn(Level) -> bool) {
        self.work += self.entries.len() as u64 / 4;
        let (chains, free, heap) = (&mut self.chains, &mut self.free, &mut self.heap_bytes);
        self.entries.retain(|entry| {
            let stays = stays(entry.level);
            if !stays {
                *heap -= entry.placed.heap_bytes() + entry.used.heap_bytes();
                if entry.chain != NONE {
                    let chain = std::mem::take(&mut chains[entry.chain as usize]);
                    *heap -= chain.len() * entry.used.heap_bytes();
                    *heap -= chain.capacity() * size_of::<K>();
                    free.push(entry.chain);
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

    /// The smallest configurations that were visited at a level at which nothing was open, in a fixed order; none if
    /// there are more than `count_max`.
    pub(super) fn exits(&self, level: Level, count_max: usize) -> Option<Vec<(StateId, K)>> {
        let mut exits: Vec<(StateId, K)> = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.level == level) {
            exits.push((entry.state, entry.used.clone()));
            let chain = self.chains.get(entry.chain as usize);
            let rest = chain.into_iter().flatten();
            exits.extend(
                rest.take(count_max + 1)
                    .map(|used| (entry.state, used.clone())),
            );
            if exits.len() > count_max {
                return None;
            }
        }
        exits.sort_unstable();
        Some(exits)
    }

    /// Bytes that the configurations take, without what tables hold in reserve.
    pub(super) fn live_bytes(&self) -> usize {
        let chains = self.chains.len() * size_of::<Vec<K>>();
        self.entries.len() * size_of::<Entry<K>>() + chains + self.heap_bytes
    }

    /// Bytes in use.
    pub(super) fn bytes(&self) -> usize {
        let chains = self.chains.capacity() * size_of::<Vec<K>>();
        self.entries.allocation_size() + chains + self.free.capacity() * 4 + self.heap_bytes
    }

    /// Bytes that it may take besides while it grows.
    pub(super) fn growth(&self) -> usize {
        let entries = &self.entries;
        growth(entries.len(), entries.capacity(), entries.allocation_size()).max(self.chain_bytes)
    }
}

/// Adds a set to a chain whose masks are counted already.
fn push<K>(chain: &mut Vec<K>, used: K, heap_bytes: &mut usize, chain_bytes: &mut usize) {
    let before = chain.capacity();
    chain.push(used);
    *heap_bytes += (chain.capacity() - before) * size_of::<K>();
    *chain_bytes = (*chain_bytes).max(chain.capacity() * size_of::<K>());
}
