//! What there is of a cluster, by the history itself: its brokers, its voters, and the partitions of its topics.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{Answers, Call, ClientOperation, History, Seen};

/// What there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::checks) struct Known {
    /// None if no answer lists brokers.
    pub(super) brokers: Option<BTreeSet<i32>>,
    /// The voters that most nodes name first, and of those the ones that most answers name; none if there are no such
    /// answers. Not what most answers name: nodes that leave out a voter from a moment on soon outnumber their own truth.
    pub(super) voters: Option<BTreeSet<i32>>,
    /// Of topics that were created once, and neither grown nor deleted, and of which some answer shows a partition.
    pub(super) partitions: BTreeMap<String, BTreeSet<i32>>,
}

impl Known {
    /// By the lines of a history, and by what was forgotten of it.
    pub(in crate::checks) fn of(
        history: &History,
        operations: &[ClientOperation<'_>],
        settled: Option<&Answers>,
    ) -> Known {
        let settled = settled.cloned().unwrap_or_default();
        let mut listed = settled.listed;
        let counted = settled.voters.into_iter();
        let mut voters: BTreeMap<BTreeSet<i32>, (u64, u64)> =
            counted.map(|(named, times)| (named, (0, times))).collect();
        let mut asked: BTreeSet<&str> = BTreeSet::new();
        let mut topics: BTreeSet<&str> = BTreeSet::new();
        let mut answers = settled.listing;
        for observed in history.observations() {
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
                    let is_first = asked.insert(&observed.observation.node);
                    let (first, all) = voters.entry(named.iter().copied().collect()).or_default();
                    *first += u64::from(is_first);
                    *all += 1;
                }
                _ => {}
            }
        }
        let own = 1..=history.header().nodes.len() as i32;
        // Nine of ten: a stranger that is shown for most of a short run is still a stranger.
        let most = |(id, times): (&i32, &u64)| (*times * 10 > answers * 9).then_some(*id);
        let brokers = own.chain(listed.iter().filter_map(most)).collect();
        let voters = voters.into_iter().max_by_key(|(_, times)| *times);
        Known {
            brokers: (answers > 0).then_some(brokers),
            voters: voters.map(|(voters, _)| voters),
            partitions: partitions(history, operations, &topics),
        }
    }
}

fn partitions(
    history: &History,
    operations: &[ClientOperation<'_>],
    shown: &BTreeSet<&str>,
) -> BTreeMap<String, BTreeSet<i32>> {
    let mut events: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for (_, topic) in history.topics() {
        let count = if topic.what == "created" {
            topic.partitions
        } else {
            0
        };
        events.entry(&topic.name).or_default().push(count);
    }
    for operation in operations {
        if let Call::GrowTopic(topic) | Call::DeleteTopic(topic) = operation.call {
            events.remove(topic.topic.as_str());
        }
    }
    let one = |(topic, counts): (&str, Vec<i32>)| match counts[..] {
        [count] if count > 0 && shown.contains(topic) => {
            Some((topic.to_owned(), (0..count).collect()))
        }
        _ => None,
    };
    events.into_iter().filter_map(one).collect()
}
