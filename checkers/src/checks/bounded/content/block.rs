//! Records in a row, packed: each as the step from the last offset, its text, and the step from that text's last
//! number. Steps are small, and small numbers take one byte.

use super::entry::{Entry, Key};
use crate::history::Offset;

/// Records in a row.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) first: Offset,
    pub(super) last: Offset,
    /// The texts of its values.
    texts: Box<[u32]>,
    packed: Box<[u8]>,
}

/// Stands for a hash, where the number of a text would be. Texts are counted from 1.
const HASHED: u64 = 0;

impl Block {
    pub(super) fn pack(entries: &[Entry]) -> Block {
        let first = entries.first().map_or(0, |entry| entry.offset);
        let last = entries.last().map_or(0, |entry| entry.offset);
        // In a log without holes no step needs to be told.
        let dense = last.abs_diff(first) + 1 == entries.len() as u64;
        let mut texts: Vec<(u32, u64)> = Vec::new();
        let mut packed = vec![u8::from(dense)];
        let mut before = first;
        for entry in entries {
            if !dense {
                put(&mut packed, entry.offset.abs_diff(before));
                before = entry.offset;
            }
            match entry.key {
                Key::Hashed(hash) => {
                    put(&mut packed, HASHED);
                    packed.extend(hash.to_le_bytes());
                }
                Key::Counted(text, number) => {
                    let known = texts.iter().position(|(other, _)| *other == text);
                    let at = known.unwrap_or_else(|| {
                        texts.push((text, 0));
                        texts.len() - 1
                    });
                    put(&mut packed, at as u64 + 1);
                    let last = std::mem::replace(&mut texts[at].1, number);
                    put(&mut packed, zigzag(number.wrapping_sub(last)));
                }
            }
        }
        Block {
            first,
            last,
            texts: texts.into_iter().map(|(text, _)| text).collect(),
            packed: packed.into_boxed_slice(),
        }
    }

    pub(super) fn unpack(&self) -> Vec<Entry> {
        let mut bytes = &self.packed[1..];
        let dense = self.packed[0] == 1;
        let mut numbers = vec![0_u64; self.texts.len()];
        let mut entries = Vec::new();
        let mut offset = self.first;
        while !bytes.is_empty() {
            if !dense {
                offset = offset.wrapping_add_unsigned(take(&mut bytes));
            }
            let key = match take(&mut bytes) {
                HASHED => {
                    let (hash, rest) = bytes.split_first_chunk().unwrap_or((&[0; 8], &[]));
                    bytes = rest;
                    Key::Hashed(u64::from_le_bytes(*hash))
                }
                text => {
                    let at = text as usize - 1;
                    numbers[at] = numbers[at].wrapping_add(unzigzag(take(&mut bytes)));
                    Key::Counted(self.texts[at], numbers[at])
                }
            };
            entries.push(Entry { offset, key });
            offset += Offset::from(dense);
        }
        entries
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.packed.len() + self.texts.len() * 4
    }
}

/// Appends a number, seven bits a byte.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let Some((byte, rest)) = bytes.split_first() else {
            break;
        };
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

/// A step as a number that is small if the step is, in either direction.
fn zigzag(step: u64) -> u64 {
    let signed = step as i64;
    ((signed << 1) ^ (signed >> 63)) as u64
}

fn unzigzag(number: u64) -> u64 {
    (number >> 1) ^ (number & 1).wrapping_neg()
}
