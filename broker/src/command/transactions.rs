//! What an entry says of a transaction: a producer begins anew, partitions are added, the transaction ends.
//!
//! Everything is decided at the proposal: the entry names the state that it was decided on, and changes nothing if that
//! is not the state at which it is applied. The markers lie in the entry, with their offsets, so that a transaction ends
//! in all its partitions or in none.
//!
//! ```text
//! init: id, known u8 [producer], named u8, timeout i32, next u8, ends open u8, markers
//! add:  id, producer, stamp i64, partitions u32 [topic id 16, partition i32], groups u32 [group, u32 [place, offset]]
//! end:  id, producer, commit u8, named u8, next u8, markers
//! producer: id i64, epoch i16
//! ```

use bytes::{BufMut, BytesMut};
use uuid::Uuid;

use super::batch::{Batch, batches, put_batches};
use super::groups::{offset, place, put_offset, put_place};
use crate::codec::{Reader, put_string};
use crate::request::groups::CommittedOffset;
use crate::request::transactions::ProducerEpoch;

/// Offsets of a group, by topic id and partition index.
pub(crate) type Offsets = Vec<((Uuid, i32), CommittedOffset)>;

/// What becomes of a producer's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It stays.
    Same,
    /// The next epoch.
    Raised,
    /// Epochs are used up: an id that was never handed out, with epoch 0.
    Fresh,
}

/// A producer begins anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InitTransaction {
    /// Transactional id.
    pub(crate) id: String,
    /// The producer that it had; none if it was not known.
    pub(crate) known: Option<ProducerEpoch>,
    /// Whether the producer named `known`, and so may name it once more.
    pub(crate) named: bool,
    /// After this time an open transaction is aborted.
    pub(crate) timeout_ms: i32,
    /// What becomes of its identity.
    pub(crate) next: Next,
    /// Whether an open transaction ends.
    pub(crate) ends_open: bool,
    /// Abort markers of the open transaction.
    pub(crate) markers: Vec<Batch>,
}

/// Partitions and groups become part of a transaction; it begins if none is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AddToTransaction {
    /// Transactional id.
    pub(crate) id: String,
    /// The producer.
    pub(crate) producer: ProducerEpoch,
    /// Wall-clock time in ms, to be shown.
    pub(crate) stamp_ms: i64,
    /// Topic ids and partition indexes.
    pub(crate) partitions: Vec<(Uuid, i32)>,
    /// Consumer groups, each with offsets that are committed with the transaction.
    pub(crate) groups: Vec<(String, Offsets)>,
}

/// A transaction ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EndTransaction {
    /// Transactional id.
    pub(crate) id: String,
    /// The producer.
    pub(crate) producer: ProducerEpoch,
    /// Commit, or else abort.
    pub(crate) commit: bool,
    /// Whether the producer asked for it, and so may ask once more under its old identity.
    pub(crate) named: bool,
    /// What becomes of its identity.
    pub(crate) next: Next,
    /// One marker for each partition of the transaction that still exists.
    pub(crate) markers: Vec<Batch>,
}

impl Next {
    fn put(self, out: &mut BytesMut) {
        out.put_u8(match self {
            Next::Same => 0,
            Next::Raised => 1,
            Next::Fresh => 2,
        });
    }

    fn read(reader: &mut Reader) -> Option<Next> {
        match reader.u8()? {
            0 => Some(Next::Same),
            1 => Some(Next::Raised),
            2 => Some(Next::Fresh),
            _ => None,
        }
    }
}

impl InitTransaction {
    pub(super) fn put(&self, out: &mut BytesMut) {
        put_string(out, &self.id);
        put_flag(out, self.known.is_some());
        if let Some(known) = self.known {
            put_producer(out, known);
        }
        put_flag(out, self.named);
        out.put_i32_le(self.timeout_ms);
        self.next.put(out);
        put_flag(out, self.ends_open);
        put_batches(out, &self.markers);
    }

    pub(super) fn read(reader: &mut Reader) -> Option<InitTransaction> {
        Some(InitTransaction {
            id: reader.string()?,
            known: match flag(reader)? {
                true => Some(producer(reader)?),
                false => None,
            },
            named: flag(reader)?,
            timeout_ms: reader.i32()?,
            next: Next::read(reader)?,
            ends_open: flag(reader)?,
            markers: batches(reader)?,
        })
    }
}

impl AddToTransaction {
    pub(super) fn put(&self, out: &mut BytesMut) {
        put_string(out, &self.id);
        put_producer(out, self.producer);
        out.put_i64_le(self.stamp_ms);
        out.put_u32_le(self.partitions.len() as u32);
        for (topic, partition) in &self.partitions {
            out.put_slice(topic.as_bytes());
            out.put_i32_le(*partition);
        }
        out.put_u32_le(self.groups.len() as u32);
        for (group, offsets) in &self.groups {
            put_string(out, group);
            out.put_u32_le(offsets.len() as u32);
            for (at, committed) in offsets {
                put_place(out, *at);
                put_offset(out, committed);
            }
        }
    }

    pub(super) fn read(reader: &mut Reader) -> Option<AddToTransaction> {
        let (id, producer, stamp_ms) = (reader.string()?, producer(reader)?, reader.i64()?);
        let (mut partitions, mut groups) = (Vec::new(), Vec::new());
        for _ in 0..reader.u32()? {
            partitions.push((reader.uuid()?, reader.i32()?));
        }
        for _ in 0..reader.u32()? {
            let (group, mut offsets) = (reader.string()?, Vec::new());
            for _ in 0..reader.u32()? {
                offsets.push((place(reader)?, offset(reader)?));
            }
            groups.push((group, offsets));
        }
        Some(AddToTransaction {
            id,
            producer,
            stamp_ms,
            partitions,
            groups,
        })
    }
}

impl EndTransaction {
    pub(super) fn put(&self, out: &mut BytesMut) {
        put_string(out, &self.id);
        put_producer(out, self.producer);
        put_flag(out, self.commit);
        put_flag(out, self.named);
        self.next.put(out);
        put_batches(out, &self.markers);
    }

    pub(super) fn read(reader: &mut Reader) -> Option<EndTransaction> {
        Some(EndTransaction {
            id: reader.string()?,
            producer: producer(reader)?,
            commit: flag(reader)?,
            named: flag(reader)?,
            next: Next::read(reader)?,
            markers: batches(reader)?,
        })
    }
}

fn put_producer(out: &mut BytesMut, producer: ProducerEpoch) {
    out.put_i64_le(producer.id);
    out.put_i16_le(producer.epoch);
}

fn producer(reader: &mut Reader) -> Option<ProducerEpoch> {
    Some(ProducerEpoch {
        id: reader.i64()?,
        epoch: reader.i16()?,
    })
}

fn put_flag(out: &mut BytesMut, flag: bool) {
    out.put_u8(flag.into());
}

fn flag(reader: &mut Reader) -> Option<bool> {
    match reader.u8()? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}
