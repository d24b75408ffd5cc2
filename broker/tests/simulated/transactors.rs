//! Transactional producers: each runs one transaction after the other, asks again until it has a definite answer, and now and
//! then begins anew or leaves its transaction open. Two of them share a transactional id, so that one fences the other.

use std::collections::BTreeMap;
use std::time::Duration;

use broker::record_batch;
use broker::request::transactions::{
    ProduceTransaction, ProducerEpoch, TransactionRefusal, TransactionRequest, TransactionStep,
};
use broker::request::{Acks, FetchPartition, ProducePartition, Request, Response};
use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::clients::{KEPT, PARTITIONS};
use super::oracle::Oracle;

const DEADLINE: Duration = Duration::from_millis(400);
const PATIENCE: Duration = Duration::from_millis(900);
/// Longest time-out of a transaction.
pub(crate) const TIMEOUT_MAX: Duration = Duration::from_millis(1_500);
/// Values of transactions, so that no other check takes them for its own.
const VALUES_FROM: u64 = 1 << 33;

/// What it does next, or again.
#[derive(Clone, Debug)]
enum Task {
    Init,
    Add,
    Produce {
        partition: i32,
        value: u64,
        batch: Bytes,
    },
    End {
        commit: bool,
    },
    Read {
        partition: i32,
        offset: i64,
    },
}

struct Open {
    id: u64,
    task: Task,
    until: Duration,
    /// Somebody else had a newer epoch when it was asked.
    fenced: bool,
}

/// One transactional producer.
pub(crate) struct Transactor {
    name: String,
    producer: Option<ProducerEpoch>,
    /// Whether its epoch is raised at each end.
    raises_epoch: bool,
    sequences: BTreeMap<i32, i32>,
    added: bool,
    /// Acknowledged values of the open transaction.
    values: Vec<u64>,
    /// Asked without a definite answer.
    again: Option<Task>,
    open: Option<Open>,
    positions: BTreeMap<i32, i64>,
}

impl Transactor {
    pub(crate) fn new(number: usize) -> Transactor {
        Transactor {
            name: format!("transactor-{}", number / 2),
            producer: None,
            raises_epoch: false,
            sequences: BTreeMap::new(),
            added: false,
            values: Vec::new(),
            again: None,
            open: None,
            positions: BTreeMap::new(),
        }
    }

    /// Gives up on a silent node. True if it is free to ask something.
    pub(crate) fn is_free(&mut self, now: Duration) -> bool {
        if self.open.as_ref().is_some_and(|open| open.until <= now) {
            self.again = self.open.take().map(|open| open.task);
        }
        self.open.is_none()
    }

    pub(crate) fn ask(
        &mut self,
        id: u64,
        now: Duration,
        next_value: &mut u64,
        oracle: &mut Oracle,
        random: &mut ChaCha8Rng,
    ) -> Request {
        let task = match self.again.take() {
            Some(task) => task,
            None => self.choose(next_value, random),
        };
        let producer = self.producer.unwrap_or(ProducerEpoch { id: -1, epoch: -1 });
        let fenced = oracle.ledger.is_fenced(producer.id, producer.epoch);
        if let Task::End { commit: true } = task {
            oracle.ledger.ask_commit(&self.values);
        }
        let request = self.request(&task, producer, now, random);
        let until = now + PATIENCE;
        self.open = Some(Open {
            id,
            task,
            until,
            fenced,
        });
        request
    }

    fn choose(&mut self, next_value: &mut u64, random: &mut ChaCha8Rng) -> Task {
        let partition = random.random_range(0..PARTITIONS);
        if random.random_ratio(1, 4) {
            let offset = self.positions.get(&partition).copied().unwrap_or(0);
            return Task::Read { partition, offset };
        }
        // Sometimes it leaves everything as it is and begins anew.
        let Some(producer) = self.producer.filter(|_| !random.random_ratio(1, 40)) else {
            return Task::Init;
        };
        if !self.added {
            return Task::Add;
        }
        if !self.values.is_empty() && random.random_ratio(1, 3) {
            let commit = random.random_ratio(2, 3);
            return Task::End { commit };
        }
        *next_value += 1;
        let value = *next_value | VALUES_FROM;
        let sequence = self.sequences.get(&partition).copied().unwrap_or(0);
        let of = (producer.id, producer.epoch, sequence);
        let mut bytes = record_batch::for_tests(1, Some(of), 0, &value.to_le_bytes());
        record_batch::make_transactional(&mut bytes);
        Task::Produce {
            partition,
            value,
            batch: bytes.into(),
        }
    }

    fn request(
        &self,
        task: &Task,
        producer: ProducerEpoch,
        now: Duration,
        random: &mut ChaCha8Rng,
    ) -> Request {
        let deadline = now + DEADLINE;
        let stamp_ms = i64::try_from(now.as_millis()).expect("a short run");
        let step = |step| Request::Transaction {
            request: TransactionRequest {
                id: self.name.clone(),
                stamp_ms,
                step,
            },
            deadline,
        };
        match task {
            Task::Init => step(TransactionStep::Init {
                timeout_ms: random.random_range(300..=TIMEOUT_MAX.as_millis() as i32),
                named: self.producer.filter(|_| random.random_ratio(1, 3)),
            }),
            Task::Add => step(TransactionStep::AddPartitions {
                producer,
                partitions: (0..PARTITIONS).map(|at| (KEPT.to_owned(), at)).collect(),
            }),
            Task::End { commit } => step(TransactionStep::End {
                producer,
                commit: *commit,
                raises_epoch: self.raises_epoch,
            }),
            Task::Produce {
                partition, batch, ..
            } => Request::Produce {
                partitions: vec![ProducePartition {
                    topic: KEPT.to_owned(),
                    partition: *partition,
                    batch: batch.clone(),
                }],
                acks: Acks::All,
                deadline,
                transaction: Some(ProduceTransaction {
                    id: self.name.clone(),
                    adds: false,
                    stamp_ms,
                }),
            },
            Task::Read { partition, offset } => Request::Fetch {
                partitions: vec![FetchPartition {
                    topic: KEPT.to_owned(),
                    partition: *partition,
                    offset: *offset,
                    current_leader_epoch: -1,
                    max_bytes: 4096,
                }],
                min_bytes: random.random_range(0..2),
                max_bytes: 4096,
                deadline: now + Duration::from_millis(random.random_range(0..300)),
                follower_may_serve: random.random_ratio(2, 3),
                read_committed: true,
            },
        }
    }

    /// Takes an answer, if it is to what this one asked.
    pub(crate) fn answered(
        &mut self,
        id: u64,
        response: &Response,
        oracle: &mut Oracle,
        random: &mut ChaCha8Rng,
    ) -> bool {
        if self.open.as_ref().is_none_or(|open| open.id != id) {
            return false;
        }
        let open = self.open.take().expect("checked above");
        match (&open.task, response) {
            (Task::Read { partition, offset }, Response::Fetch(outcomes)) => {
                self.read(*partition, *offset, &outcomes[0], oracle);
            }
            (Task::Produce { .. }, Response::Produce(outcomes)) => match outcomes[0] {
                Ok(_) => self.produced(open, oracle),
                Err(error) => self.refused(open.task, error),
            },
            (_, Response::Transaction(outcome)) => match outcome {
                Ok(producer) => self.stepped(&open, *producer, oracle, random),
                Err(TransactionRefusal::UnknownPartitions(_)) => self.again = Some(open.task),
                Err(TransactionRefusal::Error(error)) => self.refused(open.task, *error),
            },
            (task, response) => panic!("{task:?} was answered by {response:?}"),
        }
        true
    }

    fn produced(&mut self, open: Open, oracle: &mut Oracle) {
        assert!(!open.fenced, "a zombie's record was taken");
        if let Task::Produce {
            partition, value, ..
        } = open.task
        {
            *self.sequences.entry(partition).or_default() += 1;
            self.values.push(value);
            oracle.count("transactional records");
        }
    }

    fn stepped(
        &mut self,
        open: &Open,
        producer: ProducerEpoch,
        oracle: &mut Oracle,
        random: &mut ChaCha8Rng,
    ) {
        match open.task {
            Task::Init => {
                oracle.ledger.given(producer.id, producer.epoch);
                self.start(producer);
                self.added = false;
                self.raises_epoch = random.random();
                oracle.count("producers begun");
            }
            Task::Add => {
                assert!(!open.fenced, "a zombie's partitions were added");
                self.added = true;
            }
            Task::End { commit } => {
                assert!(!open.fenced, "a zombie ended a transaction");
                for value in std::mem::take(&mut self.values) {
                    assert_eq!(
                        oracle.ledger.outcome(value),
                        Some(commit),
                        "value {value} has another outcome than was acknowledged"
                    );
                }
                if self.raises_epoch {
                    oracle.ledger.given(producer.id, producer.epoch);
                    self.start(producer);
                }
                self.added = false;
                oracle.count(if commit { "commits" } else { "aborts" });
            }
            Task::Produce { .. } | Task::Read { .. } => {}
        }
    }

    fn start(&mut self, producer: ProducerEpoch) {
        if self.producer != Some(producer) {
            self.sequences.clear();
        }
        self.producer = Some(producer);
        self.values.clear();
    }

    fn refused(&mut self, task: Task, error: ResponseError) {
        let retriable = matches!(
            error,
            ResponseError::ConcurrentTransactions
                | ResponseError::NotCoordinator
                | ResponseError::CoordinatorLoadInProgress
                | ResponseError::CoordinatorNotAvailable
                | ResponseError::RequestTimedOut
                | ResponseError::NotLeaderOrFollower
                | ResponseError::NotEnoughReplicas
        );
        if retriable {
            self.again = Some(task);
        } else {
            // Fenced, or timed out: what became of the transaction is not known here.
            self.producer = None;
            self.values.clear();
        }
    }

    fn read(
        &mut self,
        partition: i32,
        offset: i64,
        outcome: &Result<broker::request::Fetched, broker::request::FetchRefusal>,
        oracle: &mut Oracle,
    ) {
        match outcome {
            Ok(fetched) => {
                let end = fetched.last_stable_offset;
                let open = oracle.ledger.first_open(partition);
                assert!(
                    open.is_none_or(|open| end <= open.max(fetched.log_start_offset)),
                    "the last stable offset {end} is past the open transaction at {open:?}"
                );
                let batches: Vec<Vec<u8>> = fetched.batches.iter().map(bytes_of).collect();
                let mut next = offset;
                for batch in &batches {
                    next = oracle.fetched(batch);
                    assert!(next <= end, "read past the last stable offset");
                }
                let (kept, dropped) = oracle.ledger.check_read(&batches, &fetched.aborted);
                oracle.count_many("committed records read", kept);
                oracle.count_many("aborted records dropped", dropped);
                self.positions.insert(partition, next);
            }
            Err(refusal) if refusal.error == ResponseError::OffsetOutOfRange => {
                self.positions.insert(partition, refusal.log_start_offset);
            }
            Err(_) => {}
        }
    }
}

/// The bytes of a stored batch.
pub(crate) fn bytes_of(extent: &broker::request::Extent) -> Vec<u8> {
    let mut batch = vec![0; extent.length];
    let read = extent.file.read_exact_at(&mut batch, extent.position);
    read.expect("an extent can be read");
    batch
}
