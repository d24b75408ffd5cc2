//! What one partition knows of transactions: which producers have an open one here, and where aborted ones lie. From this
//! follow the last stable offset and the list of aborted transactions that a fetch returns.
//!
//! Every node has the same after the same entry, whatever it has trimmed: what is forgotten follows from entries alone.

use std::collections::{BTreeMap, VecDeque};

use bytes::{BufMut, BytesMut};

use crate::codec::Reader;

/// Where an open transaction begins in this partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Begin {
    /// Offset of its first record.
    pub(crate) first: i64,
    /// Raft index of the entry that holds it.
    pub(crate) index: u64,
}

/// An aborted transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Aborted {
    pub(crate) producer_id: i64,
    /// Offset of its first record.
    pub(crate) first: i64,
    /// Offset of its marker.
    pub(crate) last: i64,
    /// Raft index of the entry that holds the marker.
    pub(crate) index: u64,
}

/// The transactions of one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Open {
    /// Open ones by producer id.
    begins: BTreeMap<i64, Begin>,
    /// By `last`.
    aborted: VecDeque<Aborted>,
}

impl Open {
    /// A record of a transaction was appended.
    pub(crate) fn begin(&mut self, producer_id: i64, first: i64, index: u64) {
        let begin = Begin { first, index };
        self.begins.entry(producer_id).or_insert(begin);
    }

    /// The marker of a transaction was appended at offset `last`, by entry `index`.
    pub(crate) fn end(&mut self, producer_id: i64, commit: bool, last: i64, index: u64) {
        let Some(Begin { first, .. }) = self.begins.remove(&producer_id) else {
            return;
        };
        if !commit {
            self.aborted.push_back(Aborted {
                producer_id,
                first,
                last,
                index,
            });
        }
    }

    /// Offset of the first record of any open transaction.
    pub(crate) fn first(&self) -> Option<i64> {
        self.begins.values().map(|begin| begin.first).min()
    }

    /// Raft index of the first entry with records of any open transaction.
    pub(crate) fn first_index(&self) -> Option<u64> {
        self.begins.values().map(|begin| begin.index).min()
    }

    /// Where the open transaction of a producer begins.
    pub(crate) fn of(&self, producer_id: i64) -> Option<Begin> {
        self.begins.get(&producer_id).copied()
    }

    /// Aborted transactions with records or the marker at `from` or later, and the first record before `end`.
    pub(crate) fn aborted(&self, from: i64, end: i64) -> impl Iterator<Item = &Aborted> {
        let begin = self.aborted.partition_point(|one| one.last < from);
        let found = self.aborted.range(begin..);
        found.filter(move |one| one.first < end)
    }

    /// Records below an offset were deleted.
    pub(crate) fn delete_below(&mut self, offset: i64) {
        self.forget(|one| one.last < offset);
    }

    /// The entries below `first_index` are forgotten.
    pub(crate) fn trim(&mut self, first_index: u64) {
        self.forget(|one| one.index < first_index);
    }

    fn forget(&mut self, is_old: impl Fn(&Aborted) -> bool) {
        while self.aborted.front().is_some_and(&is_old) {
            self.aborted.pop_front();
        }
    }

    /// Writes it; without the aborted ones, where a rule leaves them out.
    pub(crate) fn encode(&self, out: &mut BytesMut, with_aborted: bool) {
        out.put_u32_le(self.begins.len() as u32);
        for (producer_id, begin) in &self.begins {
            out.put_i64_le(*producer_id);
            out.put_i64_le(begin.first);
            out.put_u64_le(begin.index);
        }
        let aborted = self.aborted.iter().take(match with_aborted {
            true => usize::MAX,
            false => 0,
        });
        out.put_u32_le(aborted.len() as u32);
        for one in aborted {
            out.put_i64_le(one.producer_id);
            out.put_i64_le(one.first);
            out.put_i64_le(one.last);
            out.put_u64_le(one.index);
        }
    }

    pub(crate) fn decode(reader: &mut Reader) -> Option<Open> {
        let mut open = Open::default();
        for _ in 0..reader.u32()? {
            let producer_id = reader.i64()?;
            let begin = Begin {
                first: reader.i64()?,
                index: reader.u64()?,
            };
            open.begins.insert(producer_id, begin);
        }
        for _ in 0..reader.u32()? {
            open.aborted.push_back(Aborted {
                producer_id: reader.i64()?,
                first: reader.i64()?,
                last: reader.i64()?,
                index: reader.u64()?,
            });
        }
        Some(open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_open_transaction_bounds_what_is_stable() {
        let mut open = Open::default();
        assert_eq!(open.first(), None);
        open.begin(7, 3, 30);
        open.begin(8, 5, 50);
        open.begin(7, 9, 90);
        assert_eq!((open.first(), open.first_index()), (Some(3), Some(30)));
        open.end(7, true, 10, 100);
        assert_eq!(open.first(), Some(5));
        open.end(8, false, 11, 110);
        assert_eq!((open.first(), open.first_index()), (None, None));
        open.end(9, false, 12, 120);
        let listed: Vec<i64> = open.aborted(0, 99).map(|one| one.producer_id).collect();
        assert_eq!(
            listed,
            [8],
            "no commit, and nothing that had no records here"
        );
    }

    #[test]
    fn aborted_transactions_are_listed_where_they_overlap() {
        let mut open = Open::default();
        for (producer, first, last) in [(1, 0, 4), (2, 2, 9), (3, 6, 12)] {
            open.begin(producer, first, first as u64);
            open.end(producer, false, last, last as u64);
        }
        let listed = |from, end| -> Vec<i64> {
            open.aborted(from, end).map(|one| one.producer_id).collect()
        };
        assert_eq!(listed(0, 1), [1]);
        assert_eq!(listed(4, 6), [1, 2], "the marker counts");
        assert_eq!(listed(5, 6), [2]);
        assert_eq!(listed(5, 7), [2, 3]);
        assert_eq!(listed(13, 20), [0; 0]);
        let mut trimmed = open.clone();
        trimmed.trim(9);
        assert_eq!(trimmed.aborted(0, 99).count(), 2);
        trimmed.delete_below(10);
        assert_eq!(trimmed.aborted(0, 99).count(), 1);
    }

    #[test]
    fn it_is_read_back_with_and_without_what_was_aborted() {
        let mut open = Open::default();
        open.begin(1, 0, 1);
        open.begin(2, 4, 5);
        open.end(1, false, 9, 9);
        for with_aborted in [true, false] {
            let mut out = BytesMut::new();
            open.encode(&mut out, with_aborted);
            let bytes = out.freeze();
            let read = Open::decode(&mut Reader::new(bytes.clone())).unwrap();
            assert_eq!(read == open, with_aborted);
            assert_eq!(read.first(), Some(4));
            for cut in 0..bytes.len() {
                assert!(Open::decode(&mut Reader::new(bytes.slice(..cut))).is_none());
            }
        }
    }
}
