//! Values by small numbers: equal values get one number, in the order of first sight.

use std::hash::Hash;

use hashbrown::HashTable;

use super::budgeting::growth;
use super::mask::hash_of;

/// Numbers for values.
pub(super) struct Interner<T> {
    values: Vec<T>,
    numbers: HashTable<u32>,
}

impl<T: Hash + Eq> Interner<T> {
    /// No value yet, and room for about this many.
    pub(super) fn with_room(count: usize) -> Self {
        Interner {
            values: Vec::with_capacity(count),
            numbers: HashTable::with_capacity(count),
        }
    }

    /// The number of a value.
    pub(super) fn number(&mut self, value: T) -> u32 {
        let hash = hash_of(&value);
        let same = |number: &u32| self.values[*number as usize] == value;
        if let Some(number) = self.numbers.find(hash, same) {
            return *number;
        }
        // Numbers are handed out one for each operation or transition, and both are bounded far below 2^32.
        let number = self.values.len() as u32;
        self.values.push(value);
        let values = &self.values;
        self.numbers
            .insert_unique(hash, number, |n| hash_of(&values[*n as usize]));
        number
    }

    /// The value of a number that this interner gave.
    pub(super) fn value(&self, number: u32) -> &T {
        &self.values[number as usize]
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Bytes that it may take besides while it grows.
    pub(super) fn growth(&self) -> usize {
        let values = self.values.capacity() * size_of::<T>();
        let (count, numbers) = (self.values.len(), &self.numbers);
        growth(count, self.values.capacity(), values)
            + growth(count, numbers.capacity(), numbers.allocation_size())
    }

    /// Bytes in use, without what the values own on the heap.
    pub(super) fn bytes(&self) -> usize {
        self.values.capacity() * size_of::<T>() + self.numbers.allocation_size()
    }
}
