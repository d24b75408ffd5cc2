//! Idempotent producers of one partition: which batches were appended last, so that a batch sent again is recognised.
//! Part of the replicated state: a broker that keeps it in memory only appends a retry twice after a fail-over.

use std::collections::VecDeque;

use kafka_protocol::error::ResponseError;

use crate::record_batch::Header;

/// How many batches are remembered, as in Kafka: clients have at most five requests in flight.
pub(crate) const BATCHES_MAX: usize = 5;

/// One appended batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) first_sequence: i32,
    pub(crate) last_sequence: i32,
    pub(crate) base_offset: i64,
    /// Raft index of its entry.
    pub(crate) index: u64,
}

/// A producer id in one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Producer {
    pub(crate) epoch: i16,
    /// Whether it has a transactional id.
    pub(crate) transactional: bool,
    /// Oldest first, at most [`BATCHES_MAX`], all of `epoch`.
    pub(crate) batches: VecDeque<Appended>,
}

/// What to do with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sequenced {
    /// It comes next.
    Append,
    /// It was appended before.
    Duplicate(Appended),
    /// It must not be appended.
    Refuse(ResponseError),
}

impl Producer {
    /// What to do with a batch of a producer, of which `known` is remembered.
    pub(crate) fn look(known: Option<&Producer>, header: &Header) -> Sequenced {
        let (first, last) = sequences(header);
        let begins = || match first {
            0 => Sequenced::Append,
            // A later batch that overtook the first one: appending it would make the first one out of order for ever.
            _ => Sequenced::Refuse(ResponseError::OutOfOrderSequenceNumber),
        };
        let Some(known) = known else { return begins() };
        if header.producer_epoch < known.epoch {
            return Sequenced::Refuse(ResponseError::InvalidProducerEpoch);
        }
        if header.producer_epoch > known.epoch {
            return begins();
        }
        let Some(newest) = known.batches.back() else {
            return begins();
        };
        if first == following(newest.last_sequence) {
            return Sequenced::Append;
        }
        let same = |batch: &&Appended| batch.first_sequence == first && batch.last_sequence == last;
        match known.batches.iter().find(same) {
            Some(batch) => Sequenced::Duplicate(*batch),
            None if known
                .batches
                .front()
                .is_some_and(|oldest| last < oldest.first_sequence) =>
            {
                Sequenced::Refuse(ResponseError::DuplicateSequenceNumber)
            }
            None => Sequenced::Refuse(ResponseError::OutOfOrderSequenceNumber),
        }
    }

    /// Remembers a batch that was appended. One of an older epoch, which only a broken leader appends, is not remembered.
    pub(crate) fn remember(&mut self, header: &Header, base_offset: i64, index: u64) {
        if header.producer_epoch < self.epoch {
            return;
        }
        self.transactional = header.is_transactional();
        if header.producer_epoch != self.epoch {
            self.epoch = header.producer_epoch;
            self.batches.clear();
        }
        let (first_sequence, last_sequence) = sequences(header);
        self.batches.push_back(Appended {
            first_sequence,
            last_sequence,
            base_offset,
            index,
        });
        if self.batches.len() > BATCHES_MAX {
            self.batches.pop_front();
        }
    }
}

/// First and last sequence number of a batch; they wrap to 0 after the largest i32.
fn sequences(header: &Header) -> (i32, i32) {
    let first = header.base_sequence;
    let last = (i64::from(first) + i64::from(header.last_offset_delta)) % (i64::from(i32::MAX) + 1);
    (first, last as i32)
}

fn following(sequence: i32) -> i32 {
    sequence.checked_add(1).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record_batch::{for_tests, validate};

    fn batch(epoch: i16, first: i32, records: i32) -> Header {
        validate(&for_tests(records, Some((1, epoch, first)), 0, b"x")).expect("a good batch")
    }

    #[test]
    fn sequence_rules() {
        use ResponseError::{
            DuplicateSequenceNumber, InvalidProducerEpoch, OutOfOrderSequenceNumber,
        };
        let refuse = Sequenced::Refuse;
        assert_eq!(Producer::look(None, &batch(0, 0, 3)), Sequenced::Append);
        assert_eq!(
            Producer::look(None, &batch(0, 4, 1)),
            refuse(OutOfOrderSequenceNumber)
        );
        let mut known = Producer::default();
        for first in 0..7 {
            known.remember(&batch(0, first * 2, 2), i64::from(first) * 2, first as u64);
        }
        let look = |header| Producer::look(Some(&known), &header);
        assert_eq!(look(batch(0, 14, 1)), Sequenced::Append);
        assert_eq!(look(batch(0, 15, 1)), refuse(OutOfOrderSequenceNumber));
        let newest = Appended {
            first_sequence: 12,
            last_sequence: 13,
            base_offset: 12,
            index: 6,
        };
        assert_eq!(look(batch(0, 12, 2)), Sequenced::Duplicate(newest));
        assert_eq!(look(batch(0, 0, 2)), refuse(DuplicateSequenceNumber));
        assert_eq!(look(batch(0, 12, 1)), refuse(OutOfOrderSequenceNumber));
        assert_eq!(look(batch(1, 0, 1)), Sequenced::Append);
        assert_eq!(look(batch(1, 3, 1)), refuse(OutOfOrderSequenceNumber));
        known.remember(&batch(1, 0, 1), 14, 7);
        assert_eq!(
            Producer::look(Some(&known), &batch(0, 14, 1)),
            refuse(InvalidProducerEpoch)
        );
    }

    #[test]
    fn sequences_wrap() {
        let mut known = Producer::default();
        known.remember(&batch(0, i32::MAX - 1, 2), 0, 0);
        assert_eq!(
            Producer::look(Some(&known), &batch(0, 0, 1)),
            Sequenced::Append
        );
    }
}
