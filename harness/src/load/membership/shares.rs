//! The leader's part in a group: who gets which partitions, and how joins and assignments are written down.

use checkers::history::{GroupMember, Joined, Partition, Text};

use crate::kafka::questions::embedded;
use crate::kafka::questions::groups::{self, PROTOCOL};

/// The leader's assignment: the partitions of all topics in turn to the members that subscribe to them.
pub(super) fn shared(
    joined: &groups::Joined,
    partitions: &[(String, i32)],
) -> Vec<(String, Vec<(String, i32)>)> {
    let mut members: Vec<(String, Vec<String>)> = joined
        .members
        .iter()
        .map(|(id, _, bytes)| (id.clone(), embedded::subscribed(bytes).unwrap_or_default()))
        .collect();
    members.sort();
    let mut shares: Vec<_> = members
        .iter()
        .map(|(id, _)| (id.clone(), Vec::new()))
        .collect();
    for (at, (topic, partition)) in partitions.iter().enumerate() {
        let takers: Vec<usize> = (0..members.len())
            .filter(|taker| members[*taker].1.contains(topic))
            .collect();
        if let Some(taker) = takers.get(at % takers.len().max(1)) {
            shares[*taker].1.push((topic.clone(), *partition));
        }
    }
    shares
}

pub(super) fn recorded(partitions: &[(String, i32)]) -> Vec<Partition> {
    let partitions = partitions.iter();
    partitions
        .map(|(topic, partition)| Partition(topic.as_str().into(), *partition))
        .collect()
}

pub(super) fn shown(joined: &groups::Joined) -> Joined {
    let members = joined.members.iter().map(|(id, instance, subscription)| {
        let topics = embedded::subscribed(subscription).unwrap_or_default();
        GroupMember {
            member: id.as_str().into(),
            instance: instance.as_deref().map(Text::from),
            topics: topics.into_iter().map(Text::from).collect(),
        }
    });
    Joined {
        generation: joined.generation,
        member: joined.member.as_str().into(),
        leader: joined.leader.as_str().into(),
        protocol: Some(PROTOCOL.into()),
        members: members.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_has_one_owner_and_only_subscribers_get_any() {
        let of = |topics: &[&str]| {
            let topics: Vec<String> = topics.iter().map(|name| (*name).to_owned()).collect();
            embedded::subscription(&topics)
        };
        let joined = groups::Joined {
            members: vec![
                ("b".into(), None, of(&["x"])),
                ("a".into(), None, of(&["x", "y"])),
                ("c".into(), None, of(&[])),
            ],
            ..groups::Joined::default()
        };
        let partitions: Vec<(String, i32)> = [("x", 0), ("x", 1), ("x", 2), ("y", 0)]
            .map(|(topic, partition)| (topic.to_owned(), partition))
            .into();
        let shares = shared(&joined, &partitions);
        let mut all: Vec<_> = shares.iter().flat_map(|(_, own)| own.clone()).collect();
        all.sort();
        assert_eq!(all, partitions);
        assert!(shares[0].1.contains(&("y".to_owned(), 0)));
        assert!(!shares[1].1.is_empty() && shares[2].1.is_empty());
    }
}
