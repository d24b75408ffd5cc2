//! Values as keys: a text and a number after it, or a hash.

use std::hash::{DefaultHasher, Hash, Hasher};

use hashbrown::{HashMap, HashTable};
use rustc_hash::FxBuildHasher;

use super::entry::{Entry, Key};

/// Values with more different texts than this are kept by their hashes: each text costs more than a hash.
const TEXTS_MAX: usize = 1 << 16;
/// Digits that surely fit into a number.
const DIGITS_MAX: usize = 18;

/// Of one text, where its numbers are.
#[derive(Clone, Debug)]
struct Numbers {
    highest: u64,
    /// Block, least and greatest number in it.
    spans: Vec<(u32, u64, u64)>,
}

/// The texts and hashes that are known.
#[derive(Debug, Default)]
pub(super) struct Keys {
    texts: HashMap<Box<str>, u32, FxBuildHasher>,
    numbers: Vec<Numbers>,
    hashes: HashTable<u64>,
}

/// A text and the number after it, if the value can be made of the two again.
fn split(value: &str) -> Option<(&str, u64)> {
    let digits = value.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (text, number) = value.split_at(value.len() - digits);
    let exact = digits > 0 && digits <= DIGITS_MAX && (digits == 1 || !number.starts_with('0'));
    Some((text, number.parse().ok().filter(|_| exact)?))
}

fn hash(value: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Keys {
    /// The key of a value; none if nothing with its text is known.
    pub(super) fn of(&self, value: &str) -> Option<Key> {
        let known = |(text, number): (&str, u64)| {
            let at = self.texts.get(text)?;
            Some(Key::Counted(*at, number))
        };
        match split(value) {
            Some(counted) => {
                known(counted).or_else(|| self.full().then(|| Key::Hashed(hash(value))))
            }
            None => Some(Key::Hashed(hash(value))),
        }
    }

    fn full(&self) -> bool {
        self.texts.len() >= TEXTS_MAX
    }

    /// The key of a value that is added.
    pub(super) fn of_new(&mut self, value: &str) -> Key {
        let key = match (self.of(value), split(value)) {
            (Some(key), _) => key,
            (None, Some((text, number))) => {
                let at = self.numbers.len() as u32;
                self.texts.insert(text.into(), at);
                self.numbers.push(Numbers {
                    highest: 0,
                    spans: Vec::new(),
                });
                Key::Counted(at, number)
            }
            (None, None) => Key::Hashed(hash(value)),
        };
        match key {
            Key::Counted(text, number) => {
                let numbers = &mut self.numbers[text as usize];
                numbers.highest = numbers.highest.max(number);
            }
            Key::Hashed(hash) => {
                self.hashes.insert_unique(hash, hash, |hash| *hash);
            }
        }
        key
    }

    /// Of a hash, whether it is known.
    pub(super) fn hashed(&self, key: Key) -> Option<bool> {
        match key {
            Key::Hashed(hash) => Some(self.hashes.find(hash, |known| *known == hash).is_some()),
            Key::Counted(..) => None,
        }
    }

    /// Whether a number is at most the highest of its text. Mostly the next number is asked for, and it is not.
    pub(super) fn may_hold(&self, key: Key) -> bool {
        matches!(key, Key::Counted(text, number) if number <= self.numbers[text as usize].highest)
    }

    /// The blocks that may hold a key.
    pub(super) fn blocks(&self, key: Key) -> impl Iterator<Item = usize> {
        let (text, number) = match key {
            Key::Counted(text, number) => (text as usize, number),
            Key::Hashed(_) => (usize::MAX, 0),
        };
        let spans = self
            .numbers
            .get(text)
            .map_or(&[][..], |numbers| &numbers.spans);
        let may =
            move |(_, least, greatest): &&(u32, u64, u64)| (*least..=*greatest).contains(&number);
        spans
            .iter()
            .rev()
            .filter(may)
            .map(|(block, ..)| *block as usize)
    }

    /// Notes which numbers are in a block.
    pub(super) fn spans(&mut self, block: usize, entries: &[Entry]) {
        let block = block as u32;
        for entry in entries {
            let Key::Counted(text, number) = entry.key else {
                continue;
            };
            let spans = &mut self.numbers[text as usize].spans;
            match spans.last_mut().filter(|(last, ..)| *last == block) {
                Some((_, least, greatest)) => {
                    *least = number.min(*least);
                    *greatest = number.max(*greatest);
                }
                None => spans.push((block, number, number)),
            }
        }
    }
}
