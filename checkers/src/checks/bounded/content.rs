//! What lies at which offset of a settled log, in about two bytes a record where values count upwards.
//!
//! A value that is a text followed by a number (`17-4211`) is stored as the number of its text and the step from that
//! text's last number. Any other value is stored by a hash of 64 bits, in some 25 bytes. Records come in blocks that
//! are unpacked one at a time, and readers mostly ask for one after the other.

mod block;
mod entry;
mod key;

use std::cell::RefCell;

use block::Block;
use entry::Entry;
use key::Keys;

use crate::history::Offset;

/// Records in a block.
const BLOCK: usize = 1024;
/// Blocks that are kept unpacked: a few readers go through the log at the same time.
const UNPACKED_MAX: usize = 8;

/// The settled records of one partition, by offset.
#[derive(Debug, Default)]
pub(super) struct Content {
    blocks: Vec<Block>,
    /// The records after the last block.
    open: Vec<Entry>,
    keys: Keys,
    unpacked: RefCell<Vec<(usize, Vec<Entry>)>>,
}

impl Content {
    /// Adds a record above all others.
    pub(super) fn add(&mut self, offset: Offset, value: &str) {
        let key = self.keys.of_new(value);
        self.open.push(Entry { offset, key });
        if self.open.len() == BLOCK {
            let number = self.blocks.len();
            self.keys.spans(number, &self.open);
            self.blocks.push(Block::pack(&self.open));
            self.open.clear();
        }
    }

    /// The first offset.
    pub(super) fn first(&self) -> Option<Offset> {
        let packed = self.blocks.first().map(|block| block.first);
        packed.or_else(|| self.open.first().map(|entry| entry.offset))
    }

    /// Whether this value lies at this offset.
    pub(super) fn holds(&self, offset: Offset, value: &str) -> bool {
        let Some(key) = self.keys.of(value) else {
            return false;
        };
        let at = |entries: &[Entry]| {
            let found = entries.binary_search_by_key(&offset, |entry| entry.offset);
            found.is_ok_and(|at| entries[at].key == key)
        };
        match self.open.first() {
            Some(first) if first.offset <= offset => at(&self.open),
            _ => match self.block_of(offset) {
                Some(number) => self.entries(number, at),
                None => false,
            },
        }
    }

    /// Whether this value lies anywhere.
    pub(super) fn contains(&self, value: &str) -> bool {
        let Some(key) = self.keys.of(value) else {
            return false;
        };
        if let Some(known) = self.keys.hashed(key) {
            return known;
        }
        if !self.keys.may_hold(key) {
            return false;
        }
        let within = |entries: &[Entry]| entries.iter().any(|entry| entry.key == key);
        within(&self.open)
            || self
                .keys
                .blocks(key)
                .any(|number| self.entries(number, within))
    }

    /// How many records lie at offsets from one up to before another.
    pub(super) fn count(&self, from: Offset, to: Offset) -> u64 {
        self.below(to).saturating_sub(self.below(from))
    }

    fn below(&self, offset: Offset) -> u64 {
        let part = |entries: &[Entry]| entries.partition_point(|entry| entry.offset < offset);
        let Some(number) = self.block_of(offset) else {
            return if self.blocks.is_empty() {
                part(&self.open) as u64
            } else {
                0
            };
        };
        let whole = number * BLOCK;
        let last = self
            .blocks
            .get(number)
            .map_or(Offset::MIN, |block| block.last);
        let within = match offset > last {
            true if number + 1 == self.blocks.len() => BLOCK + part(&self.open),
            true => BLOCK.min(self.blocks.len() * BLOCK),
            false => self.entries(number, part),
        };
        (whole + within) as u64
    }

    /// The block that an offset is in, or the last one before it.
    fn block_of(&self, offset: Offset) -> Option<usize> {
        let after = self.blocks.partition_point(|block| block.first <= offset);
        after.checked_sub(1)
    }

    /// Asks an unpacked block.
    fn entries<T>(&self, number: usize, ask: impl FnOnce(&[Entry]) -> T) -> T {
        let mut unpacked = self.unpacked.borrow_mut();
        let known = unpacked.iter().position(|(known, _)| *known == number);
        let at = known.unwrap_or_else(|| {
            if unpacked.len() == UNPACKED_MAX {
                unpacked.remove(0);
            }
            unpacked.push((number, self.blocks[number].unpack()));
            unpacked.len() - 1
        });
        ask(&unpacked[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way to ask gives what a plain list gives.
    #[test]
    fn answers_are_those_of_a_list() {
        for kind in 0..3_u64 {
            let mut content = Content::default();
            let mut list: Vec<(Offset, String)> = Vec::new();
            let mut offset = 5;
            for number in 0..3_000_u64 {
                let value = match (kind, number % 7) {
                    (0, worker) => format!("{worker}-{number}"),
                    (1, 0) => format!("text {number} of no shape"),
                    (1, worker) => format!("{worker}-{}", 10_000 - number),
                    (_, _) => format!("w{}-0{number}", number % 3),
                };
                content.add(offset, &value);
                list.push((offset, value));
                offset += 1 + i64::from(kind == 2 && number % 5 == 0) * 3;
            }
            for (at, (offset, value)) in list.iter().enumerate().step_by(13) {
                assert!(content.holds(*offset, value) && content.contains(value));
                assert!(
                    !content.holds(*offset, "other") && !content.contains(&format!("{value}9x"))
                );
                let (_, next) = &list[(at + 1) % list.len()];
                assert!(!content.holds(*offset, next));
                for (from, to) in [
                    (0, *offset),
                    (*offset, offset + 1_500),
                    (offset + 1, offset + 2),
                ] {
                    let within = list
                        .iter()
                        .filter(|(at, _)| (from..to).contains(at))
                        .count();
                    assert_eq!(
                        content.count(from, to),
                        within as u64,
                        "{kind}: {from}..{to}"
                    );
                }
            }
            assert!(!content.contains("3-999999") && !content.contains("unheard-of"));
            assert!(!content.holds(1_000_000, "0-0") && !content.holds(0, "0-0"));
        }
    }

    #[test]
    fn a_record_of_a_counting_worker_takes_about_two_bytes() {
        let mut content = Content::default();
        for number in 0..100_000_i64 {
            content.add(number, &format!("{}-{number}", number % 16));
        }
        let bytes: usize = content.blocks.iter().map(Block::bytes).sum();
        assert!(bytes < 250_000, "{bytes}");
    }
}
