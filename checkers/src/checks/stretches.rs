//! Something that may be so for a while and not for longer, seen in one answer after the other.

use std::collections::BTreeMap;

use super::claims::MS;
use crate::history::{Moment, Observed};
use crate::verdict::Evidence;

/// Where something has been so since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Since {
    /// When the first answer was asked for.
    pub(super) from: Moment,
    /// The line of that answer.
    pub(super) first: u64,
    /// From then until the last answer, in ms.
    pub(super) length_ms: u64,
    /// Whether this answer is the first by which it has lasted longer than it may.
    pub(super) is_news: bool,
}

/// What an answer proves: alone, or as the last one of a stretch.
pub(super) fn evidence(since: Option<Since>, by: &Observed<'_>) -> Evidence {
    let from = since.map_or(by.observation.called, |since| since.from);
    let first = since.map(|since| since.first);
    let mut events: Vec<u64> = first.into_iter().chain([by.id]).collect();
    events.dedup();
    Evidence {
        events,
        nodes: vec![by.observation.node.to_string()],
        window: Some((from, by.at)),
        ..Evidence::default()
    }
}

/// Stretches by what they are about.
#[derive(Debug)]
pub(super) struct Stretches<Key> {
    limit_ms: u64,
    open: BTreeMap<Key, (Moment, u64, bool)>,
    longest_ms: u64,
}

impl<Key: Ord> Stretches<Key> {
    /// None yet. Each may last this long.
    pub(super) fn new(limit_ms: u64) -> Self {
        Stretches {
            limit_ms,
            open: BTreeMap::new(),
            longest_ms: 0,
        }
    }

    /// It is not so.
    pub(super) fn end(&mut self, key: &Key) {
        self.open.remove(key);
    }

    /// It is so, by this answer. Returns since when, if it has lasted longer than it may.
    pub(super) fn goes_on(&mut self, key: Key, by: &Observed<'_>) -> Option<Since> {
        let new = (by.observation.called, by.id, false);
        let (from, first, told) = self.open.entry(key).or_insert(new);
        let length_ms = by.at.saturating_sub(*from) / MS;
        self.longest_ms = self.longest_ms.max(length_ms);
        (length_ms > self.limit_ms).then(|| Since {
            from: *from,
            first: *first,
            length_ms,
            is_news: !std::mem::replace(told, true),
        })
    }

    /// The longest, in ms.
    pub(super) fn longest_ms(&self) -> u64 {
        self.longest_ms
    }
}
