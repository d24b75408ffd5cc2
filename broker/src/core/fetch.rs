//! Fetch: where the batches lie, waiting for more while there is too little. Served up to what this node has *applied*, by
//! the leader or, for clients that allow it, by a follower (KIP-392); refused by a node that knows no leader, so that a
//! cut-off node does not hold on to its consumers.

use std::time::Duration;

use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use super::Core;
use super::reads::Question;
use crate::request::{
    EpochEnd, EpochEndPartition, Extent, FetchPartition, FetchRefusal, Fetched, RequestId,
    Response, Time,
};
use crate::rules::StableOffset;
use crate::state::partition::{BatchPlace, Partition};

/// How much to wait for, and how much to return.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) min_bytes: usize,
    pub(super) max_bytes: usize,
    pub(super) deadline: Time,
    pub(super) follower_may_serve: bool,
    pub(super) read_committed: bool,
}

/// A fetch that found too little.
#[derive(Debug)]
pub(super) struct Waiting {
    id: RequestId,
    partitions: Vec<FetchPartition>,
    limits: Limits,
}

/// How long a quorum may take to confirm a leader that says an offset does not exist.
const CONFIRMATION: Duration = Duration::from_secs(1);

/// Whether an answer says that an offset beyond the end does not exist. Only the present leader knows that.
fn is_beyond_end(asked: &FetchPartition, outcome: &Result<Fetched, FetchRefusal>) -> bool {
    let refused = outcome.as_ref().err();
    let refused = refused.filter(|refusal| refusal.error == ResponseError::OffsetOutOfRange);
    refused.is_some_and(|refusal| asked.offset > refusal.high_watermark)
}

impl Core {
    pub(super) fn fetch(&mut self, id: RequestId, partitions: Vec<FetchPartition>, limits: Limits) {
        let waiting = Waiting {
            id,
            partitions,
            limits,
        };
        if let Some(waiting) = self.try_fetch(waiting) {
            self.fetches.push(waiting);
        }
    }

    /// Looks again for everybody who waits.
    pub(super) fn wake_fetches(&mut self) {
        for waiting in std::mem::take(&mut self.fetches) {
            if let Some(waiting) = self.try_fetch(waiting) {
                self.fetches.push(waiting);
            }
        }
    }

    /// Answers, or gives the request back to wait on.
    fn try_fetch(&mut self, waiting: Waiting) -> Option<Waiting> {
        let limits = waiting.limits;
        let mut left = limits.max_bytes;
        let (mut found, mut refused) = (0, false);
        let mut outcomes = Vec::with_capacity(waiting.partitions.len());
        for asked in &waiting.partitions {
            let outcome = self.look_up(asked, limits, left, found == 0);
            match &outcome {
                Ok(fetched) => {
                    let bytes: usize = fetched.batches.iter().map(|extent| extent.length).sum();
                    found += bytes;
                    left = left.saturating_sub(bytes);
                }
                Err(_) => refused = true,
            }
            outcomes.push(outcome);
        }
        if refused || found >= limits.min_bytes || self.now >= limits.deadline {
            let asked = waiting.partitions.iter();
            if asked
                .zip(&outcomes)
                .any(|(asked, outcome)| is_beyond_end(asked, outcome))
            {
                // A leader that was stopped and replaced does not know of it yet. A consumer that starts at an offset of
                // its predecessor was told there that the offset does not exist, 20 ms after the end of a pause.
                let deadline = limits.deadline.max(self.now + CONFIRMATION);
                self.read(
                    waiting.id,
                    Question::Settled(Response::Fetch(outcomes)),
                    deadline,
                );
            } else {
                self.respond(waiting.id, Response::Fetch(outcomes));
            }
            None
        } else {
            Some(waiting)
        }
    }

    fn look_up(
        &self,
        asked: &FetchPartition,
        limits: Limits,
        left: usize,
        first: bool,
    ) -> Result<Fetched, FetchRefusal> {
        self.check_epoch(asked.current_leader_epoch)
            .map_err(FetchRefusal::without_offsets)?;
        if self.leader().is_none() || !(self.is_leader() || limits.follower_may_serve) {
            return Err(FetchRefusal::without_offsets(
                ResponseError::NotLeaderOrFollower,
            ));
        }
        let Some((topic, partition)) = self.state.partition(&asked.topic, asked.partition) else {
            return Err(FetchRefusal::without_offsets(
                ResponseError::UnknownTopicOrPartition,
            ));
        };
        let beyond_applied = self.beyond_applied(topic, asked.partition, partition.next);
        let high_watermark = beyond_applied
            .last()
            .map_or(partition.next, |batch| batch.last_offset + 1);
        let last_stable_offset = self.stable_end(partition).unwrap_or(high_watermark);
        let log_start_offset = partition.start;
        // A node that lags does not know whether the offset exists. So does a leader whose disk does: entries of its own
        // that two followers have made durable are committed, and may have been read there, before they are here. And so
        // does a leader that was deposed and has not heard of it, whose successor's records may have been read: who names
        // the epoch has read nothing of a later one, and a quorum confirms it for those who were told where to begin.
        let beyond = if self.serves()
            && asked.current_leader_epoch >= 0
            && asked.offset > self.optimistic_next(topic, asked.partition, high_watermark)
        {
            ResponseError::OffsetOutOfRange
        } else {
            ResponseError::OffsetNotAvailable
        };
        if asked.offset < log_start_offset {
            let error = ResponseError::OffsetOutOfRange;
            return Err(FetchRefusal {
                error,
                high_watermark,
                last_stable_offset,
                log_start_offset,
            });
        }
        if asked.offset > high_watermark {
            return Err(FetchRefusal {
                error: beyond,
                high_watermark,
                last_stable_offset,
                log_start_offset,
            });
        }
        let mut batches: Vec<Extent> = Vec::new();
        let mut left = left.min(asked.max_bytes);
        let (skipped, until) = self.config.hooks.fetch_bounds(partition, asked.offset);
        let beyond_applied = beyond_applied
            .iter()
            .filter(|batch| batch.last_offset >= asked.offset);
        let found = partition.batches_from(asked.offset).skip(skipped);
        let stable_end = match limits.read_committed {
            true => self.stable_end(partition).unwrap_or(i64::MAX),
            false => i64::MAX,
        };
        // By its end: where an open transaction begins below what was deleted, a batch may lie on both sides.
        let is_stable = |batch: &&BatchPlace| batch.last_offset < stable_end;
        let beyond_applied = beyond_applied.take_while(is_stable);
        let found = found.take_while(|batch| batch.base_offset < until);
        let found = found.take_while(is_stable);
        let mut end = asked.offset;
        for batch in found.chain(beyond_applied) {
            let length = batch.length as usize;
            let must = first && batches.is_empty();
            if length > left && !must {
                break;
            }
            let Some((segment, position)) = self
                .raft
                .store()
                .catalog
                .locate(batch.index, batch.position)
            else {
                break;
            };
            // One read for batches that lie side by side would be possible only without frames between them.
            let file: std::sync::Arc<dyn crate::disk::ReadAt> = segment.file.clone();
            batches.push(Extent {
                file,
                position,
                length,
            });
            left = left.saturating_sub(length);
            end = batch.last_offset + 1;
        }
        // From the same state as the records: an entry too many hides committed ones, an entry too few shows aborted ones.
        let aborted = match limits.read_committed && !batches.is_empty() {
            true => {
                let listed = partition.open.aborted(asked.offset, end);
                listed.map(|one| (one.producer_id, one.first)).collect()
            }
            false => Vec::new(),
        };
        Ok(Fetched {
            high_watermark,
            last_stable_offset,
            log_start_offset,
            aborted,
            batches,
        })
    }

    /// Where what is stable ends, if that is not the end.
    fn stable_end(&self, partition: &Partition) -> Option<i64> {
        match self.config.rules.stable_offset {
            StableOffset::BelowOpen => partition.first_open(),
            StableOffset::HighWatermark => None,
        }
    }

    /// What is served beyond what is applied: nothing, unless a hook finds something in the log.
    fn beyond_applied(&self, topic: Uuid, partition: i32, next: i64) -> Vec<BatchPlace> {
        let entries = || {
            let catalog = &self.raft.store().catalog;
            let (low, high) = (self.applied_index + 1, catalog.last_index() + 1);
            let entries = catalog.entries(low, high.max(low), u64::MAX);
            entries.unwrap_or_default()
        };
        let hooks = &self.config.hooks;
        hooks.fetch_beyond((topic, partition), next, &entries)
    }

    /// Compares a client's leader epoch with the one shown; -1 states nothing.
    pub(super) fn check_epoch(&self, epoch: i32) -> Result<(), ResponseError> {
        let shown = i32::try_from(self.durable_term).unwrap_or(i32::MAX);
        match epoch {
            -1 => Ok(()),
            older if older < shown => Err(ResponseError::FencedLeaderEpoch),
            newer if newer > shown => Err(ResponseError::UnknownLeaderEpoch),
            _ => Ok(()),
        }
    }

    pub(super) fn epoch_end(&self, asked: &EpochEndPartition) -> Result<EpochEnd, ResponseError> {
        self.check_epoch(asked.current_leader_epoch)?;
        if !self.serves() {
            return Err(ResponseError::NotLeaderOrFollower);
        }
        let (_, partition) = self
            .state
            .partition(&asked.topic, asked.partition)
            .ok_or(ResponseError::UnknownTopicOrPartition)?;
        Ok(partition.epoch_end(asked.epoch))
    }
}
