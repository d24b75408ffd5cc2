//! Values of one partition as small numbers. A table with open addressing: only looked up, never walked, so that its
//! order shows nowhere.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

const EMPTY: u32 = u32::MAX;

/// Texts and their numbers, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values<'a> {
    texts: Vec<&'a str>,
    /// Half of the hash, and the number.
    slots: Vec<(u32, u32)>,
}

impl<'a> Values<'a> {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The text with this number.
    pub(crate) fn text(&self, number: u32) -> &'a str {
        self.texts[number as usize]
    }

    /// The number of a text that was seen before.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let hash = hash(text);
        let mut at = self.place(hash);
        loop {
            match self.slots[at] {
                (_, EMPTY) => return None,
                (half, number) if half == upper(hash) && self.texts[number as usize] == text => {
                    return Some(number);
                }
                _ => at = (at + 1) & (self.slots.len() - 1),
            }
        }
    }

    /// The number of a text, a new one if it was not seen before.
    pub(crate) fn number(&mut self, text: &'a str) -> u32 {
        if self.texts.len() * 4 >= self.slots.len() * 3 {
            self.grow();
        }
        let hash = hash(text);
        let mut at = self.place(hash);
        loop {
            match self.slots[at] {
                (_, EMPTY) => break,
                (half, number) if half == upper(hash) && self.texts[number as usize] == text => {
                    return number;
                }
                _ => at = (at + 1) & (self.slots.len() - 1),
            }
        }
        // A history has fewer than 2^32 records: each takes a line's share of memory many times over.
        let number = self.texts.len() as u32;
        self.texts.push(text);
        self.slots[at] = (upper(hash), number);
        number
    }

    fn place(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(64);
        self.slots.clear();
        self.slots.resize(size, (0, EMPTY));
        for (number, text) in self.texts.iter().enumerate() {
            let hash = hash(text);
            let mut at = self.place(hash);
            while self.slots[at].1 != EMPTY {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = (upper(hash), number as u32);
        }
    }
}

fn upper(hash: u64) -> u32 {
    (hash >> 32) as u32
}

fn hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    text.hash(&mut hasher);
    hasher.finish()
}
