//! Everything that becomes an entry: produced batches, changes of topics, producer ids. And who waits for it.
//!
//! Offsets and sequence numbers are given on the *optimistic* state: what is applied, and what this node has appended in
//! its present term. That is exact, because a leader serves only when everything older is applied and never overwrites
//! its own entries; it is forgotten as a whole when leadership ends.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use super::Core;
use super::crowd::Arrived;
use super::reads::Question;
use crate::command::{Batch, Command};
use crate::record_batch::{self, Header};
use crate::request::{
    Acks, AdminChange, AdminError, Appended, ProducePartition, RequestId, Response, Time,
};
use crate::rules::{AcknowledgeAfter, Sequences};
use crate::state::producer::{Producer, Sequenced};

/// What was appended in this term, by partition, and who waits for it.
#[derive(Debug, Default)]
pub(super) struct Appends {
    optimistic: BTreeMap<(Uuid, i32), Optimistic>,
    /// Produce requests by the entry they wait for.
    pub(super) produces: BTreeMap<(u64, RequestId), Produce>,
    /// Those that are applied and wait for the last replica. None unless the rules ask for it.
    pub(super) lagging: BTreeMap<(u64, RequestId), Produce>,
    /// Came, and is to be overtaken by the next one. None while appends keep their order.
    pub(super) overtaken: Option<Arrived>,
    /// Changes of topics and producer ids by their entry.
    pub(super) changes: BTreeMap<u64, Change>,
}

/// A partition as it will be when everything appended is committed.
#[derive(Debug)]
struct Optimistic {
    next: i64,
    producers: BTreeMap<i64, Producer>,
}

/// A produce request that waits.
#[derive(Debug)]
pub(super) struct Produce {
    pub(super) acks: Acks,
    pub(super) deadline: Time,
    /// What to answer once it is committed. Refusals are in it already.
    pub(super) outcomes: Vec<Result<Appended, ResponseError>>,
    /// For each batch of the entry, in its order, which outcome it is.
    pub(super) appended: Vec<usize>,
}

/// A change that waits.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) id: RequestId,
    pub(super) deadline: Time,
    pub(super) what: Changing,
}

/// What a change is about, and so how it is answered.
#[derive(Clone, Copy, Debug)]
pub(super) enum Changing {
    /// A transaction, and the error that says *perhaps done*.
    Transaction(ResponseError),
    Topics,
    Records,
    ProducerId,
}

/// What becomes of one batch.
enum Verdict {
    Append { topic: Uuid, next: i64 },
    Known { base_offset: i64, index: u64 },
    Refuse(ResponseError),
}

impl Core {
    pub(super) fn take_produce(&mut self, arrived: Arrived) {
        let Arrived {
            id,
            partitions,
            acks,
            deadline,
            transaction,
        } = arrived;
        if !self.serves() {
            let refused = partitions
                .iter()
                .map(|_| Err(ResponseError::NotLeaderOrFollower))
                .collect();
            self.respond(id, Response::Produce(refused));
            return;
        }
        let epoch = i32::try_from(self.raft.raft.term).unwrap_or(i32::MAX);
        let transaction = transaction.as_ref();
        let added = transaction.is_none_or(|named| self.add_produced(named, &partitions));
        let index = self.raft.raft.raft_log.last_index() + 1;
        let mut waits_for = 0;
        let mut is_settled = true;
        let mut outcomes = Vec::with_capacity(partitions.len());
        let (mut batches, mut appended, mut taken) = (Vec::new(), Vec::new(), Vec::new());
        for (at, asked) in partitions.into_iter().enumerate() {
            let Some(header) = record_batch::peek(&asked.batch) else {
                outcomes.push(Err(ResponseError::CorruptMessage));
                continue;
            };
            if let Err(error) = self.check_transaction(transaction, &asked, &header) {
                is_settled &= !added;
                let no_room = ResponseError::NotEnoughReplicas;
                outcomes.push(Err(if added { error } else { no_room }));
                continue;
            }
            match self.look(&asked, &header) {
                Verdict::Refuse(error) => outcomes.push(Err(error)),
                Verdict::Known { base_offset, index } => {
                    waits_for = waits_for.max(index);
                    outcomes.push(Ok(self.appended_at(&asked, base_offset)));
                }
                Verdict::Append { next, .. } if self.is_crowded() => {
                    waits_for = waits_for.max(index - 1);
                    outcomes.push(Ok(self.appended_at(&asked, next)));
                }
                Verdict::Append { topic, next } => {
                    outcomes.push(Ok(self.appended_at(&asked, next)));
                    let bytes = self.patched(&asked.batch, next, epoch);
                    let header = Header {
                        base_offset: next,
                        leader_epoch: epoch,
                        ..header
                    };
                    // At once: a second batch of this request for the same partition comes after it.
                    self.advance_optimistic(topic, asked.partition, &header, index);
                    taken.push(at);
                    batches.push(Batch {
                        topic,
                        partition: asked.partition,
                        position: 0,
                        bytes,
                    });
                }
            }
        }
        if !batches.is_empty() {
            let command = Command::Data(batches);
            match self.propose(&command) {
                Some(proposed) => {
                    debug_assert_eq!(proposed, index, "nothing was appended in between");
                    waits_for = index;
                    appended = taken;
                }
                None => {
                    // Before the append: too much is uncommitted. What was given out above was given to nobody.
                    self.appends.optimistic.clear();
                    self.rebuild_optimistic();
                    for at in taken {
                        outcomes[at] = Err(ResponseError::NotEnoughReplicas);
                    }
                }
            }
        }
        let acks = match self.config.rules.acknowledge_after {
            AcknowledgeAfter::Commit | AcknowledgeAfter::EveryReplica => acks,
            AcknowledgeAfter::LocalSync => Acks::Leader,
        };
        let durable = match acks {
            Acks::All => self.applied_index,
            Acks::Leader => self.synced_index,
        };
        if !is_settled && waits_for == 0 {
            // Only a leader knows how far a transaction is.
            let response = Response::Produce(outcomes);
            self.read(id, Question::Settled(response), deadline);
        } else if waits_for <= durable {
            self.respond(id, Response::Produce(outcomes));
        } else {
            let produce = Produce {
                acks,
                deadline,
                outcomes,
                appended,
            };
            self.appends.produces.insert((waits_for, id), produce);
        }
    }

    fn patched(&self, batch: &Bytes, base_offset: i64, leader_epoch: i32) -> Bytes {
        let mut bytes = BytesMut::from(&batch[..]);
        record_batch::patch(&mut bytes, base_offset, leader_epoch);
        self.config.hooks.batch_stored(&mut bytes);
        bytes.freeze()
    }

    /// A new leader goes on at the ends of its log, unless a hook names others.
    pub(super) fn begin_offsets(&mut self) {
        for (at, next) in self.config.hooks.first_offsets() {
            let producers = BTreeMap::new();
            let optimistic = Optimistic { next, producers };
            self.appends.optimistic.insert(at, optimistic);
        }
    }

    /// Offset after the last record that this leader has appended.
    pub(super) fn optimistic_next(&self, topic: Uuid, partition: i32, applied: i64) -> i64 {
        self.appends
            .optimistic
            .get(&(topic, partition))
            .map_or(applied, |optimistic| optimistic.next)
    }

    fn appended_at(&self, asked: &ProducePartition, base_offset: i64) -> Appended {
        let partition = self.state.partition(&asked.topic, asked.partition);
        Appended {
            base_offset,
            log_start_offset: partition.map_or(0, |(_, partition)| partition.start),
        }
    }

    fn look(&self, asked: &ProducePartition, header: &Header) -> Verdict {
        let Some((topic, partition)) = self.state.partition(&asked.topic, asked.partition) else {
            return Verdict::Refuse(ResponseError::UnknownTopicOrPartition);
        };
        let optimistic = self.appends.optimistic.get(&(topic, asked.partition));
        let next = optimistic.map_or(partition.next, |optimistic| optimistic.next);
        if header.producer_id < 0 {
            return Verdict::Append { topic, next };
        }
        let replicated = self.config.rules.sequences == Sequences::Replicated;
        let known = optimistic
            .and_then(|optimistic| optimistic.producers.get(&header.producer_id))
            .or_else(|| {
                let producers = replicated.then_some(&partition.producers);
                producers.and_then(|producers| producers.get(&header.producer_id))
            });
        if known.is_none() && !replicated {
            // A producer that this leader does not know may begin at any sequence, as after Kafka's KIP-360.
            return Verdict::Append { topic, next };
        }
        let overlooked = ResponseError::InvalidProducerEpoch;
        match Producer::look(known, header) {
            Sequenced::Refuse(error)
                if error == overlooked
                    && header.is_transactional()
                    && !self.config.rules.fences_epochs =>
            {
                Verdict::Append { topic, next }
            }
            Sequenced::Append => Verdict::Append { topic, next },
            Sequenced::Duplicate(batch) => Verdict::Known {
                base_offset: batch.base_offset,
                index: batch.index,
            },
            Sequenced::Refuse(error) => Verdict::Refuse(error),
        }
    }

    /// Takes note of a batch that was appended.
    pub(super) fn advance_optimistic(
        &mut self,
        topic: Uuid,
        partition: i32,
        header: &Header,
        index: u64,
    ) {
        let applied = self.state.named(topic, partition);
        let applied = applied.map(|(_, partition)| partition);
        let optimistic = self
            .appends
            .optimistic
            .entry((topic, partition))
            .or_insert_with(|| Optimistic {
                next: header.base_offset,
                producers: BTreeMap::new(),
            });
        optimistic.next = header.base_offset + header.offsets();
        if header.producer_id >= 0 && !header.is_control() {
            let remembered = applied.and_then(|applied| applied.producers.get(&header.producer_id));
            let remembered =
                remembered.filter(|_| self.config.rules.sequences == Sequences::Replicated);
            let producer = optimistic
                .producers
                .entry(header.producer_id)
                .or_insert_with(|| remembered.cloned().unwrap_or_default());
            producer.remember(header, header.base_offset, index);
        }
    }

    /// Rebuilds the optimistic state from what is applied and the entries after it.
    fn rebuild_optimistic(&mut self) {
        let (low, high) = (
            self.applied_index + 1,
            self.raft.raft.raft_log.last_index() + 1,
        );
        for index in low..high {
            let context = raft::GetEntriesContext::empty(false);
            let entries = self
                .raft
                .raft
                .raft_log
                .slice(index, index + 1, None, context);
            let Some(entry) = entries.ok().and_then(|entries| entries.into_iter().next()) else {
                continue;
            };
            let Some((_, command)) = Command::decode(&entry.data) else {
                continue;
            };
            for batch in command.batches() {
                if let Some(header) = record_batch::peek(&batch.bytes) {
                    self.advance_optimistic(batch.topic, batch.partition, &header, index);
                }
            }
        }
    }

    pub(super) fn admin(&mut self, id: RequestId, change: AdminChange, deadline: Time) {
        if !self.serves() {
            let other = self.leader().filter(|leader| *leader != self.config.id);
            self.respond(id, Response::Admin(Err(AdminError::NotLeader(other))));
            return;
        }
        match self.propose(&Command::Admin(change, self.config.topic_limits)) {
            Some(index) => {
                let change = Change {
                    id,
                    deadline,
                    what: Changing::Topics,
                };
                self.appends.changes.insert(index, change);
            }
            None => {
                let refused = AdminError::Refused(ResponseError::NotEnoughReplicas);
                self.respond(id, Response::Admin(Err(refused)));
            }
        }
    }

    pub(super) fn producer_id(&mut self, id: RequestId, deadline: Time) {
        if !self.serves() {
            let other = self.leader().filter(|leader| *leader != self.config.id);
            self.respond(id, Response::ProducerId(Err(AdminError::NotLeader(other))));
            return;
        }
        match self.propose(&Command::ProducerId) {
            Some(index) => {
                let change = Change {
                    id,
                    deadline,
                    what: Changing::ProducerId,
                };
                self.appends.changes.insert(index, change);
            }
            None => {
                let refused = AdminError::Refused(ResponseError::NotEnoughReplicas);
                self.respond(id, Response::ProducerId(Err(refused)));
            }
        }
    }

    /// Appends a command to the log of the leader that this node is. Its index, or None when Raft does not take it.
    pub(super) fn propose(&mut self, command: &Command) -> Option<u64> {
        // Looked at in the same step: on a follower Raft would forward the proposal in silence.
        if !self.is_leader() {
            return None;
        }
        let before = self.raft.raft.raft_log.last_index();
        let data = command.encode(self.raft.raft.term);
        self.raft.propose(Vec::new(), data.to_vec()).ok()?;
        let index = self.raft.raft.raft_log.last_index();
        (index == before + 1).then_some(index)
    }
}

impl Appends {
    /// Forgets what was appended; the waiting requests have been answered.
    pub(super) fn clear_optimistic(&mut self) {
        self.optimistic.clear();
    }
}
