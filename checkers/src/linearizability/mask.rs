//! Sets of small numbers: which open operations a configuration has already placed.
//!
//! One machine word where that is enough, two where not, and boxed words beyond: a history may keep any number of
//! operations open. The search is compiled once for each, so the common case pays nothing for the rare one.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

/// A set of numbers below a bound that is fixed when the set is made.
pub(super) trait Mask: Clone + Ord + Hash {
    /// No number, with room for those below `bound`.
    fn empty(bound: usize) -> Self;
    /// Whether the number is in.
    fn has(&self, number: u32) -> bool;
    /// Puts it in.
    fn insert(&mut self, number: u32);
    /// Takes it out.
    fn remove(&mut self, number: u32);
    /// Whether every number here is also in `other`.
    fn is_subset(&self, other: &Self) -> bool;
    /// Bytes on the heap.
    fn heap_bytes(&self) -> usize;
}

macro_rules! word {
    ($word:ty) => {
        impl Mask for $word {
            fn empty(_: usize) -> Self {
                0
            }
            #[inline]
            fn has(&self, number: u32) -> bool {
                self >> number & 1 == 1
            }
            #[inline]
            fn insert(&mut self, number: u32) {
                *self |= 1 << number;
            }
            #[inline]
            fn remove(&mut self, number: u32) {
                *self &= !(1 << number);
            }
            #[inline]
            fn is_subset(&self, other: &Self) -> bool {
                self & !other == 0
            }
            fn heap_bytes(&self) -> usize {
                0
            }
        }
    };
}
word!(u64);
word!(u128);

/// As many words as it takes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Words(Box<[u64]>);

impl Mask for Words {
    fn empty(bound: usize) -> Self {
        Words(vec![0; bound.div_ceil(64)].into_boxed_slice())
    }
    fn has(&self, number: u32) -> bool {
        self.0[number as usize / 64].has(number % 64)
    }
    fn insert(&mut self, number: u32) {
        self.0[number as usize / 64].insert(number % 64);
    }
    fn remove(&mut self, number: u32) {
        self.0[number as usize / 64].remove(number % 64);
    }
    fn is_subset(&self, other: &Self) -> bool {
        let mut pairs = self.0.iter().zip(&other.0);
        pairs.all(|(here, there)| here.is_subset(there))
    }
    fn heap_bytes(&self) -> usize {
        // What the allocator adds counts, too.
        self.0.len() * 8 + 16
    }
}

/// The hash that every table of the search uses: quick, and the same in every run. Nothing iterates in its order.
#[inline]
pub(super) fn hash_of<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// For how many entries a table is made at once. Most objects are small, and growing their tables step by step took as
/// long as searching them did; large ones grow as they need, because what is reserved counts against the budget.
pub(super) fn room_for(operations: usize) -> usize {
    operations.min(256)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behaves_as_a_set<M: Mask>(bound: u32) {
        let (mut set, mut other) = (M::empty(bound as usize), M::empty(bound as usize));
        for number in [0, bound / 2, bound - 1] {
            assert!(!set.has(number));
            set.insert(number);
            assert!(set.has(number) && !set.is_subset(&other) && other.is_subset(&set));
        }
        other.insert(bound / 2);
        assert!(other.is_subset(&set));
        set.remove(bound / 2);
        assert!(!other.is_subset(&set) && set.has(0) && set.has(bound - 1));
    }

    #[test]
    fn every_width_is_the_same_set() {
        behaves_as_a_set::<u64>(64);
        behaves_as_a_set::<u128>(128);
        behaves_as_a_set::<Words>(64);
        behaves_as_a_set::<Words>(1_000);
    }
}
