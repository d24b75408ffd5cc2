//! `unassigned-partition`: the leader of a generation assigns every partition of the topics that its members subscribed to.
//!
//! Members name their topics when they join. The leader sees the partitions in its own Metadata, which no history has. So
//! a partition counts if its topic had been created before the leader asked to join, and if nothing changed this topic until
//! the assignment was sent. A leader whose assignment was not recorded is not judged. Whether members *get* what the
//! leader sent is `sync-faithful`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::roster::{Group, JoinOk};
use crate::checks::Check;
use crate::history::{Call, Moment, Partition};
use crate::verdict::{Anomaly, Finding, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if check.is_of_libraries(&mut verdict) {
        return verdict;
    }
    let topics = topics(check);
    let mut count = 0;
    for (name, group) in &check.roster().groups {
        let leaders = leaders(group);
        let mut subscribed: BTreeMap<i32, BTreeSet<&str>> = BTreeMap::new();
        for join in &group.joins {
            let topics = subscribed.entry(join.answer.generation).or_default();
            topics.extend(join.call.topics.iter().map(|topic| topic.as_str()));
        }
        for sync in &group.syncs {
            let key = (sync.call.generation, sync.call.member.as_str());
            let (Some(join), false) = (leaders.get(&key), sync.call.assignments.is_empty()) else {
                continue;
            };
            let sent = sync.call.assignments.iter();
            let sent: BTreeSet<&Partition> = sent.flat_map(|one| &one.partitions).collect();
            let members = join.answer.members.iter();
            let listed = members.flat_map(|member| &member.topics);
            // What the members themselves asked for: a coordinator may tell the leader less.
            let asked = subscribed.get(&sync.call.generation);
            let wanted: BTreeSet<&str> = listed
                .map(|topic| topic.as_str())
                .chain(asked.into_iter().flatten().copied())
                .collect();
            let within = (join.operation.called, sync.operation.called);
            let partitions = wanted.into_iter().filter_map(|topic| {
                let partitions = topics.get(topic)?.known(within)?;
                Some((topic, partitions))
            });
            let partitions: Vec<(&str, i32)> = partitions.collect();
            // Of topics that may have changed nothing is known, and an assignment of these alone is not judged.
            count += u64::from(!partitions.is_empty());
            let mut all = partitions
                .into_iter()
                .flat_map(|(topic, count)| (0..count).map(move |at| Partition(topic.into(), at)));
            let Some(Partition(topic, partition)) = all.find(|one| !sent.contains(one)) else {
                continue;
            };
            let mut evidence =
                crate::checks::view::evidence((&topic, partition), &[join.operation.id], &[]);
            evidence.operations.push(sync.operation.id);
            verdict.found(Anomaly {
                kind: Finding::PartitionUnassigned {
                    group: (*name).to_owned(),
                    generation: sync.call.generation,
                    leader: sync.call.member.to_string(),
                },
                certain: true,
                evidence,
            });
        }
    }
    check.saw(count, "assignments of leaders", &mut verdict);
    verdict
}

/// The joins of leaders whose answers list members, by generation and member id.
fn leaders<'g, 'a>(group: &'g Group<'a>) -> BTreeMap<(i32, &'a str), &'g JoinOk<'a>> {
    let joins = group.joins.iter();
    let lead = joins
        .filter(|join| join.answer.leader == join.answer.member && !join.answer.members.is_empty());
    lead.map(|join| ((join.answer.generation, join.answer.member.as_str()), join))
        .collect()
}

/// What became of a topic, and how many partitions it was created with.
#[derive(Default)]
struct Topic {
    created: Option<(Moment, i32)>,
    /// When it may have changed, at the earliest.
    changes: Vec<Moment>,
}

impl Topic {
    /// Its number of partitions, if it was the same all the time.
    fn known(&self, (from, to): (Moment, Moment)) -> Option<i32> {
        let (_, count) = self.created.filter(|(at, _)| *at < from)?;
        let changed = self.changes.iter().any(|called| *called <= to);
        (!changed).then_some(count)
    }
}

fn topics<'a>(check: &Check<'a>) -> BTreeMap<&'a str, Topic> {
    let mut topics: BTreeMap<&str, Topic> = BTreeMap::new();
    for (at, event) in check.history().topics() {
        let topic = topics.entry(&event.name).or_default();
        match topic.created {
            None if event.what == "created" => topic.created = Some((at, event.partitions)),
            _ => topic.changes.push(at),
        }
    }
    for operation in check.operations() {
        let Some(call) = operation.call.changes_topic() else {
            continue;
        };
        let topic = topics.entry(call.topic.as_str()).or_default();
        // The request that created it has an answer, and the note of it comes later.
        let made = topic.created.is_some_and(|(at, _)| {
            matches!(operation.call, Call::CreateTopic(_))
                && operation.completed().is_some_and(|ended| ended <= at)
        });
        if !made {
            topic.changes.push(operation.called);
        }
    }
    topics
}
