//! Clients: each has one request open at a time, gives up on silence, and believes only what was answered.
//!
//! An idempotent producer sends the same batch again until it has a definite answer, as Kafka's clients do; a
//! plain one never sends a batch twice. Each batch carries a value that no other batch carries.

use std::collections::BTreeMap;
use std::time::Duration;

use broker::record_batch;
use broker::request::{
    Acks, FetchPartition, ListOffsetsPartition, ProducePartition, Request, Response,
};
use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::asked::{Asked, change};
use super::oracle::Oracle;

pub(crate) const KEPT: &str = "kept";
pub(crate) const SCRATCH: &str = "scratch";
pub(crate) const PARTITIONS: i32 = 2;
const DEADLINE: Duration = Duration::from_millis(400);
/// How long a client waits for an answer that the broker has to give by the deadline.
const PATIENCE: Duration = Duration::from_millis(900);

/// A request under way.
struct Open {
    id: u64,
    asked: Asked,
    until: Duration,
}

/// An idempotent producer's identity.
struct Producer {
    id: i64,
    sequences: BTreeMap<(&'static str, i32), i32>,
    /// A batch without a definite answer.
    again: Option<Asked>,
}

/// One client.
pub(crate) struct Client {
    idempotent: bool,
    producer: Option<Producer>,
    open: Option<Open>,
    /// Where it reads next, by partition.
    positions: BTreeMap<i32, i64>,
    /// The leader epoch that a node showed last: it may be that of a leader which was deposed since.
    shown_epoch: i32,
}

impl Client {
    pub(crate) fn new(idempotent: bool) -> Client {
        Client {
            idempotent,
            producer: None,
            open: None,
            positions: BTreeMap::new(),
            shown_epoch: -1,
        }
    }

    /// Gives up on a silent node. True if the client is free to ask something new.
    pub(crate) fn is_free(&mut self, now: Duration) -> bool {
        if self.open.as_ref().is_some_and(|open| open.until <= now) {
            let open = self.open.take().expect("checked above");
            self.unknown(open.asked);
        }
        self.open.is_none()
    }

    /// What to ask next.
    pub(crate) fn ask(
        &mut self,
        id: u64,
        now: Duration,
        next_value: &mut u64,
        oracle: &Oracle,
        random: &mut ChaCha8Rng,
    ) -> Request {
        let asked = self.choose(next_value, oracle, random);
        let deadline = now + DEADLINE;
        let request = match &asked {
            Asked::Produce {
                topic,
                partition,
                batch,
                acks,
                ..
            } => Request::Produce {
                partitions: vec![ProducePartition {
                    topic: (*topic).to_owned(),
                    partition: *partition,
                    batch: batch.clone(),
                }],
                acks: *acks,
                deadline,
                transaction: None,
            },
            Asked::Latest { partition, .. } => Request::ListOffsets {
                partitions: vec![ListOffsetsPartition {
                    topic: KEPT.to_owned(),
                    partition: *partition,
                    current_leader_epoch: -1,
                    timestamp: -1,
                }],
                deadline,
                read_committed: false,
            },
            Asked::Fetch {
                topic,
                partition,
                offset,
            } => Request::Fetch {
                partitions: vec![FetchPartition {
                    topic: (*topic).to_owned(),
                    partition: *partition,
                    offset: *offset,
                    // As a consumer does that starts where another one ended, with what a node told it of the leader.
                    current_leader_epoch: [-1, self.shown_epoch][random.random_range(0..2)],
                    max_bytes: 4096,
                }],
                min_bytes: random.random_range(0..2),
                max_bytes: 4096,
                deadline: now + Duration::from_millis(random.random_range(0..300)),
                follower_may_serve: random.random_ratio(2, 3),
                read_committed: false,
            },
            Asked::Delete { partition, below } => Request::DeleteRecords {
                topic: KEPT.to_owned(),
                partition: *partition,
                offset: below.unwrap_or(-1),
                deadline,
            },
            Asked::ProducerId => Request::InitProducerId { deadline },
            Asked::Admin => Request::Admin {
                change: change(random),
                deadline,
            },
            Asked::View => Request::View,
        };
        self.open = Some(Open {
            id,
            asked,
            until: now + PATIENCE,
        });
        request
    }

    fn choose(&mut self, next_value: &mut u64, oracle: &Oracle, random: &mut ChaCha8Rng) -> Asked {
        if let Some(asked) = self
            .producer
            .as_mut()
            .and_then(|producer| producer.again.take())
        {
            return asked;
        }
        if self.idempotent && self.producer.is_none() {
            return Asked::ProducerId;
        }
        // Without a topic there is nothing to find out.
        if oracle.values.is_empty() && random.random() {
            return Asked::Admin;
        }
        let partition = random.random_range(0..PARTITIONS);
        match random.random_range(0..100) {
            0..60 => self.produce(partition, next_value, random),
            60..75 => Asked::Latest {
                partition,
                at_least: oracle.acknowledged_end(partition),
            },
            75..88 => {
                let offset = self.positions.get(&partition).copied().unwrap_or(0);
                Asked::Fetch {
                    topic: KEPT,
                    partition,
                    offset,
                }
            }
            88..90 => {
                let end = oracle.acknowledged_end(partition);
                let below = random.random_ratio(9, 10).then(|| {
                    // Sometimes beyond what can be deleted.
                    random.random_range(0..=end + 2)
                });
                Asked::Delete { partition, below }
            }
            90..93 => Asked::Admin,
            _ => Asked::View,
        }
    }

    fn produce(&mut self, partition: i32, next_value: &mut u64, random: &mut ChaCha8Rng) -> Asked {
        *next_value += 1;
        let topic = if random.random_ratio(9, 10) {
            KEPT
        } else {
            SCRATCH
        };
        let value = if topic == KEPT {
            *next_value
        } else {
            *next_value | 1 << 32
        };
        let records = random.random_range(1..4);
        let sequence = |producer: &Producer| {
            let sequence = producer
                .sequences
                .get(&(topic, partition))
                .copied()
                .unwrap_or(0);
            (producer.id, 0, sequence)
        };
        let producer = self.producer.as_ref().map(sequence);
        let mut payload = value.to_le_bytes().to_vec();
        payload.resize(8 + random.random_range(0..300), value as u8);
        let batch = Bytes::from(record_batch::for_tests(
            records,
            producer,
            value as i64,
            &payload,
        ));
        let acks = if random.random_ratio(4, 5) {
            Acks::All
        } else {
            Acks::Leader
        };
        Asked::Produce {
            topic,
            partition,
            value,
            records,
            batch,
            acks,
        }
    }

    /// Takes an answer, if it is to what this client asked.
    pub(crate) fn answered(
        &mut self,
        id: u64,
        node: u64,
        response: &Response,
        oracle: &mut Oracle,
    ) -> bool {
        if self.open.as_ref().is_none_or(|open| open.id != id) {
            return false;
        }
        let open = self.open.take().expect("checked above");
        match (open.asked, response) {
            (asked @ Asked::Produce { .. }, Response::Produce(outcomes)) => match outcomes[0] {
                Ok(appended) => self.produced(asked, appended.base_offset, oracle),
                Err(error) => self.not_produced(asked, error, oracle),
            },
            (
                Asked::Latest {
                    partition,
                    at_least,
                },
                Response::ListOffsets(outcomes),
            ) => {
                if let Ok(listed) = &outcomes[0] {
                    assert!(
                        listed.offset >= at_least,
                        "node {node} lists {} as the latest offset of partition {partition}, after {at_least} was acknowledged",
                        listed.offset
                    );
                    oracle.count("linearizable reads");
                }
            }
            (
                Asked::Fetch {
                    partition, offset, ..
                },
                Response::Fetch(outcomes),
            ) => {
                self.fetched(partition, offset, &outcomes[0], oracle);
            }
            (Asked::Delete { partition, below }, Response::Deleted(outcome)) => {
                if let Ok(start) = outcome {
                    oracle.deleted(partition, below.unwrap_or(0), *start);
                }
            }
            (Asked::ProducerId, Response::ProducerId(outcome)) => {
                if let Ok(id) = outcome {
                    let sequences = BTreeMap::new();
                    self.producer = Some(Producer {
                        id: *id,
                        sequences,
                        again: None,
                    });
                }
            }
            (Asked::Admin, Response::Admin(_)) => {}
            (Asked::View, Response::View(view)) => {
                self.shown_epoch = view.leader_epoch;
                oracle.viewed(node, view.leader, view.leader_epoch);
            }
            (asked, response) => panic!("{asked:?} was answered by {response:?}"),
        }
        true
    }

    fn produced(&mut self, asked: Asked, base_offset: i64, oracle: &mut Oracle) {
        let Asked::Produce {
            topic,
            partition,
            value,
            records,
            acks,
            ..
        } = asked
        else {
            return;
        };
        oracle.acknowledge(value, base_offset, acks == Acks::All);
        oracle.count("acknowledged");
        if let Some(producer) = &mut self.producer {
            *producer.sequences.entry((topic, partition)).or_default() += records;
        }
    }

    fn not_produced(&mut self, asked: Asked, error: ResponseError, oracle: &mut Oracle) {
        oracle.count(match error {
            ResponseError::RequestTimedOut => "timed out",
            ResponseError::NotEnoughReplicas => "over the bound",
            _ => "refused",
        });
        let Asked::Produce { topic, value, .. } = &asked else {
            return;
        };
        if error == ResponseError::NotLeaderOrFollower && !self.idempotent {
            oracle.refuse(*value);
        }
        let sequence_error = matches!(
            error,
            ResponseError::OutOfOrderSequenceNumber
                | ResponseError::DuplicateSequenceNumber
                | ResponseError::UnknownProducerId
                | ResponseError::InvalidProducerEpoch
        );
        // A leader that acknowledged with acks 1 may have lost the batch since; what comes after it is then out
        // of order, and with acks all it must not be.
        if sequence_error || *topic == SCRATCH {
            self.producer = None;
        } else {
            self.unknown(asked);
        }
    }

    fn unknown(&mut self, asked: Asked) {
        if let (Some(producer), Asked::Produce { .. }) = (&mut self.producer, &asked) {
            producer.again = Some(asked);
        }
    }

    fn fetched(
        &mut self,
        partition: i32,
        offset: i64,
        outcome: &Result<broker::request::Fetched, broker::request::FetchRefusal>,
        oracle: &mut Oracle,
    ) {
        match outcome {
            Ok(fetched) => {
                let mut next = offset;
                for extent in &fetched.batches {
                    let mut batch = vec![0; extent.length];
                    extent
                        .file
                        .read_exact_at(&mut batch, extent.position)
                        .expect("an extent can be read");
                    let header = record_batch::peek(&batch).expect("an extent is a batch");
                    assert!(
                        header.base_offset <= next && header.last_offset() >= next,
                        "fetched past {next}"
                    );
                    next = oracle.fetched(&batch);
                    assert!(
                        next <= fetched.high_watermark,
                        "fetched past the high watermark"
                    );
                }
                oracle.count("fetches");
                self.positions.insert(partition, next);
            }
            Err(refusal) if refusal.error == ResponseError::OffsetOutOfRange => {
                assert!(
                    offset < refusal.log_start_offset,
                    "offset {offset} was read before, now {refusal:?}"
                );
                self.positions.insert(partition, refusal.log_start_offset);
            }
            Err(_) => {}
        }
    }
}
