//! The partitions of a history, and what is settled of each.

use std::collections::{BTreeMap, BTreeSet};

use super::content::Content;
use crate::history::{Counts, Offset, Text};

/// One partition.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) topic: Text,
    pub(super) partition: i32,
    /// Records below this offset are settled.
    pub(super) to: Offset,
    pub(super) content: Content,
    pub(super) counts: Counts,
    /// Values that were sent beside settled ones, by an append that did not come out as a whole, and that nobody read.
    pub(super) missing: BTreeSet<String>,
    /// Whether some settled record was not given to a reader of committed records.
    pub(super) uncommitted: bool,
}

impl Place {
    /// Whether a value was sent before that is not among the lines any more.
    pub(super) fn knows(&self, value: &str) -> bool {
        self.missing.contains(value) || self.content.contains(value)
    }
}

/// All partitions, by a number each.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub(super) all: Vec<Place>,
    at: BTreeMap<Text, BTreeMap<i32, usize>>,
    /// Asked for last: records come in runs of one partition.
    last: usize,
    /// Where consumers stood in polls whose position was moved, by the poll's line and the partition's place in it.
    pub(super) moved: BTreeMap<(u64, usize), Offset>,
}

impl Places {
    /// The number of a partition.
    pub(super) fn index(&mut self, topic: &str, partition: i32) -> usize {
        let same = |place: &Place| place.partition == partition && place.topic == topic;
        if self.all.get(self.last).is_some_and(same) {
            return self.last;
        }
        let known = self.at.get(topic).and_then(|of| of.get(&partition));
        self.last = known.copied().unwrap_or_else(|| self.add(topic, partition));
        self.last
    }

    fn add(&mut self, topic: &str, partition: i32) -> usize {
        let at = self.all.len();
        self.at
            .entry(topic.into())
            .or_default()
            .insert(partition, at);
        self.all.push(Place {
            topic: topic.into(),
            partition,
            to: Offset::MIN,
            content: Content::default(),
            counts: Counts::default(),
            missing: BTreeSet::new(),
            uncommitted: false,
        });
        at
    }
}
