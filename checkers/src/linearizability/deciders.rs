//! Deciders: histories of a special shape judged without a search, in O(n log n).
//!
//! Each answers none for a history that has not its shape; the search takes those, but not before [`sources`] has asked
//! whether an answer came out of nothing, which is a proof in every shape. Each has a proof in its file, and
//! each was compared with trying every order on many thousands of small random histories.
//!
//! Moments are made numbers in which a call at a moment lies before a return at the same one, because intervals are
//! closed: a call takes an odd number, a return the even one after it. So no call ever equals a return, and 0 lies
//! before everything: were a call at moment 0 the number 0, a write called there could hide before the initial value.

pub mod log;
pub mod queue;
pub mod register;
pub mod sources;

use hashbrown::HashTable;

use super::mask::hash_of;
use super::models::Datum;
use super::operation::Operation;
use super::report::Decision;
use crate::verdict::Rule;

/// When an operation was called.
fn call<A>(operation: &Operation<A>) -> u64 {
    operation.called.saturating_mul(2).saturating_add(1)
}

/// When it returned; the end of time if it never did.
fn end<A>(operation: &Operation<A>) -> u64 {
    let end = |moment: u64| moment.saturating_mul(2).saturating_add(2);
    operation.returned.map_or(u64::MAX, end)
}

/// A contradiction, its witness without repetition, the operation that cannot be placed last.
fn contradiction(rule: Rule, witness: &[usize], last: usize) -> Decision {
    let mut witness: Vec<usize> = witness.iter().copied().filter(|w| *w != last).collect();
    witness.sort_unstable();
    witness.dedup();
    witness.push(last);
    Decision::Contradiction { rule, witness }
}

/// Which operation wrote a value, where every value is written once.
struct Writers<'a, V> {
    values: Vec<(&'a V, usize)>,
    numbers: HashTable<u32>,
}

impl<'a, V: Datum> Writers<'a, V> {
    /// No writer yet, with room for some.
    fn with_capacity(capacity: usize) -> Self {
        Writers {
            values: Vec::with_capacity(capacity),
            numbers: HashTable::with_capacity(capacity),
        }
    }

    /// Adds a writer; none if the value has one already, else the value's number.
    fn insert(&mut self, value: &'a V, position: usize) -> Option<usize> {
        let number = self.values.len();
        let hash = hash_of(value);
        let values = &self.values;
        let same = |number: &u32| values[*number as usize].0 == value;
        let rehash = |number: &u32| hash_of(values[*number as usize].0);
        match self.numbers.entry(hash, same, rehash) {
            hashbrown::hash_table::Entry::Occupied(_) => return None,
            hashbrown::hash_table::Entry::Vacant(entry) => drop(entry.insert(number as u32)),
        }
        self.values.push((value, position));
        Some(number)
    }

    /// The number of a value that somebody wrote.
    fn number(&self, value: &V) -> Option<usize> {
        let same = |number: &u32| self.values[*number as usize].0 == value;
        let number = self.numbers.find(hash_of(value), same)?;
        Some(*number as usize)
    }

    /// The operation that wrote the value of this number.
    fn position(&self, number: usize) -> usize {
        self.values[number].1
    }
}
