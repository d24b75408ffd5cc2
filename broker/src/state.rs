//! The state machine: topics, partitions, producers, transactions. A pure function of the committed entries, the same on every node.
//!
//! Ordered maps only, no clock, no randomness. What an entry may not do (a batch proposed under another term, or whose
//! base offset is not the partition's next) is skipped, on every node alike; never a reason to stop: after a change of
//! leader such an entry is legal, and its client is asked to send again.

mod ending;
pub(crate) mod groups;
pub(crate) mod open;
pub(crate) mod partition;
pub(crate) mod producer;
pub(crate) mod transactions;

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use crate::codec::{Reader, put_string};
use crate::command::groups::GroupChange;
use crate::command::{Batch, Command};
use crate::record_batch;
use crate::request::transactions::ProducerEpoch;
use crate::request::{AdminChange, TopicLimits};
use groups::Groups;
use partition::Partition;
use transactions::Transactions;

/// Written. Older ones are read as well: version 1 has no groups, version 2 no transactions.
const VERSION: u8 = 3;
const WITHOUT_TRANSACTIONS: u8 = 2;
const WITHOUT_GROUPS: u8 = 1;
/// A topic has no more partitions than this.
const PARTITIONS_MAX: usize = 10_000;

/// A topic.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    pub(crate) id: Uuid,
    pub(crate) partitions: Vec<Partition>,
    pub(crate) settings: Vec<(String, String)>,
}

/// Everything that is replicated.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    topics: BTreeMap<String, Topic>,
    names: BTreeMap<Uuid, String>,
    next_producer_id: i64,
    pub(crate) transactions: Transactions,
    pub(crate) groups: Groups,
    /// Counts changes of topics, so that a view is rebuilt only then.
    pub(crate) topics_version: u64,
}

/// What an entry did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// Nothing: not for this state machine, or proposed under another term.
    Nothing,
    /// For each batch of the entry, whether it was appended.
    Data(Vec<bool>),
    /// A change of topics and how it came out.
    Admin(Result<(), ResponseError>),
    /// Records were deleted, and which offset is the first that is kept; or why not.
    Deleted(Result<i64, ResponseError>),
    /// A producer id.
    ProducerId(i64),
    /// A change of a transaction: its producer from now on, or why nothing was changed.
    Transaction(Result<ProducerEpoch, ResponseError>),
    /// A group was changed.
    Group,
    /// A trim; segments below this index may go.
    Trimmed(u64),
}

impl State {
    /// Applies one committed entry.
    pub(crate) fn apply(&mut self, index: u64, term: u64, data: &Bytes) -> Applied {
        match Command::decode(data) {
            Some((proposed, command)) if proposed == term => self.execute(index, command),
            _ => Applied::Nothing,
        }
    }

    fn execute(&mut self, index: u64, command: Command) -> Applied {
        match command {
            Command::Data(batches) => Applied::Data(
                batches
                    .iter()
                    .map(|batch| self.append(index, batch))
                    .collect(),
            ),
            Command::Admin(change, limits) => Applied::Admin(self.change(change, &limits)),
            Command::ProducerId => Applied::ProducerId(self.hand_out_producer_id()),
            Command::InitTransaction(init) => {
                Applied::Transaction(self.init_transaction(index, &init))
            }
            Command::AddToTransaction(add) => {
                Applied::Transaction(self.transactions.add(index, &add))
            }
            Command::EndTransaction(end) => Applied::Transaction(self.end_transaction(index, &end)),
            Command::DeleteRecords {
                topic,
                partition,
                offset,
            } => {
                let partition = self.partition_of(topic, partition);
                let partition = partition.ok_or(ResponseError::UnknownTopicOrPartition);
                Applied::Deleted(partition.and_then(|partition| partition.delete_below(offset)))
            }
            Command::Group(id, change) => {
                self.groups
                    .execute(index, &id, self.of_topics_that_are(change));
                Applied::Group
            }
            // An entry forgets what lies before it, never itself and what follows.
            Command::Trim { first_index } if first_index > index => Applied::Nothing,
            Command::Trim { first_index } => {
                for partition in self
                    .topics
                    .values_mut()
                    .flat_map(|topic| &mut topic.partitions)
                {
                    partition.trim(first_index);
                }
                Applied::Trimmed(first_index)
            }
        }
    }

    fn hand_out_producer_id(&mut self) -> i64 {
        let id = self.next_producer_id;
        self.next_producer_id += 1;
        id
    }

    /// Offsets of topics that were deleted since the proposal are not stored: nobody would ever forget them.
    fn of_topics_that_are(&self, mut change: GroupChange) -> GroupChange {
        if let GroupChange::Commit { offsets } = &mut change {
            offsets.retain(|((topic, _), _)| self.names.contains_key(topic));
        }
        change
    }

    fn append(&mut self, index: u64, batch: &Batch) -> bool {
        let Some(header) = record_batch::peek(&batch.bytes) else {
            return false;
        };
        let Some(partition) = self.partition_of(batch.topic, batch.partition) else {
            return false;
        };
        if header.base_offset != partition.next {
            return false;
        }
        partition.append(&header, index, batch.position, batch.bytes.len() as u32);
        true
    }

    fn change(&mut self, change: AdminChange, limits: &TopicLimits) -> Result<(), ResponseError> {
        match change {
            AdminChange::CreateTopic {
                name,
                id,
                partitions,
                settings,
            } => {
                if self.topics.contains_key(&name) {
                    return Err(ResponseError::TopicAlreadyExists);
                }
                let count = usize::try_from(partitions).unwrap_or(0);
                if count == 0 || count > PARTITIONS_MAX {
                    return Err(ResponseError::InvalidPartitions);
                }
                if self.topics.len() >= limits.topics as usize {
                    return Err(ResponseError::PolicyViolation);
                }
                self.has_room(count, limits)?;
                self.names.insert(id, name.clone());
                let partitions = vec![Partition::default(); count];
                self.topics.insert(
                    name,
                    Topic {
                        id,
                        partitions,
                        settings,
                    },
                );
            }
            AdminChange::DeleteTopic { name } => {
                let topic = self
                    .topics
                    .remove(&name)
                    .ok_or(ResponseError::UnknownTopicOrPartition)?;
                self.names.remove(&topic.id);
                self.groups.forget_topic(topic.id);
            }
            AdminChange::GrowTopic { name, partitions } => {
                let topic = self.topics.get(&name);
                let known = topic
                    .map(|topic| topic.partitions.len())
                    .ok_or(ResponseError::UnknownTopicOrPartition)?;
                let count = usize::try_from(partitions).unwrap_or(0);
                if count <= known || count > PARTITIONS_MAX {
                    return Err(ResponseError::InvalidPartitions);
                }
                self.has_room(count - known, limits)?;
                let topic = self.topics.get_mut(&name);
                let topic = topic.ok_or(ResponseError::UnknownTopicOrPartition)?;
                topic.partitions.resize(count, Partition::default());
            }
        }
        self.topics_version += 1;
        Ok(())
    }

    /// Whether so many partitions more are within bounds. Summed up each time: changes of topics are rare, and a count
    /// beside the topics would have to be right through deletions and checkpoints.
    fn has_room(&self, more: usize, limits: &TopicLimits) -> Result<(), ResponseError> {
        let present: usize = self
            .topics
            .values()
            .map(|topic| topic.partitions.len())
            .sum();
        if present.saturating_add(more) > limits.partitions as usize {
            return Err(ResponseError::PolicyViolation);
        }
        Ok(())
    }

    /// A partition of the topic with this id.
    pub(crate) fn partition_of(&mut self, topic: Uuid, partition: i32) -> Option<&mut Partition> {
        let name = self.names.get(&topic)?;
        let at = usize::try_from(partition).ok()?;
        self.topics.get_mut(name)?.partitions.get_mut(at)
    }

    /// The same to look at, with the topic's name.
    pub(crate) fn named(&self, topic: Uuid, partition: i32) -> Option<(&str, &Partition)> {
        let name = self.names.get(&topic)?;
        let (_, partition) = self.partition(name, partition)?;
        Some((name, partition))
    }

    /// Index of the first entry with records of any open transaction.
    pub(crate) fn first_open_index(&self) -> Option<u64> {
        let partitions = self.topics.values().flat_map(|topic| &topic.partitions);
        partitions
            .filter_map(|partition| partition.open.first_index())
            .min()
    }

    /// The name of the topic with this id.
    pub(crate) fn name_of(&self, topic: Uuid) -> Option<&str> {
        self.names.get(&topic).map(String::as_str)
    }

    /// The topics by name.
    pub(crate) fn topics(&self) -> &BTreeMap<String, Topic> {
        &self.topics
    }

    /// A partition, with its topic's id.
    pub(crate) fn partition(&self, topic: &str, partition: i32) -> Option<(Uuid, &Partition)> {
        let topic = self.topics.get(topic)?;
        Some((
            topic.id,
            topic.partitions.get(usize::try_from(partition).ok()?)?,
        ))
    }

    /// The state as a checkpoint holds it: everything but the batches and where they begin, which follow from the entries
    /// that a node still has. The same bytes on every node after the same entry.
    #[cfg(any(test, feature = "simulation"))]
    pub(crate) fn encode(&self) -> Bytes {
        self.encode_with(true, true)
    }

    /// The same; without aborted or open transactions where a rule leaves them out.
    pub(crate) fn encode_with(&self, aborted: bool, open: bool) -> Bytes {
        let mut out = BytesMut::new();
        out.put_u8(VERSION);
        out.put_i64_le(self.next_producer_id);
        out.put_u32_le(self.topics.len() as u32);
        for (name, topic) in &self.topics {
            put_string(&mut out, name);
            out.put_slice(topic.id.as_bytes());
            out.put_u32_le(topic.settings.len() as u32);
            for (key, value) in &topic.settings {
                put_string(&mut out, key);
                put_string(&mut out, value);
            }
            out.put_u32_le(topic.partitions.len() as u32);
            for partition in &topic.partitions {
                partition.encode(&mut out, aborted);
            }
        }
        self.groups.encode(&mut out);
        self.transactions.encode(&mut out, open);
        out.freeze()
    }

    /// The version of a checkpoint's state, if a newer release wrote it, and the newest that this one reads.
    pub(crate) fn newer(bytes: &[u8]) -> Option<(u8, u8)> {
        let version = *bytes.first()?;
        (version > VERSION).then_some((version, VERSION))
    }

    /// Reads a checkpoint's state. The entries before it are gone, so every partition begins at its next offset.
    pub(crate) fn decode(bytes: &Bytes) -> Option<State> {
        let mut reader = Reader::new(bytes.clone());
        let version = reader.u8()?;
        if ![VERSION, WITHOUT_TRANSACTIONS, WITHOUT_GROUPS].contains(&version) {
            return None;
        }
        let with_transactions = version == VERSION;
        let mut state = State {
            next_producer_id: reader.i64()?,
            ..State::default()
        };
        for _ in 0..reader.u32()? {
            let (name, id) = (reader.string()?, reader.uuid()?);
            let mut settings = Vec::new();
            for _ in 0..reader.u32()? {
                settings.push((reader.string()?, reader.string()?));
            }
            let mut partitions = Vec::new();
            for _ in 0..reader.u32()? {
                partitions.push(Partition::decode(&mut reader, with_transactions)?);
            }
            state.names.insert(id, name.clone());
            state.topics.insert(
                name,
                Topic {
                    id,
                    partitions,
                    settings,
                },
            );
        }
        if version != WITHOUT_GROUPS {
            state.groups = Groups::decode(&mut reader)?;
        }
        if with_transactions {
            state.transactions = Transactions::decode(&mut reader)?;
        }
        reader.is_empty().then_some(state)
    }
}

#[cfg(test)]
mod tests;
