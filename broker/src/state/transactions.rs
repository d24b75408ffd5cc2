//! The transactions of the cluster: which producer a transactional id has, and what its open transaction comprises. Part of
//! the replicated state; an entry changes it only from the state on which its proposal was decided.
//!
//! Which offsets of a partition are open or aborted is the partition's own part, see `open`.

use std::collections::{BTreeMap, BTreeSet};

use bytes::{BufMut, BytesMut};
use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use crate::codec::{Reader, put_string};
use crate::command::groups::{offset, place, put_offset, put_place};
use crate::command::{AddToTransaction, EndTransaction, InitTransaction, Next};
use crate::request::groups::CommittedOffset;
use crate::request::transactions::ProducerEpoch;

/// Transactional ids remembered. Beyond it the one that was silent for longest is forgotten, as Kafka forgets after days.
const IDS_MAX: usize = 5_000;
/// Partitions of one open transaction, and of all open transactions together.
pub(crate) const PARTITIONS_MAX: usize = 2_000;
const PARTITIONS_TOTAL_MAX: usize = 100_000;
/// Consumer groups of one open transaction.
const GROUPS_MAX: usize = 100;
/// An epoch that is not handed out: the markers of the last transaction under an id have it.
const EPOCH_LAST: i16 = i16::MAX;

/// Offsets of one group that are committed with a transaction.
pub(crate) type Staged = BTreeMap<(Uuid, i32), CommittedOffset>;

/// How far a transactional id has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Its producer has begun anew and added nothing.
    Empty,
    /// A transaction is open.
    Ongoing,
    /// The last one was committed, and nothing was added since.
    CompleteCommit,
    /// The last one was aborted, and nothing was added since.
    CompleteAbort,
}

/// A transactional id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transaction {
    pub(crate) producer: ProducerEpoch,
    /// What the producer was before it asked for its newest epoch, until it uses that. It may ask again under this: the
    /// answer may have been lost.
    pub(crate) before: Option<ProducerEpoch>,
    pub(crate) timeout_ms: i32,
    pub(crate) phase: Phase,
    /// Empty unless a transaction is open.
    pub(crate) partitions: BTreeSet<(Uuid, i32)>,
    /// Consumer groups, each with the offsets to commit. Empty unless a transaction is open.
    pub(crate) groups: BTreeMap<String, Staged>,
    /// When the open transaction began, on the wall clock of the node that was asked. Only shown.
    pub(crate) started_ms: i64,
    /// Index of the entry that began the newest transaction.
    pub(crate) begun: u64,
    /// Index of the newest entry of this id.
    pub(crate) changed: u64,
}

/// All transactional ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transactions {
    by_id: BTreeMap<String, Transaction>,
    /// Transactional ids by producer id.
    owners: BTreeMap<i64, String>,
}

/// The epoch after this one, and whether it may be handed out; if not, the producer gets a new id.
pub(crate) fn next_epoch(epoch: i16) -> (i16, Next) {
    let next = epoch.saturating_add(1);
    match next {
        EPOCH_LAST => (next, Next::Fresh),
        _ => (next, Next::Raised),
    }
}

impl Transaction {
    /// Its state in Kafka's words.
    pub(crate) fn phase_name(&self) -> &'static str {
        match self.phase {
            Phase::Empty => "Empty",
            Phase::Ongoing => "Ongoing",
            Phase::CompleteCommit => "CompleteCommit",
            Phase::CompleteAbort => "CompleteAbort",
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.phase == Phase::Ongoing
    }

    /// Partitions to write a marker to, and offsets to commit.
    fn size(&self) -> usize {
        let staged: usize = self.groups.values().map(BTreeMap::len).sum();
        self.partitions.len() + staged
    }

    fn close(&mut self, phase: Phase) {
        self.phase = phase;
        self.partitions.clear();
        self.groups.clear();
        self.started_ms = -1;
    }
}

impl Transactions {
    pub(crate) fn get(&self, id: &str) -> Option<&Transaction> {
        self.by_id.get(id)
    }

    /// The transactional id that a producer id belongs to.
    pub(crate) fn of_producer(&self, producer_id: i64) -> Option<(&str, &Transaction)> {
        let id = self.owners.get(&producer_id)?;
        Some((id, self.by_id.get(id)?))
    }

    /// Partitions of which a group has offsets in open transactions.
    pub(crate) fn staged(&self, group: &str) -> BTreeSet<(Uuid, i32)> {
        let staged = self.by_id.values().filter_map(|one| one.groups.get(group));
        staged.flat_map(BTreeMap::keys).copied().collect()
    }

    /// All, by id.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Transaction)> {
        self.by_id.iter()
    }

    /// Whether a producer may begin anew as an entry says.
    pub(crate) fn may_init(&self, init: &InitTransaction) -> Result<(), ResponseError> {
        let known = self.by_id.get(&init.id).map(|known| known.producer);
        if known != init.known {
            return Err(ResponseError::ConcurrentTransactions);
        }
        let is_full = known.is_none() && self.by_id.len() >= IDS_MAX;
        if is_full && self.idle().is_none() {
            return Err(ResponseError::ConcurrentTransactions);
        }
        Ok(())
    }

    /// Lets a producer begin anew. `fresh` is a producer id for it, where the entry asks for one.
    pub(crate) fn init(
        &mut self,
        index: u64,
        init: &InitTransaction,
        fresh: Option<i64>,
    ) -> ProducerEpoch {
        if !self.by_id.contains_key(&init.id) && self.by_id.len() >= IDS_MAX {
            self.forget_idle();
        }
        let producer = followed(init.known, init.next, fresh);
        let before = init.known.filter(|_| init.named);
        match self.by_id.get_mut(&init.id) {
            Some(known) => {
                self.owners.remove(&known.producer.id);
                (known.producer, known.before) = (producer, before);
                known.timeout_ms = init.timeout_ms;
                known.changed = index;
                if init.ends_open || !known.is_open() {
                    known.close(Phase::Empty);
                }
            }
            None => {
                let transaction = Transaction {
                    producer,
                    before,
                    timeout_ms: init.timeout_ms,
                    phase: Phase::Empty,
                    partitions: BTreeSet::new(),
                    groups: BTreeMap::new(),
                    started_ms: -1,
                    begun: 0,
                    changed: index,
                };
                self.by_id.insert(init.id.clone(), transaction);
            }
        }
        self.owners.insert(producer.id, init.id.clone());
        producer
    }

    /// Adds to a transaction, which begins if none is open.
    pub(crate) fn add(
        &mut self,
        index: u64,
        add: &AddToTransaction,
    ) -> Result<ProducerEpoch, ResponseError> {
        let total: usize = self.by_id.values().map(Transaction::size).sum();
        let transaction = self.at(&add.id, add.producer)?;
        let staged: usize = add.groups.iter().map(|(_, offsets)| offsets.len()).sum();
        let more = add.partitions.len() + staged;
        let groups = transaction.groups.len() + add.groups.len();
        if transaction.size() + more > PARTITIONS_MAX || groups > GROUPS_MAX {
            return Err(ResponseError::InvalidRequest);
        }
        if total + more > PARTITIONS_TOTAL_MAX {
            return Err(ResponseError::ConcurrentTransactions);
        }
        if !transaction.is_open() {
            transaction.phase = Phase::Ongoing;
            transaction.started_ms = add.stamp_ms;
            transaction.begun = index;
        }
        transaction.before = None;
        transaction.changed = index;
        transaction.partitions.extend(&add.partitions);
        for (group, offsets) in &add.groups {
            let staged = transaction.groups.entry(group.clone()).or_default();
            staged.extend(offsets.iter().cloned());
        }
        Ok(transaction.producer)
    }

    /// Whether a transaction may end as an entry says.
    pub(crate) fn may_end(&self, end: &EndTransaction) -> Result<(), ResponseError> {
        match self.by_id.get(&end.id) {
            Some(known) if known.producer == end.producer => Ok(()),
            _ => Err(ResponseError::ConcurrentTransactions),
        }
    }

    /// Ends a transaction. `fresh` is a producer id for its producer, where the entry asks for one.
    pub(crate) fn end(
        &mut self,
        index: u64,
        end: &EndTransaction,
        fresh: Option<i64>,
    ) -> Result<ProducerEpoch, ResponseError> {
        let transaction = self.at(&end.id, end.producer)?;
        let producer = followed(Some(end.producer), end.next, fresh);
        transaction.before = (end.named && end.next != Next::Same).then_some(end.producer);
        transaction.producer = producer;
        transaction.changed = index;
        transaction.close(match end.commit {
            true => Phase::CompleteCommit,
            false => Phase::CompleteAbort,
        });
        self.owners.remove(&end.producer.id);
        self.owners.insert(producer.id, end.id.clone());
        Ok(producer)
    }

    fn at(&mut self, id: &str, producer: ProducerEpoch) -> Result<&mut Transaction, ResponseError> {
        let known = self.by_id.get_mut(id);
        let known = known.filter(|known| known.producer == producer);
        known.ok_or(ResponseError::ConcurrentTransactions)
    }

    /// The id without an open transaction that was silent for longest.
    fn idle(&self) -> Option<&String> {
        let idle = self.by_id.iter().filter(|(_, known)| !known.is_open());
        idle.min_by_key(|(_, known)| known.changed)
            .map(|(id, _)| id)
    }

    fn forget_idle(&mut self) {
        if let Some(id) = self.idle().cloned()
            && let Some(forgotten) = self.by_id.remove(&id)
        {
            self.owners.remove(&forgotten.producer.id);
        }
    }

    /// Writes the table; without the open transactions, where a rule leaves them out.
    pub(crate) fn encode(&self, out: &mut BytesMut, with_open: bool) {
        let kept = || {
            let all = self.by_id.iter();
            all.filter(move |(_, known)| with_open || !known.is_open())
        };
        out.put_u32_le(kept().count() as u32);
        for (id, known) in kept() {
            put_string(out, id);
            put_producer(out, known.producer);
            out.put_u8(known.before.is_some().into());
            if let Some(before) = known.before {
                put_producer(out, before);
            }
            out.put_i32_le(known.timeout_ms);
            out.put_u8(match known.phase {
                Phase::Empty => 0,
                Phase::Ongoing => 1,
                Phase::CompleteCommit => 2,
                Phase::CompleteAbort => 3,
            });
            out.put_i64_le(known.started_ms);
            out.put_u64_le(known.begun);
            out.put_u64_le(known.changed);
            out.put_u32_le(known.partitions.len() as u32);
            for (topic, partition) in &known.partitions {
                out.put_slice(topic.as_bytes());
                out.put_i32_le(*partition);
            }
            out.put_u32_le(known.groups.len() as u32);
            for (group, staged) in &known.groups {
                put_string(out, group);
                out.put_u32_le(staged.len() as u32);
                for (at, committed) in staged {
                    put_place(out, *at);
                    put_offset(out, committed);
                }
            }
        }
    }

    pub(crate) fn decode(reader: &mut Reader) -> Option<Transactions> {
        let mut transactions = Transactions::default();
        for _ in 0..reader.u32()? {
            let (id, producer) = (reader.string()?, producer(reader)?);
            let before = match reader.u8()? {
                0 => None,
                1 => Some(self::producer(reader)?),
                _ => return None,
            };
            let timeout_ms = reader.i32()?;
            let phase = match reader.u8()? {
                0 => Phase::Empty,
                1 => Phase::Ongoing,
                2 => Phase::CompleteCommit,
                3 => Phase::CompleteAbort,
                _ => return None,
            };
            let (started_ms, begun, changed) = (reader.i64()?, reader.u64()?, reader.u64()?);
            let (mut partitions, mut groups) = (BTreeSet::new(), BTreeMap::new());
            for _ in 0..reader.u32()? {
                partitions.insert((reader.uuid()?, reader.i32()?));
            }
            for _ in 0..reader.u32()? {
                let (group, mut staged) = (reader.string()?, Staged::new());
                for _ in 0..reader.u32()? {
                    staged.insert(place(reader)?, offset(reader)?);
                }
                groups.insert(group, staged);
            }
            transactions.owners.insert(producer.id, id.clone());
            let transaction = Transaction {
                producer,
                before,
                timeout_ms,
                phase,
                partitions,
                groups,
                started_ms,
                begun,
                changed,
            };
            transactions.by_id.insert(id, transaction);
        }
        Some(transactions)
    }
}

/// The identity that follows.
fn followed(known: Option<ProducerEpoch>, next: Next, fresh: Option<i64>) -> ProducerEpoch {
    match (known, next, fresh) {
        (Some(known), Next::Same, _) => known,
        (Some(known), Next::Raised, _) => ProducerEpoch {
            epoch: known.epoch.saturating_add(1),
            ..known
        },
        (_, _, fresh) => ProducerEpoch {
            id: fresh.unwrap_or(-1),
            epoch: 0,
        },
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

#[cfg(test)]
mod tests;
