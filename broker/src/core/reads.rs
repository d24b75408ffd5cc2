//! Linearizable reads: the leader asks a quorum whether it still leads (ReadIndex), then waits until it has applied as far
//! as was committed when the read came. Read on if you add a kind of read: it is a case of [`Question`], with an answer and
//! a refusal.
//!
//! One round at a time, shared by everybody who came before it began. Every round has an id that is never used again
//! (etcd #20418: a re-used id matched older answers). Raft drops rounds in silence (a fresh leader, a change of role,
//! lost messages), so a round that takes too long is started again, and every read has a deadline.

use std::time::Duration;

use kafka_protocol::error::ResponseError;

use super::Core;
use super::groups::GroupRead;
use crate::request::{FetchRefusal, ListOffsetsPartition, RequestId, Response, Time};
use crate::rules::EndOffsets;

/// A round without an answer is started again after this.
const ROUND_TIMEOUT: Duration = Duration::from_millis(100);

/// What is read.
#[derive(Debug)]
pub(super) enum Question {
    /// Where partitions begin and end, and offsets by time; of what is committed, or of all.
    Offsets(Vec<ListOffsetsPartition>, bool),
    /// Something about groups.
    Group(GroupRead),
    /// These transactional ids, or all.
    Transactions(Option<Vec<String>>),
    /// The producers of partitions.
    Producers(Vec<(String, i32)>),
    /// A refusal, or another answer that changes nothing, which holds if this node still leads.
    Settled(Response),
}

/// Why a read is not answered. Nothing was changed, so each kind of read may name the error that its clients retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// This node does not lead, or no longer.
    NotLeader,
    /// It leads, and has not applied yet what was acknowledged before.
    NotReady,
    /// The quorum did not confirm it by the deadline.
    TimedOut,
}

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

impl Core {
    /// Answers once a quorum has confirmed that this node leads, or refuses.
    pub(super) fn read(&mut self, id: RequestId, question: Question, deadline: Time) {
        if self.reads_at_once(&question) {
            let response = self.answer_to(question);
            return self.respond(id, response);
        }
        if !self.serves() {
            let why = match self.is_leader() {
                true => Unread::NotReady,
                false => Unread::NotLeader,
            };
            return self.respond(id, refusal(question, why));
        }
        self.reads.next.push(Read {
            id,
            question,
            deadline,
        });
    }

    fn answer_to(&self, question: Question) -> Response {
        match question {
            Question::Offsets(partitions, read_committed) => {
                let asked = partitions.iter();
                let listed = asked.map(|asked| self.listed(asked, read_committed));
                Response::ListOffsets(listed.collect())
            }
            Question::Group(read) => Response::Group(self.group_read(&read)),
            Question::Transactions(ids) => {
                Response::Transactions(Ok(self.transaction_views(ids.as_deref())))
            }
            Question::Producers(partitions) => {
                Response::Producers(self.producer_views(&partitions))
            }
            Question::Settled(response) => response,
        }
    }

    /// Whether the rules let this node answer without asking a quorum.
    fn reads_at_once(&self, question: &Question) -> bool {
        if matches!(question, Question::Group(_)) {
            return self.coordinates_alone();
        }
        if !matches!(question, Question::Offsets(..)) {
            return false;
        }
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
            let response = self.answer_to(read.question);
            self.respond(read.id, response);
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
        self.refuse_reads(late, Unread::TimedOut);
    }

    pub(super) fn fail_reads(&mut self) {
        let mut all = std::mem::take(&mut self.reads.next);
        all.extend(
            self.reads
                .round
                .take()
                .into_iter()
                .flat_map(|round| round.reads),
        );
        self.refuse_reads(all, Unread::NotLeader);
    }

    fn refuse_reads(&mut self, reads: Vec<Read>, why: Unread) {
        for read in reads {
            self.respond(read.id, refusal(read.question, why));
        }
    }
}

fn refusal(question: Question, why: Unread) -> Response {
    let of_partition = match why {
        Unread::NotLeader => ResponseError::NotLeaderOrFollower,
        Unread::NotReady => ResponseError::OffsetNotAvailable,
        Unread::TimedOut => ResponseError::RequestTimedOut,
    };
    let of_coordinator = match why {
        Unread::NotLeader | Unread::TimedOut => ResponseError::NotCoordinator,
        Unread::NotReady => ResponseError::CoordinatorLoadInProgress,
    };
    match question {
        Question::Offsets(partitions, _) => {
            Response::ListOffsets(partitions.iter().map(|_| Err(of_partition)).collect())
        }
        Question::Producers(partitions) => {
            let error = match why {
                Unread::TimedOut => ResponseError::RequestTimedOut,
                Unread::NotLeader | Unread::NotReady => ResponseError::NotLeaderOrFollower,
            };
            Response::Producers(partitions.iter().map(|_| Err(error)).collect())
        }
        Question::Group(_) => Response::Group(Core::group_read_failed(of_partition)),
        Question::Transactions(_) => Response::Transactions(Err(of_coordinator)),
        // Nothing was written.
        Question::Settled(Response::Produce(outcomes)) => {
            let refused = outcomes
                .iter()
                .map(|_| Err(ResponseError::NotLeaderOrFollower));
            Response::Produce(refused.collect())
        }
        Question::Settled(Response::Fetch(outcomes)) => {
            let refusal = || FetchRefusal::without_offsets(ResponseError::NotLeaderOrFollower);
            Response::Fetch(outcomes.iter().map(|_| Err(refusal())).collect())
        }
        Question::Settled(_) => Response::Transaction(Err(of_coordinator.into())),
    }
}
