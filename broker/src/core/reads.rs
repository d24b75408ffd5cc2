//! Linearizable reads, of offsets and of groups: the leader asks a quorum whether it still leads (ReadIndex), then waits until it has
//! applied as far as was committed when the read came.
//!
//! One round at a time, shared by everybody who came before it began. Every round has an id that is never used again
//! (etcd #20418: a re-used id matched older answers). Raft drops rounds in silence (a fresh leader, a change of role,
//! lost messages), so a round that takes too long is started again, and every read has a deadline.

use std::time::Duration;

use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use super::Core;
use super::groups::GroupRead;
use crate::request::{Extent, ListOffsetsPartition, ListedOffset, RequestId, Response, Time};
use crate::rules::{EndOffsets, ListedEnd};
use crate::state::partition::{BatchPlace, Partition};

/// A round without an answer is started again after this.
const ROUND_TIMEOUT: Duration = Duration::from_millis(100);

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;

/// Reads that wait.
#[derive(Debug, Default)]
pub(super) struct Reads {
    last_round: u64,
    round: Option<Round>,
    /// Came after the present round began.
    next: Vec<Read>,
}

#[derive(Debug)]
struct Round {
    number: u64,
    begun: Time,
    /// Commit index at its begin, once the quorum has confirmed.
    index: Option<u64>,
    reads: Vec<Read>,
}

#[derive(Debug)]
struct Read {
    id: RequestId,
    question: Question,
    deadline: Time,
}

/// What is read.
#[derive(Debug)]
pub(super) enum Question {
    /// Offsets of partitions.
    Offsets(Vec<ListOffsetsPartition>),
    /// Something about groups.
    Group(GroupRead),
}

impl Core {
    pub(super) fn list_offsets(
        &mut self,
        id: RequestId,
        partitions: Vec<ListOffsetsPartition>,
        deadline: Time,
    ) {
        if self.reads_at_once() {
            let listed = partitions.iter().map(|asked| self.listed(asked)).collect();
            self.respond(id, Response::ListOffsets(listed));
            return;
        }
        if !self.serves() {
            let error = if self.is_leader() {
                ResponseError::OffsetNotAvailable
            } else {
                ResponseError::NotLeaderOrFollower
            };
            let refused = partitions.iter().map(|_| Err(error)).collect();
            self.respond(id, Response::ListOffsets(refused));
            return;
        }
        self.read_later(id, Question::Offsets(partitions), deadline);
    }

    /// Puts a question in line for the next round.
    pub(super) fn read_later(&mut self, id: RequestId, question: Question, deadline: Time) {
        self.reads.next.push(Read {
            id,
            question,
            deadline,
        });
    }

    /// What a question is answered now.
    fn read(&self, question: &Question) -> Response {
        match question {
            Question::Offsets(partitions) => {
                let listed = partitions.iter().map(|asked| self.listed(asked));
                Response::ListOffsets(listed.collect())
            }
            Question::Group(read) => Response::Group(self.group_read(read)),
        }
    }

    /// Whether the rules let this node answer without asking a quorum.
    fn reads_at_once(&self) -> bool {
        match self.config.rules.end_offsets {
            EndOffsets::Quorum => false,
            EndOffsets::Leader => self.is_leader(),
            EndOffsets::Local => true,
        }
    }

    /// Begins a round if somebody waits and none is under way.
    pub(super) fn start_read_round(&mut self) {
        let stuck =
            |round: &Round| round.index.is_none() && round.begun + ROUND_TIMEOUT <= self.now;
        if self.reads.round.as_ref().is_some_and(stuck)
            && let Some(round) = self.reads.round.take()
        {
            self.reads.next.extend(round.reads);
        }
        if self.reads.round.is_some() || self.reads.next.is_empty() || !self.serves() {
            return;
        }
        self.reads.last_round += 1;
        let number = self.reads.last_round;
        let reads = std::mem::take(&mut self.reads.next);
        self.reads.round = Some(Round {
            number,
            begun: self.now,
            index: None,
            reads,
        });
        let mut context = self.raft.raft.term.to_le_bytes().to_vec();
        context.extend(number.to_le_bytes());
        self.raft.read_index(context);
    }

    /// A quorum has confirmed a round.
    pub(super) fn read_round_known(&mut self, context: &[u8], index: u64) {
        let number = context
            .get(8..16)
            .and_then(|bytes| bytes.try_into().ok())
            .map(u64::from_le_bytes);
        if let Some(round) = self
            .reads
            .round
            .as_mut()
            .filter(|round| Some(round.number) == number)
        {
            round.index = Some(index);
        }
        self.answer_reads();
    }

    /// Answers the round once it is confirmed and applied.
    pub(super) fn answer_reads(&mut self) {
        let applied = self.applied_index;
        let done = |round: &Round| round.index.is_some_and(|index| index <= applied);
        if !self.reads.round.as_ref().is_some_and(done) || !self.serves() {
            return;
        }
        let Some(round) = self.reads.round.take() else {
            return;
        };
        for read in round.reads {
            let answer = self.read(&read.question);
            self.respond(read.id, answer);
        }
    }

    pub(super) fn expire_reads(&mut self) {
        let now = self.now;
        let mut late: Vec<Read> = self
            .reads
            .next
            .extract_if(.., |read| read.deadline <= now)
            .collect();
        if let Some(round) = &mut self.reads.round {
            late.extend(round.reads.extract_if(.., |read| read.deadline <= now));
        }
        self.refuse_reads(late, ResponseError::RequestTimedOut);
    }

    pub(super) fn fail_reads(&mut self, error: ResponseError) {
        let mut all = std::mem::take(&mut self.reads.next);
        all.extend(
            self.reads
                .round
                .take()
                .into_iter()
                .flat_map(|round| round.reads),
        );
        self.refuse_reads(all, error);
    }

    fn refuse_reads(&mut self, reads: Vec<Read>, error: ResponseError) {
        for read in reads {
            let answer = match read.question {
                Question::Offsets(partitions) => {
                    Response::ListOffsets(partitions.iter().map(|_| Err(error)).collect())
                }
                Question::Group(_) => Response::Group(Core::group_read_failed(error)),
            };
            self.respond(read.id, answer);
        }
    }

    /// The end that is listed: what is applied, unless a rule or a hook says otherwise.
    fn listed_end(&self, topic: Uuid, number: i32, partition: &Partition) -> i64 {
        if !self.is_leader() {
            return partition.next;
        }
        match self.config.rules.listed_end {
            ListedEnd::Applied => {
                let term = self.raft.raft.term;
                let hooks = &self.config.hooks;
                let listed = hooks.listed_end((topic, number), partition, term);
                listed.unwrap_or(partition.next)
            }
            // What was acknowledged or served early is counted, as one that acknowledges or serves early would do.
            ListedEnd::Appended => self.optimistic_next(topic, number, partition.next),
        }
    }

    fn listed(&self, asked: &ListOffsetsPartition) -> Result<ListedOffset, ResponseError> {
        self.check_epoch(asked.current_leader_epoch)?;
        let (topic, partition) = self
            .state
            .partition(&asked.topic, asked.partition)
            .ok_or(ResponseError::UnknownTopicOrPartition)?;
        let shown = i32::try_from(self.durable_term).unwrap_or(i32::MAX);
        let plain = |offset| ListedOffset {
            offset,
            timestamp: -1,
            leader_epoch: shown,
            batch: None,
            otherwise: None,
            largest: false,
        };
        // The first record of a batch from a time on. What was deleted does not count.
        let of = |batch: &BatchPlace, time| -> Result<ListedOffset, ResponseError> {
            let catalog = &self.raft.store().catalog;
            let located = catalog.locate(batch.index, batch.position);
            let (segment, position) = located.ok_or(ResponseError::KafkaStorageError)?;
            let file: std::sync::Arc<dyn crate::disk::ReadAt> = segment.file.clone();
            let length = batch.length as usize;
            Ok(ListedOffset {
                offset: batch.base_offset.max(partition.start),
                timestamp: time,
                leader_epoch: batch.leader_epoch,
                batch: Some(Extent {
                    file,
                    position,
                    length,
                }),
                otherwise: None,
                largest: false,
            })
        };
        let none = ListedOffset {
            offset: -1,
            timestamp: -1,
            leader_epoch: -1,
            batch: None,
            otherwise: None,
            largest: false,
        };
        // Only the first batch can have lost records.
        let cut = |batch: &BatchPlace| batch.base_offset < partition.start;
        Ok(match asked.timestamp {
            LATEST => plain(self.listed_end(topic, asked.partition, partition)),
            EARLIEST => plain(partition.start),
            MAX_TIMESTAMP => {
                let whole = partition.batches.iter().rev().filter(|batch| !cut(batch));
                let largest = match whole.max_by_key(|batch| batch.max_timestamp) {
                    Some(batch) => of(batch, batch.max_timestamp)?,
                    None => none,
                };
                let first = partition.batches.front();
                match first.filter(|first| cut(first) && first.max_timestamp >= largest.timestamp) {
                    Some(first) => ListedOffset {
                        largest: true,
                        // The earlier one of two with the same time.
                        timestamp: largest.timestamp.max(0),
                        otherwise: Some(Box::new(largest)),
                        ..of(first, first.max_timestamp)?
                    },
                    None => largest,
                }
            }
            time => {
                let mut batches = partition.batches.iter();
                let mut next = || match batches.find(|batch| batch.max_timestamp >= time) {
                    Some(batch) => Ok((of(batch, time)?, cut(batch))),
                    None => Ok((none.clone(), false)),
                };
                match next()? {
                    (first, true) => ListedOffset {
                        otherwise: Some(Box::new(next()?.0)),
                        ..first
                    },
                    (first, false) => first,
                }
            }
        })
    }
}
