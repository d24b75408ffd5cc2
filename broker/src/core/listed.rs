//! The offsets that a leader lists: where a partition begins and ends, and the first record from a time on. Only looked up
//! here; that the answer is linearizable is the business of `reads`.

use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use super::Core;
use crate::request::{Extent, ListOffsetsPartition, ListedOffset};
use crate::rules::{ListedEnd, StableOffset};
use crate::state::partition::{BatchPlace, Partition};

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;

impl Core {
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

    pub(super) fn listed(
        &self,
        asked: &ListOffsetsPartition,
        read_committed: bool,
    ) -> Result<ListedOffset, ResponseError> {
        self.check_epoch(asked.current_leader_epoch)?;
        let (topic, partition) = self
            .state
            .partition(&asked.topic, asked.partition)
            .ok_or(ResponseError::UnknownTopicOrPartition)?;
        let open = partition.first_open().filter(|_| read_committed);
        let open = open.filter(|_| self.config.rules.stable_offset == StableOffset::BelowOpen);
        let end = open.unwrap_or(i64::MAX);
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
        let stable = || {
            let batches = partition.batches.iter();
            batches.filter(|batch| batch.last_offset < end)
        };
        Ok(match asked.timestamp {
            LATEST => {
                let listed = self.listed_end(topic, asked.partition, partition);
                plain(listed.min(end))
            }
            EARLIEST => plain(partition.start),
            MAX_TIMESTAMP => {
                let whole = stable().rev().filter(|batch| !cut(batch));
                let largest = match whole.max_by_key(|batch| batch.max_timestamp) {
                    Some(batch) => of(batch, batch.max_timestamp)?,
                    None => none,
                };
                let first = stable().next();
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
                let mut batches = stable();
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
