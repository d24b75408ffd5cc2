//! When a mutant acts. It begins some time after its node was first asked about records: the cluster has formed by then,
//! and clients have begun. A run that never began would prove nothing about what its checks see. The first topic is no such
//! sign: on a busy machine the formation took longer than any delay after it.
//!
//! The node is asked for Metadata all the time, so these answers tell when the leader has changed.

use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::messages::{ApiKey, MetadataResponse};

use super::When;
use super::lie::Asked;

/// The time from the first request about records until a mutant begins.
pub(super) const DELAY: Duration = Duration::from_secs(2);

/// What a node has shown so far.
#[derive(Debug)]
pub(super) struct Moment {
    delay: Duration,
    /// When it was first asked about records.
    asked_at: Option<Instant>,
    /// The first leader epoch that it showed, and the last one.
    epochs: Option<(i32, i32)>,
}

impl Moment {
    pub(super) fn new(delay: Duration) -> Moment {
        Moment {
            delay,
            asked_at: None,
            epochs: None,
        }
    }

    /// Takes an honest answer into account.
    pub(super) fn watch(&mut self, asked: &Asked, honest: &Bytes, now: Instant) {
        if matches!(
            asked.key,
            ApiKey::Produce | ApiKey::Fetch | ApiKey::ListOffsets
        ) {
            self.asked_at.get_or_insert(now);
        }
        if asked.key != ApiKey::Metadata {
            return;
        }
        let Some((_, answer)) = asked.answer::<MetadataResponse>(honest) else {
            return;
        };
        let rows = answer.topics.iter().flat_map(|topic| &topic.partitions);
        let shown = rows.filter(|row| row.error_code == 0);
        let Some(epoch) = shown.map(|row| row.leader_epoch).max() else {
            return;
        };
        let first = self.epochs.map_or(epoch, |(first, _)| first);
        self.epochs = Some((first, epoch));
    }

    /// Whether a mutant acts now, as far as time decides it.
    pub(super) fn is_now(&self, when: When, now: Instant) -> bool {
        if when == When::FromStart {
            return true;
        }
        let begin = self.asked_at.map(|at| at + self.delay);
        let Some(since) = begin.and_then(|begin| now.checked_duration_since(begin)) else {
            return false;
        };
        match when {
            When::Always | When::OneIn(_) | When::FromStart => true,
            When::For(seconds) => since < Duration::from_secs(seconds),
            When::AfterElection => self.epochs.is_some_and(|(first, last)| last > first),
        }
    }
}
