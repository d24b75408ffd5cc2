//! What became of every transactional batch, read from the committed entries alone: open until a marker, then committed or
//! aborted. All markers of an entry agree, and they leave nothing of their producer open in any partition.

use std::collections::{BTreeMap, BTreeSet};

use broker::record_batch::{Header, marker, peek};
use bytes::Bytes;
use uuid::Uuid;

/// A batch that is open.
#[derive(Clone, Copy, Debug)]
struct Open {
    offset: i64,
    epoch: i16,
    value: u64,
}

/// The outcomes of all transactions.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// By partition and producer id.
    open: BTreeMap<(Uuid, i32, i64), Vec<Open>>,
    /// By value: whether it was committed.
    outcomes: BTreeMap<u64, bool>,
    /// Values that their producer asked to commit.
    asked: BTreeSet<u64>,
    /// By producer id: the newest epoch that a client was given.
    newest: BTreeMap<i64, i16>,
}

impl Ledger {
    /// A transactional batch was committed to the log.
    pub(super) fn data(&mut self, topic: Uuid, partition: i32, header: &Header, value: u64) {
        let open = Open {
            offset: header.base_offset,
            epoch: header.producer_epoch,
            value,
        };
        let at = (topic, partition, header.producer_id);
        self.open.entry(at).or_default().push(open);
    }

    /// An entry with markers was applied.
    pub(super) fn markers(&mut self, markers: &[(Uuid, i32, Bytes)]) {
        let mut outcome = None;
        for (topic, partition, batch) in markers {
            let header = peek(batch).expect("a marker has a header");
            let commit = marker::outcome(batch).expect("a control batch is a marker");
            let of_entry = *outcome.get_or_insert((header.producer_id, commit));
            assert_eq!(
                of_entry,
                (header.producer_id, commit),
                "a torn transaction: two outcomes in one entry"
            );
            let at = (*topic, *partition, header.producer_id);
            for one in self.open.remove(&at).into_iter().flatten() {
                assert!(
                    !commit || self.asked.contains(&one.value),
                    "value {} is committed, and nobody asked for it",
                    one.value
                );
                self.outcomes.insert(one.value, commit);
            }
        }
        if let Some((producer, _)) = outcome {
            let left = self.open.iter().find(|(at, _)| at.2 == producer);
            assert!(left.is_none(), "a torn transaction: {left:?} is left open");
        }
    }

    /// A client asks to commit these values.
    pub(super) fn ask_commit(&mut self, values: &[u64]) {
        self.asked.extend(values);
    }

    /// Offset of the first open record, if anything is open there.
    pub(crate) fn first_open(&self, partition: i32) -> Option<i64> {
        let open = self.open.iter().filter(|(at, _)| at.1 == partition);
        open.flat_map(|(_, open)| open).map(|one| one.offset).min()
    }

    /// Whether a value was committed; None while it is open, or if it is not in the log.
    pub(crate) fn outcome(&self, value: u64) -> Option<bool> {
        self.outcomes.get(&value).copied()
    }

    /// A client was given an epoch of a producer.
    pub(super) fn given(&mut self, producer: i64, epoch: i16) {
        let newest = self.newest.entry(producer).or_insert(epoch);
        *newest = (*newest).max(epoch);
        let older = self
            .open
            .iter()
            .find(|(at, open)| at.2 == producer && open.iter().any(|one| one.epoch < epoch));
        assert!(
            older.is_none(),
            "epoch {epoch} was given, and of an older one is left open: {older:?}"
        );
    }

    /// Whether another client was given a newer epoch of this producer.
    pub(super) fn is_fenced(&self, producer: i64, epoch: i16) -> bool {
        let newest = self.newest.get(&producer);
        newest.is_some_and(|newest| *newest > epoch)
    }

    /// What a consumer that reads what is committed keeps of these batches, checked against what became of them. Returns
    /// how many it keeps and how many it drops.
    pub(crate) fn check_read(&self, batches: &[Vec<u8>], aborted: &[(i64, i64)]) -> (usize, usize) {
        let mut pending = aborted.to_vec();
        let (mut kept, mut dropped) = (0, 0);
        for batch in batches {
            let header = peek(batch).expect("a batch has a header");
            let producer = header.producer_id;
            if header.is_control() {
                // A marker without records before it ends nothing that is listed.
                let begun =
                    |(id, first): &(i64, i64)| *id == producer && *first <= header.base_offset;
                let first = pending.iter().position(begun);
                if let Some(first) = first.filter(|_| marker::outcome(batch) == Some(false)) {
                    pending.remove(first);
                }
                continue;
            }
            if !header.is_transactional() {
                continue;
            }
            let drops = pending
                .iter()
                .any(|(id, first)| *id == producer && *first <= header.base_offset);
            let value = super::oracle::value_of(batch);
            let committed = self.outcome(value);
            assert_eq!(
                committed,
                Some(!drops),
                "value {value} of producer {producer} is shown wrongly, with the list {aborted:?}"
            );
            *(if drops { &mut dropped } else { &mut kept }) += 1;
        }
        (kept, dropped)
    }
}
