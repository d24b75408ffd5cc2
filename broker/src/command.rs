//! What a Raft entry says: record batches, changes of topics, deletions of records, producer ids, transactions, trims.
//!
//! Every command carries the term in which it was *proposed*. A proposal that reached the log under another term (Raft
//! followers forward proposals) must not be applied: its base offsets were given by a node that was not the leader. The
//! comparison is with the entry's own term, never with a node's current one, which would skip acknowledged entries of an
//! older term after an election.
//!
//! ```text
//! version u8 (1) | kind u8 | proposed term u64 | body
//! data: count u32, then each: topic id 16, partition i32, length u32, batch
//! ```

mod batch;
pub(crate) mod groups;
mod transactions;

use bytes::{BufMut, Bytes, BytesMut};
use uuid::Uuid;

use crate::codec::{Reader, put_string};
use crate::request::{AdminChange, TopicLimits};
pub(crate) use batch::Batch;
use batch::{BATCH_OVERHEAD, batches, put_batches};
use groups::GroupChange;
pub(crate) use transactions::{AddToTransaction, EndTransaction, InitTransaction, Next, Offsets};

const VERSION: u8 = 1;
const DATA: u8 = 1;
const CREATE_TOPIC: u8 = 2;
const DELETE_TOPIC: u8 = 3;
const GROW_TOPIC: u8 = 4;
const PRODUCER_ID: u8 = 5;
const TRIM: u8 = 6;
const DELETE_RECORDS: u8 = 7;
const INIT_TRANSACTION: u8 = 20;
const ADD_TO_TRANSACTION: u8 = 21;
const END_TRANSACTION: u8 = 22;
const GROUP: u8 = 8;

/// What an entry asks the state machine to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Append batches.
    Data(Vec<Batch>),
    /// Change topics, within bounds.
    Admin(AdminChange, TopicLimits),
    /// Hand out a producer id.
    ProducerId,
    /// Remove a partition's records below an offset.
    DeleteRecords {
        /// The topic's id.
        topic: Uuid,
        /// Partition index.
        partition: i32,
        /// First offset kept.
        offset: i64,
    },
    /// Let a producer begin anew.
    InitTransaction(InitTransaction),
    /// Add to a transaction.
    AddToTransaction(AddToTransaction),
    /// End a transaction.
    EndTransaction(EndTransaction),
    /// Change a consumer group: its id, and how.
    Group(String, GroupChange),
    /// Forget everything in entries below this index.
    Trim {
        /// First index kept.
        first_index: u64,
    },
}

impl Command {
    /// The entry's data.
    pub(crate) fn encode(&self, proposed_term: u64) -> Bytes {
        let batches = self.batches().iter();
        let data: usize = batches
            .map(|batch| batch.bytes.len() + BATCH_OVERHEAD)
            .sum();
        let mut out = BytesMut::with_capacity(64 + data);
        out.put_u8(VERSION);
        out.put_u8(self.kind());
        out.put_u64_le(proposed_term);
        match self {
            Command::Data(batches) => put_batches(&mut out, batches),
            Command::Admin(
                AdminChange::CreateTopic {
                    name,
                    id,
                    partitions,
                    settings,
                },
                limits,
            ) => {
                put_string(&mut out, name);
                out.put_slice(id.as_bytes());
                out.put_i32_le(*partitions);
                out.put_u32_le(settings.len() as u32);
                for (key, value) in settings {
                    put_string(&mut out, key);
                    put_string(&mut out, value);
                }
                put_limits(&mut out, limits);
            }
            Command::Admin(AdminChange::DeleteTopic { name }, _) => put_string(&mut out, name),
            Command::Admin(AdminChange::GrowTopic { name, partitions }, limits) => {
                put_string(&mut out, name);
                out.put_i32_le(*partitions);
                put_limits(&mut out, limits);
            }
            Command::ProducerId => {}
            Command::DeleteRecords {
                topic,
                partition,
                offset,
            } => {
                out.put_slice(topic.as_bytes());
                out.put_i32_le(*partition);
                out.put_i64_le(*offset);
            }
            Command::InitTransaction(init) => init.put(&mut out),
            Command::AddToTransaction(add) => add.put(&mut out),
            Command::EndTransaction(end) => end.put(&mut out),
            Command::Group(group, change) => change.encode(group, &mut out),
            Command::Trim { first_index } => out.put_u64_le(*first_index),
        }
        out.freeze()
    }

    fn kind(&self) -> u8 {
        match self {
            Command::Data(_) => DATA,
            Command::Admin(AdminChange::CreateTopic { .. }, _) => CREATE_TOPIC,
            Command::Admin(AdminChange::DeleteTopic { .. }, _) => DELETE_TOPIC,
            Command::Admin(AdminChange::GrowTopic { .. }, _) => GROW_TOPIC,
            Command::ProducerId => PRODUCER_ID,
            Command::DeleteRecords { .. } => DELETE_RECORDS,
            Command::InitTransaction(_) => INIT_TRANSACTION,
            Command::AddToTransaction(_) => ADD_TO_TRANSACTION,
            Command::EndTransaction(_) => END_TRANSACTION,
            Command::Group(..) => GROUP,
            Command::Trim { .. } => TRIM,
        }
    }

    /// The batches in it: of clients, or markers.
    pub(crate) fn batches(&self) -> &[Batch] {
        match self {
            Command::Data(batches) => batches,
            Command::InitTransaction(init) => &init.markers,
            Command::EndTransaction(end) => &end.markers,
            _ => &[],
        }
    }

    /// Reads an entry's data: the term of the proposal and the command. None for anything else, which every node skips
    /// alike.
    pub(crate) fn decode(data: &Bytes) -> Option<(u64, Command)> {
        let mut reader = Reader::new(data.clone());
        if reader.u8()? != VERSION {
            return None;
        }
        let kind = reader.u8()?;
        let term = reader.u64()?;
        let command = match kind {
            DATA => Command::Data(batches(&mut reader)?),
            CREATE_TOPIC => {
                let (name, id, partitions) = (reader.string()?, reader.uuid()?, reader.i32()?);
                let mut settings = Vec::new();
                for _ in 0..reader.u32()? {
                    settings.push((reader.string()?, reader.string()?));
                }
                let change = AdminChange::CreateTopic {
                    name,
                    id,
                    partitions,
                    settings,
                };
                Command::Admin(change, limits(&mut reader)?)
            }
            DELETE_TOPIC => {
                let name = reader.string()?;
                Command::Admin(AdminChange::DeleteTopic { name }, TopicLimits::NONE)
            }
            GROW_TOPIC => {
                let (name, partitions) = (reader.string()?, reader.i32()?);
                let change = AdminChange::GrowTopic { name, partitions };
                Command::Admin(change, limits(&mut reader)?)
            }
            PRODUCER_ID => Command::ProducerId,
            DELETE_RECORDS => Command::DeleteRecords {
                topic: reader.uuid()?,
                partition: reader.i32()?,
                offset: reader.i64()?,
            },
            INIT_TRANSACTION => Command::InitTransaction(InitTransaction::read(&mut reader)?),
            ADD_TO_TRANSACTION => Command::AddToTransaction(AddToTransaction::read(&mut reader)?),
            END_TRANSACTION => Command::EndTransaction(EndTransaction::read(&mut reader)?),
            GROUP => {
                let (group, change) = GroupChange::decode(&mut reader)?;
                Command::Group(group, change)
            }
            TRIM => Command::Trim {
                first_index: reader.u64()?,
            },
            _ => return None,
        };
        reader.is_empty().then_some((term, command))
    }
}

fn put_limits(out: &mut BytesMut, limits: &TopicLimits) {
    out.put_u32_le(limits.topics);
    out.put_u32_le(limits.partitions);
}

/// The bounds at the end of a change. Entries of earlier versions have none.
fn limits(reader: &mut Reader) -> Option<TopicLimits> {
    if reader.is_empty() {
        return Some(TopicLimits::NONE);
    }
    Some(TopicLimits {
        topics: reader.u32()?,
        partitions: reader.u32()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::groups::CommittedOffset;
    use crate::request::transactions::ProducerEpoch;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const PRODUCER: ProducerEpoch = ProducerEpoch { id: 4, epoch: 2 };

    fn examples() -> Vec<Command> {
        let batch = |partition, bytes: &'static [u8], position| Batch {
            topic: Uuid::from_u128(7),
            partition,
            position,
            bytes: Bytes::from_static(bytes),
        };
        vec![
            Command::Data(vec![batch(0, b"abc", 38), batch(3, b"", 65)]),
            Command::Admin(
                AdminChange::CreateTopic {
                    name: "t".into(),
                    id: Uuid::from_u128(9),
                    partitions: 3,
                    settings: vec![("a".into(), "b".into())],
                },
                TopicLimits {
                    topics: 7,
                    partitions: 8,
                },
            ),
            Command::Admin(
                AdminChange::DeleteTopic { name: "t".into() },
                TopicLimits::NONE,
            ),
            Command::Admin(
                AdminChange::GrowTopic {
                    name: "t".into(),
                    partitions: 9,
                },
                TopicLimits {
                    topics: 1,
                    partitions: 2,
                },
            ),
            Command::ProducerId,
            Command::DeleteRecords {
                topic: Uuid::from_u128(7),
                partition: 2,
                offset: 41,
            },
            Command::Trim { first_index: 77 },
            Command::InitTransaction(InitTransaction {
                id: "t".into(),
                known: Some(PRODUCER),
                named: true,
                timeout_ms: 1_000,
                next: Next::Raised,
                ends_open: true,
                markers: vec![batch(1, b"marker", 61)],
            }),
            Command::InitTransaction(InitTransaction {
                id: "new".into(),
                known: None,
                named: false,
                timeout_ms: 1,
                next: Next::Fresh,
                ends_open: false,
                markers: Vec::new(),
            }),
            Command::AddToTransaction(AddToTransaction {
                id: "t".into(),
                producer: PRODUCER,
                stamp_ms: 5,
                partitions: vec![(Uuid::from_u128(7), 3)],
                groups: vec![(
                    "group".into(),
                    vec![(
                        (Uuid::from_u128(7), 1),
                        CommittedOffset {
                            offset: 4,
                            leader_epoch: -1,
                            metadata: "text".into(),
                        },
                    )],
                )],
            }),
            Command::EndTransaction(EndTransaction {
                id: "t".into(),
                producer: PRODUCER,
                commit: true,
                named: true,
                next: Next::Same,
                markers: vec![batch(0, b"abc", 56), batch(2, b"", 83)],
            }),
        ]
    }

    #[test]
    fn commands_read_back() {
        for command in examples() {
            assert_eq!(Command::decode(&command.encode(5)), Some((5, command)));
        }
    }

    #[test]
    fn a_change_without_bounds_is_one_of_an_earlier_version() {
        for command in examples() {
            let with = command.encode(5);
            let Command::Admin(
                change @ (AdminChange::CreateTopic { .. } | AdminChange::GrowTopic { .. }),
                _,
            ) = command
            else {
                continue;
            };
            let without = with.slice(..with.len() - 8);
            let expected = Command::Admin(change, TopicLimits::NONE);
            assert_eq!(Command::decode(&without), Some((5, expected)));
        }
    }

    #[test]
    fn hostile_bytes_are_no_command_and_no_panic() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for command in examples() {
            let good = command.encode(5).to_vec();
            for cut in 0..good.len() {
                let read = Command::decode(&Bytes::copy_from_slice(&good[..cut]));
                let earlier = matches!(&read, Some((5, Command::Admin(_, limits))) if *limits == TopicLimits::NONE);
                assert!(
                    read.is_none() || earlier && cut + 8 == good.len(),
                    "cut at {cut}"
                );
            }
            for _ in 0..2_000 {
                let mut bad = good.clone();
                for _ in 0..random.random_range(1..4) {
                    let at = random.random_range(0..bad.len());
                    bad[at] = random.random();
                }
                let _ = Command::decode(&Bytes::from(bad));
            }
        }
    }
}
