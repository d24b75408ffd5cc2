//! Which node last named itself as leader of what, while answers come in. The same answers count as in
//! [`Claims`](crate::checks::claims::Claims).

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{Event, Moment, Observation, PartitionClaim, Seen, Text, TopicEvent};

/// All nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Leads {
    /// What each node answered last, and what it leads by its answers.
    nodes: BTreeMap<Text, Node>,
    made: BTreeMap<String, String>,
    /// When topics were made anew.
    anew: BTreeMap<String, Vec<Moment>>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    last: Vec<PartitionClaim>,
    leads: BTreeSet<(Text, i32)>,
}

impl Leads {
    /// A topic was created or deleted.
    pub(super) fn topic(&mut self, at: Moment, topic: &TopicEvent) {
        let anew = match topic.what.as_str() {
            "created" => self
                .made
                .insert(topic.name.clone(), topic.id.clone())
                .is_some_and(|id| id != topic.id),
            "deleted" => true,
            _ => false,
        };
        if anew {
            self.anew.entry(topic.name.clone()).or_default().push(at);
        }
    }

    /// A node's Metadata. `id` is its own.
    pub(super) fn answer(&mut self, event: &Event, about: &Observation, id: Option<i32>) {
        let Seen::Metadata { partitions, .. } = &about.seen else {
            return;
        };
        if !about.answered {
            return;
        }
        let node = self.nodes.entry(about.node.clone()).or_default();
        if node.last == *partitions && self.anew.is_empty() {
            return;
        }
        for claim in partitions {
            let times = self.anew.get(claim.topic()).map_or(&[][..], Vec::as_slice);
            let made = times.partition_point(|at| *at <= about.called);
            if made != times.partition_point(|at| *at <= event.t) {
                continue;
            }
            let seat = (claim.0.clone(), claim.partition());
            match claim.leader().is_some() && claim.leader() == id {
                true => node.leads.insert(seat),
                false => node.leads.remove(&seat),
            };
        }
        node.last.clone_from(partitions);
    }

    /// Whether a node's last answer names it as leader.
    pub(super) fn claims(&self, node: &str, (topic, partition): (&str, i32)) -> bool {
        let seat = (Text::from(topic), partition);
        let of_node = self.nodes.get(node);
        of_node.is_some_and(|node| node.leads.contains(&seat))
    }
}
