//! What was forgotten of a long history: counts and maxima, in place of operations that contradict nothing and that
//! nothing can contradict any more. Who makes it, and when something may be forgotten, is in `checks::bounded`.

use std::collections::{BTreeMap, BTreeSet};

use super::ids::{Moment, Text};
use super::operation::Acks;

/// What was forgotten of a history.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    pub(crate) places: BTreeMap<Text, BTreeMap<i32, Counts>>,
    /// Operations that were forgotten.
    pub(crate) operations: u64,
    pub(crate) appends: Appends,
    /// When appends were answered that had no certain outcome, or none but a failure.
    pub(crate) failing: Vec<Moment>,
    /// Whether any poll was forgotten, and whether one of those read uncommitted records.
    pub(crate) polls: Option<bool>,
    /// The longest time for which a consumer was behind: of all polls, those that are left included.
    pub(crate) lag: Moment,
    /// Records of the produce probe: when each was sent, and when it was acknowledged; the end of time if it was not.
    pub(crate) produced: Vec<(Moment, Moment)>,
    /// Those of them with a time of the leader, as lines would have them: line, called, acknowledged, ms before that.
    pub(crate) appended: Vec<(u64, Moment, Moment, i64)>,
    pub(crate) answers: Answers,
    /// Idempotent producers that gave up on a record: when they had called for the first such record.
    pub(crate) gave_up: BTreeMap<u64, Moment>,
}

/// What all forgotten appends have in common.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Appends {
    /// How many were answered.
    pub(crate) answered: u64,
    /// The weakest acknowledgement that one of them asked for; none if there were none.
    pub(crate) weakest: Option<Acks>,
    /// Whether one of them was not idempotent.
    pub(crate) any_plain: bool,
}

/// What was forgotten of one partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Records: each was sent once and lies at one offset.
    pub(crate) records: u64,
    /// Those of them whose append was acknowledged.
    pub(crate) acknowledged: u64,
    /// Those of them whose offset was stated, too.
    pub(crate) stated: u64,
    /// Values that were sent beside them, by appends that did not come out as a whole, and that nobody read.
    pub(crate) missing: u64,
    /// How often a record was returned.
    pub(crate) sights: u64,
    /// By polls.
    pub(crate) polled: u64,
    /// Answers about the partition's end.
    pub(crate) ends: u64,
    /// The longest time from an acknowledgement to the first sight.
    pub(crate) longest_late: Moment,
    /// Records that were acknowledged under load and first served after it.
    pub(crate) late_after_load: u64,
}

/// Answers of probes that were like those before and after them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    /// Metadata answers.
    pub(crate) metadata: u64,
    /// What they said of partitions.
    pub(crate) rows: u64,
    /// Where the node named itself.
    pub(crate) claims: u64,
    /// DescribeQuorum answers.
    pub(crate) quorum: u64,
    /// Metadata answers that list brokers, and how often each broker was listed.
    pub(crate) listing: u64,
    pub(crate) listed: BTreeMap<i32, u64>,
    /// How often which voters were named.
    pub(crate) voters: BTreeMap<BTreeSet<i32>, u64>,
    /// Partitions in answers about replicas.
    pub(crate) replicas: u64,
    /// How much they show of the cluster's shape.
    pub(crate) shown: u64,
    /// Records that were compared as a whole, and not altered.
    pub(crate) compared: Option<u64>,
}

impl Settled {
    /// What was forgotten of one partition.
    pub(crate) fn of(&self, topic: &str, partition: i32) -> Counts {
        let of_topic = self.places.get(topic);
        let counts = of_topic.and_then(|partitions| partitions.get(&partition));
        counts.copied().unwrap_or_default()
    }

    /// How many operations were forgotten: those that happened, and those whose outcome is unknown.
    pub fn operations(&self) -> (u64, u64) {
        let unknown = self.failing.len() as u64;
        (self.operations.saturating_sub(unknown), unknown)
    }

    /// Records of the produce probe that are not among the lines any more: when each was sent, and when it was
    /// acknowledged, if it was.
    pub fn produced(&self) -> impl Iterator<Item = (Moment, Option<Moment>)> {
        let acknowledged = |at: Moment| (at != Moment::MAX).then_some(at);
        let produced = self.produced.iter();
        produced.map(move |(sent, at)| (*sent, acknowledged(*at)))
    }
}
