//! The transaction coordinator, which is the leader: takes requests, decides on the applied state, proposes entries.
//!
//! What an entry does is decided at its proposal and must be the same when it is applied. Therefore at most one entry of a
//! transactional id is in flight, except for those that add to a transaction: they only make sets grow, in any order.
//! Everything else of that id is refused meanwhile with CONCURRENT_TRANSACTIONS, which clients retry.
//!
//! An answer that needs no entry still needs a quorum: a leader that was deposed and has not heard of it knows an older
//! transaction of the same producer.

mod add;
mod end;
mod init;
mod late;
mod produce;
mod stage;
mod timeouts;
mod views;

use std::collections::{BTreeMap, BTreeSet};

use bytes::{Bytes, BytesMut};
use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use super::Core;
use super::append::{Change, Changing};
use super::reads::Question;
use crate::command::{Batch, Command};
use crate::record_batch::{self, marker::Marker};
use crate::request::transactions::{
    ProducerEpoch, TransactionRefusal, TransactionRequest, TransactionStep,
};
use crate::request::{RequestId, Response, Time};
use crate::rules::EndAnswered;
use crate::state::transactions::Transaction;

/// What the leader remembers of transactions. It begins empty with each term.
#[derive(Debug, Default)]
pub(super) struct Transacting {
    /// Entries that are proposed and not applied, by transactional id.
    in_flight: BTreeMap<String, InFlight>,
    watched: BTreeMap<String, timeouts::Watched>,
    next_scan: Time,
    late_ends: Vec<late::LateEnd>,
}

/// Entries of one transactional id that are proposed and not applied.
#[derive(Debug)]
struct InFlight {
    /// Index of the last one.
    last: u64,
    /// What they add. None if it is one that begins anew or ends.
    adds: Option<BTreeSet<(Uuid, i32)>>,
}

/// What becomes of a request.
enum Decision {
    /// An answer that the state already gives.
    Answer(Result<ProducerEpoch, TransactionRefusal>),
    /// An entry, and the error that says *perhaps* if its end is not known in time.
    Propose(Command, ResponseError),
}

impl Decision {
    fn refuse(error: ResponseError) -> Decision {
        Decision::Answer(Err(error.into()))
    }
}

impl Core {
    /// Takes a request for the coordinator.
    pub(super) fn transaction(
        &mut self,
        id: RequestId,
        request: &TransactionRequest,
        deadline: Time,
    ) {
        if !self.serves() {
            let error = match self.is_leader() {
                true => ResponseError::CoordinatorLoadInProgress,
                false => ResponseError::NotCoordinator,
            };
            return self.respond(id, Response::Transaction(Err(error.into())));
        }
        if self.is_in_flight(&request.id, &request.step) {
            let busy = ResponseError::ConcurrentTransactions;
            return self.respond(id, Response::Transaction(Err(busy.into())));
        }
        let decision = match &request.step {
            TransactionStep::Init { timeout_ms, named } => {
                self.decide_init(request, *timeout_ms, *named)
            }
            TransactionStep::AddPartitions {
                producer,
                partitions,
            } => self.decide_add(request, *producer, partitions),
            TransactionStep::AddGroup { producer, group } => {
                self.decide_add_group(request, *producer, group)
            }
            TransactionStep::StageOffsets {
                producer,
                member,
                offsets,
                adds,
            } => self.decide_stage(request, *producer, (member, offsets), *adds),
            TransactionStep::End {
                producer,
                commit,
                raises_epoch,
            } => self.decide_end(request, *producer, *commit, *raises_epoch),
        };
        let (mut command, perhaps) = match decision {
            Decision::Answer(outcome) => {
                let response = Response::Transaction(outcome);
                return self.read(id, Question::Settled(response), deadline);
            }
            Decision::Propose(command, perhaps) => (command, perhaps),
        };
        self.commit_staged_at_once(&mut command);
        let forgotten = self.offsets_to_forget(&command);
        let Some(index) = self.propose_transaction(&request.id, &command) else {
            let refused = ResponseError::CoordinatorNotAvailable;
            return self.respond(id, Response::Transaction(Err(refused.into())));
        };
        for (group, change) in forgotten {
            self.write_group(&group, change);
        }
        if let TransactionStep::End {
            producer, commit, ..
        } = &request.step
        {
            self.expect_late_end(request, *producer, *commit);
        }
        if let (TransactionStep::End { producer, .. }, EndAnswered::Proposed) =
            (&request.step, self.config.rules.end_answered)
        {
            return self.respond(id, Response::Transaction(Ok(*producer)));
        }
        let what = Changing::Transaction(perhaps);
        let change = Change { id, deadline, what };
        self.appends.changes.insert(index, change);
    }

    /// Whether entries of this id are on their way that a request has to wait for.
    fn is_in_flight(&self, id: &str, step: &TransactionStep) -> bool {
        let adds = match step {
            TransactionStep::AddPartitions { .. }
            | TransactionStep::AddGroup { .. }
            | TransactionStep::StageOffsets { .. } => true,
            TransactionStep::Init { .. } | TransactionStep::End { .. } => false,
        };
        let in_flight = self.transacting.in_flight.get(id);
        in_flight.is_some_and(|in_flight| !adds || in_flight.adds.is_none())
    }

    /// Proposes an entry of a transactional id. What comes later in the log counts its markers.
    fn propose_transaction(&mut self, id: &str, command: &Command) -> Option<u64> {
        let index = self.propose(command)?;
        for batch in command.batches() {
            if let Some(header) = record_batch::peek(&batch.bytes) {
                self.advance_optimistic(batch.topic, batch.partition, &header, index);
            }
        }
        let adds = match command {
            Command::AddToTransaction(add) => {
                let before = self.transacting.in_flight.remove(id);
                let before = before.and_then(|before| before.adds);
                let mut adds = before.unwrap_or_default();
                adds.extend(&add.partitions);
                Some(adds)
            }
            _ => None,
        };
        let in_flight = InFlight { last: index, adds };
        self.transacting.in_flight.insert(id.to_owned(), in_flight);
        Some(index)
    }

    /// An entry was applied: those that waited for it may be decided on.
    pub(super) fn transactions_applied(&mut self, index: u64) {
        let in_flight = &self.transacting.in_flight;
        let applied = in_flight.iter().filter(|(_, one)| one.last <= index);
        let ids: Vec<String> = applied.map(|(id, _)| id.clone()).collect();
        for id in ids {
            self.transacting.in_flight.remove(&id);
            self.watch(id);
        }
    }

    /// Leadership began or ended: what this leader remembers is over.
    pub(super) fn forget_transactions(&mut self) {
        self.transacting = Transacting::default();
    }

    /// Markers for all partitions of a transaction that still exist, where this leader has appended as far.
    fn markers(&self, transaction: &Transaction, marker: Marker) -> Vec<Batch> {
        let term = i32::try_from(self.raft.raft.term).unwrap_or(i32::MAX);
        let marker = Marker {
            coordinator_epoch: term,
            ..marker
        };
        let batch = |(topic, number): &(Uuid, i32)| {
            let (_, partition) = self.state.named(*topic, *number)?;
            let next = self.optimistic_next(*topic, *number, partition.next);
            let mut bytes = BytesMut::from(&marker.batch()[..]);
            record_batch::patch(&mut bytes, next, term);
            Some(Batch {
                topic: *topic,
                partition: *number,
                position: 0,
                bytes: Bytes::from(bytes),
            })
        };
        transaction.partitions.iter().filter_map(batch).collect()
    }
}

/// A marker of a producer; the coordinator's epoch is filled in later.
fn marker(producer_id: i64, producer_epoch: i16, commit: bool, timestamp: i64) -> Marker {
    Marker {
        producer_id,
        producer_epoch,
        commit,
        coordinator_epoch: 0,
        timestamp,
    }
}
