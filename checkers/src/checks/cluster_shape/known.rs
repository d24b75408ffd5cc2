//! What there is of a cluster, by the history itself: its brokers, its voters, and the partitions of its topics.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use crate::history::{Call, Seen};

/// What there is.
pub(super) struct Known<'a> {
    /// None if no answer lists brokers.
    pub(super) brokers: Option<BTreeSet<i32>>,
    /// The voters that most answers name; none if there are no such answers.
    pub(super) voters: Option<BTreeSet<i32>>,
    /// Of topics that were created once, and neither grown nor deleted, and of which some answer shows a partition.
    pub(super) partitions: BTreeMap<&'a str, BTreeSet<i32>>,
}

impl<'a> Known<'a> {
    pub(super) fn of(check: &Check<'a>) -> Known<'a> {
        let mut listed: BTreeMap<i32, u64> = BTreeMap::new();
        let mut voters: BTreeMap<BTreeSet<i32>, u64> = BTreeMap::new();
        let mut topics: BTreeSet<&str> = BTreeSet::new();
        let mut answers = 0;
        for observed in check.history().observations() {
            match &observed.observation.seen {
                Seen::Metadata {
                    brokers,
                    partitions,
                } => {
                    topics.extend(partitions.iter().map(|row| row.topic()));
                    answers += u64::from(!brokers.is_empty());
                    brokers
                        .iter()
                        .for_each(|id| *listed.entry(*id).or_default() += 1);
                }
                Seen::Quorum { voters: named, .. } if !named.is_empty() => {
                    *voters.entry(named.iter().copied().collect()).or_default() += 1;
                }
                _ => {}
            }
        }
        let own = 1..=check.nodes().len() as i32;
        // Nine of ten: a stranger that is shown for most of a short run is still a stranger.
        let most = |(id, times): (&i32, &u64)| (*times * 10 > answers * 9).then_some(*id);
        let brokers = own.chain(listed.iter().filter_map(most)).collect();
        let voters = voters.into_iter().max_by_key(|(_, times)| *times);
        Known {
            brokers: (answers > 0).then_some(brokers),
            voters: voters.map(|(voters, _)| voters),
            partitions: partitions(check, &topics),
        }
    }
}

fn partitions<'a>(check: &Check<'a>, shown: &BTreeSet<&str>) -> BTreeMap<&'a str, BTreeSet<i32>> {
    let mut events: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for (_, topic) in check.history().topics() {
        let count = if topic.what == "created" {
            topic.partitions
        } else {
            0
        };
        events.entry(&topic.name).or_default().push(count);
    }
    for operation in check.operations() {
        if let Call::GrowTopic(topic) | Call::DeleteTopic(topic) = operation.call {
            events.remove(topic.topic.as_str());
        }
    }
    let one = |(topic, counts): (&'a str, Vec<i32>)| match counts[..] {
        [count] if count > 0 && shown.contains(topic) => Some((topic, (0..count).collect())),
        _ => None,
    };
    events.into_iter().filter_map(one).collect()
}
