//! One partition's part of the state: which offsets it has, where their batches lie, under which leader epochs they were
//! appended, and its producers.

use std::collections::{BTreeMap, VecDeque};

use bytes::{BufMut, BytesMut};
use kafka_protocol::error::ResponseError;

use super::open::Open;
use super::producer::{Appended, BATCHES_MAX, Producer};
use crate::codec::Reader;
use crate::record_batch::Header;
use crate::request::EpochEnd;

/// Leader epochs remembered; older ones are answered as undefined.
const EPOCHS_MAX: usize = 1_000;
/// Producers remembered.
const PRODUCERS_MAX: usize = 1_000;

/// Where a batch lies, in terms of the log's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchPlace {
    pub(crate) base_offset: i64,
    pub(crate) last_offset: i64,
    /// Raft index of the entry that holds it.
    pub(crate) index: u64,
    /// Where it begins in the entry's data.
    pub(crate) position: u32,
    pub(crate) length: u32,
    pub(crate) max_timestamp: i64,
    pub(crate) leader_epoch: i32,
}

/// A partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Partition {
    /// First offset kept. Invariant: `start <= next`.
    pub(crate) start: i64,
    /// Offset of the next record.
    pub(crate) next: i64,
    /// Leader epochs with the offset at which each began, ascending in both.
    pub(crate) epochs: Vec<(i32, i64)>,
    /// Batches of the entries that are in the log, by offset. Not part of a checkpoint: it is rebuilt from the log.
    pub(crate) batches: VecDeque<BatchPlace>,
    pub(crate) producers: BTreeMap<i64, Producer>,
    pub(crate) open: Open,
}

impl Partition {
    /// Appends a batch whose base offset is `next`.
    pub(crate) fn append(&mut self, header: &Header, index: u64, position: u32, length: u32) {
        assert_eq!(header.base_offset, self.next, "the caller compared them");
        if self
            .epochs
            .last()
            .is_none_or(|(epoch, _)| *epoch < header.leader_epoch)
        {
            self.epochs.push((header.leader_epoch, header.base_offset));
            if self.epochs.len() > EPOCHS_MAX {
                self.epochs.remove(0);
            }
        }
        self.batches.push_back(BatchPlace {
            base_offset: header.base_offset,
            last_offset: header.last_offset(),
            index,
            position,
            length,
            max_timestamp: header.max_timestamp,
            leader_epoch: header.leader_epoch,
        });
        if header.producer_id >= 0 && !header.is_control() {
            if header.is_transactional() {
                self.open
                    .begin(header.producer_id, header.base_offset, index);
            }
            let producer = self.producers.entry(header.producer_id).or_default();
            producer.remember(header, header.base_offset, index);
            self.forget_idle_producer();
        }
        self.next = header.base_offset + header.offsets();
    }

    /// Forgets the producer that has been silent for longest, when there are too many. If it comes back, it learns that
    /// its sequence is unknown, and begins a new one. Transactional producers are forgotten last, because they cannot; with
    /// an open transaction never.
    fn forget_idle_producer(&mut self) {
        if self.producers.len() > PRODUCERS_MAX {
            let last = |producer: &Producer| producer.batches.back().map(|batch| batch.index);
            let rank = |producer: &Producer| (producer.transactional, last(producer));
            let producers = self.producers.iter();
            let idle = producers
                .filter(|(id, _)| self.open.of(**id).is_none())
                .min_by_key(|(id, producer)| (rank(producer), **id));
            if let Some(id) = idle.map(|(id, _)| *id) {
                self.producers.remove(&id);
            }
        }
    }

    /// First offset of the oldest open transaction, as far as it is kept.
    pub(crate) fn first_open(&self) -> Option<i64> {
        self.open.first().map(|first| first.max(self.start))
    }

    /// Batches from the one that holds `offset` on.
    pub(crate) fn batches_from(&self, offset: i64) -> impl Iterator<Item = &BatchPlace> {
        let first = self
            .batches
            .partition_point(|batch| batch.last_offset < offset);
        self.batches.range(first..)
    }

    /// Deletes records below an offset. Returns the first offset that is kept, which may be a higher one.
    ///
    /// A batch that holds records on both sides stays, and clients skip what lies before their offset. A checkpoint need
    /// not tell where a partition begins: it stands for entries that are gone, and this for one that was applied before.
    pub(crate) fn delete_below(&mut self, offset: i64) -> Result<i64, ResponseError> {
        if !(0..=self.next).contains(&offset) {
            return Err(ResponseError::OffsetOutOfRange);
        }
        self.start = self.start.max(offset);
        self.open.delete_below(offset);
        while self
            .batches
            .front()
            .is_some_and(|batch| batch.last_offset < self.start)
        {
            self.batches.pop_front();
        }
        Ok(self.start)
    }

    /// Forgets what lies in entries below `first_index`.
    pub(crate) fn trim(&mut self, first_index: u64) {
        self.open.trim(first_index);
        while self
            .batches
            .front()
            .is_some_and(|batch| batch.index < first_index)
        {
            self.batches.pop_front();
        }
        let kept = self
            .batches
            .front()
            .map_or(self.next, |batch| batch.base_offset);
        self.start = self.start.max(kept);
    }

    /// Where the largest epoch at or below `epoch` ended.
    pub(crate) fn epoch_end(&self, epoch: i32) -> EpochEnd {
        let after = self.epochs.partition_point(|(begun, _)| *begun <= epoch);
        let Some((found, _)) = after.checked_sub(1).and_then(|at| self.epochs.get(at)) else {
            return EpochEnd {
                epoch: -1,
                end_offset: -1,
            };
        };
        let end_offset = self
            .epochs
            .get(after)
            .map_or(self.next, |(_, begun)| *begun);
        EpochEnd {
            epoch: *found,
            end_offset,
        }
    }

    /// Writes it; without the aborted transactions, where a rule leaves them out.
    pub(crate) fn encode(&self, out: &mut BytesMut, with_aborted: bool) {
        out.put_i64_le(self.next);
        out.put_u32_le(self.epochs.len() as u32);
        for (epoch, begun) in &self.epochs {
            out.put_i32_le(*epoch);
            out.put_i64_le(*begun);
        }
        out.put_u32_le(self.producers.len() as u32);
        for (id, producer) in &self.producers {
            out.put_i64_le(*id);
            out.put_i16_le(producer.epoch);
            out.put_u8(producer.transactional.into());
            out.put_u8(producer.batches.len() as u8);
            for batch in &producer.batches {
                out.put_i32_le(batch.first_sequence);
                out.put_i32_le(batch.last_sequence);
                out.put_i64_le(batch.base_offset);
                out.put_u64_le(batch.index);
            }
        }
        self.open.encode(out, with_aborted);
    }

    /// Reads one; `with_transactions` unless it was written before there were any.
    pub(crate) fn decode(reader: &mut Reader, with_transactions: bool) -> Option<Partition> {
        let next = reader.i64()?;
        let mut partition = Partition {
            start: next,
            next,
            ..Partition::default()
        };
        for _ in 0..reader.u32()? {
            partition.epochs.push((reader.i32()?, reader.i64()?));
        }
        for _ in 0..reader.u32()? {
            let id = reader.i64()?;
            let mut producer = Producer {
                epoch: reader.i16()?,
                transactional: with_transactions && reader.u8()? != 0,
                ..Producer::default()
            };
            let count = reader.u8()?;
            if usize::from(count) > BATCHES_MAX {
                return None;
            }
            for _ in 0..count {
                producer.batches.push_back(Appended {
                    first_sequence: reader.i32()?,
                    last_sequence: reader.i32()?,
                    base_offset: reader.i64()?,
                    index: reader.u64()?,
                });
            }
            partition.producers.insert(id, producer);
        }
        if with_transactions {
            partition.open = Open::decode(reader)?;
        }
        Some(partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record_batch::{for_tests, patch, validate};

    fn header(base_offset: i64, epoch: i32, records: i32) -> Header {
        let mut bytes = for_tests(records, None, 5, b"x");
        patch(&mut bytes, base_offset, epoch);
        validate(&bytes).expect("a good batch")
    }

    #[test]
    fn epochs_end_where_the_next_begins() {
        let mut partition = Partition::default();
        partition.append(&header(0, 2, 3), 1, 0, 10);
        partition.append(&header(3, 2, 1), 2, 0, 10);
        partition.append(&header(4, 5, 2), 3, 0, 10);
        let ends = |epoch| partition.epoch_end(epoch);
        assert_eq!(
            ends(1),
            EpochEnd {
                epoch: -1,
                end_offset: -1
            }
        );
        assert_eq!(
            ends(2),
            EpochEnd {
                epoch: 2,
                end_offset: 4
            }
        );
        assert_eq!(
            ends(4),
            EpochEnd {
                epoch: 2,
                end_offset: 4
            }
        );
        assert_eq!(
            ends(9),
            EpochEnd {
                epoch: 5,
                end_offset: 6
            }
        );
        assert_eq!(partition.batches_from(1).count(), 3);
        assert_eq!(partition.batches_from(3).count(), 2);
        assert_eq!(partition.batches_from(6).count(), 0);
    }

    #[test]
    fn what_is_deleted_ends_within_a_batch_or_between_two() {
        let mut partition = Partition::default();
        partition.append(&header(0, 1, 3), 1, 0, 10);
        partition.append(&header(3, 1, 2), 2, 0, 10);
        assert_eq!(
            partition.delete_below(6),
            Err(ResponseError::OffsetOutOfRange)
        );
        assert_eq!(
            partition.delete_below(-1),
            Err(ResponseError::OffsetOutOfRange)
        );
        assert_eq!(partition.delete_below(2), Ok(2));
        assert_eq!(partition.batches_from(2).count(), 2, "one is cut");
        assert_eq!(partition.delete_below(1), Ok(2), "nothing comes back");
        partition.trim(2);
        assert_eq!(partition.start, 3);
        assert_eq!(partition.delete_below(5), Ok(5));
        assert_eq!(partition.batches.len(), 0);
        partition.append(&header(5, 1, 1), 3, 0, 10);
        assert_eq!((partition.start, partition.next), (5, 6));
    }

    #[test]
    fn a_trim_moves_the_start_to_the_first_batch_kept() {
        let mut partition = Partition::default();
        partition.append(&header(0, 1, 3), 1, 0, 10);
        partition.append(&header(3, 1, 1), 4, 0, 10);
        partition.trim(2);
        assert_eq!((partition.start, partition.next), (3, 4));
        partition.trim(9);
        assert_eq!((partition.start, partition.next), (4, 4));
    }
}
