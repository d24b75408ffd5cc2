//! Lies in Metadata answers about where partitions are: ids, replicas, and which of them are in sync.

use super::NODES;
use super::metadata::observed;
use crate::history::{Call, ReplicaClaim, Seen, Text, TopicIdentity};
use crate::mutants::draft::Draft;
use crate::mutants::lie::Expected::{Equivalent, Red};
use crate::mutants::lie::{Expected, Lie, Line};

const SHAPE: Expected = Red(&["cluster-shape"]);
const SYNC: Expected = Red(&["replicas-in-sync"]);
const LATE: Expected = Equivalent("a replica may be out of sync for a while");

const fn row(
    field: &'static str,
    change: &'static str,
    edit: fn(&mut Draft<'_, '_>, usize) -> bool,
) -> Lie {
    Lie::new(Line::Replicas, field, change, edit).over(NODES)
}

pub(super) const ROWS: &[Lie] = &[
    row("cluster", "another id", |draft, at| {
        stated(draft, at, |cluster, _, _| {
            let some = !cluster.is_empty();
            *cluster = Text::from("another");
            some
        })
    })
    .is(SHAPE),
    row("cluster", "none", |draft, at| {
        stated(draft, at, |cluster, _, _| {
            !std::mem::take(cluster).is_empty()
        })
    })
    .is(Equivalent("an empty id states none")),
    row("topics", "another id", |draft, at| {
        // One that was created once: others come and go, and a topic that is created again has another id.
        let own = made_once(draft);
        stated(draft, at, |_, topics, _| {
            let first = topics
                .iter_mut()
                .find(|topic| own.contains(&topic.0.as_str()));
            first.map(|topic| topic.1 = Text::from("another")).is_some()
        })
    })
    .is(SHAPE),
    row("topics", "none", |draft, at| {
        stated(draft, at, |_, topics, _| !std::mem::take(topics).is_empty())
    })
    .is(Equivalent("before version 10 no topic has an id")),
    row("partitions.replicas", "one missing", |draft, at| {
        rows(draft, at, |row| {
            let gone = row.3.pop();
            row.4.retain(|id| Some(*id) != gone);
            gone.is_some()
        })
    })
    .once(LATE)
    .long(SYNC)
    .quiet(),
    row("partitions.in_sync", "one missing", |draft, at| {
        rows(draft, at, |row| row.4.pop().is_some())
    })
    .once(LATE)
    .long(SYNC)
    .quiet(),
    row("partitions.in_sync", "none", |draft, at| {
        rows(draft, at, |row| !std::mem::take(&mut row.4).is_empty())
    })
    .once(LATE)
    .long(SYNC)
    .quiet(),
    row("partitions.in_sync", "a stranger", |draft, at| {
        rows(draft, at, |row| {
            row.4.push(9_999);
            true
        })
    })
    .is(SYNC),
    row("partitions", "none", |draft, at| {
        stated(draft, at, |_, _, partitions| {
            !std::mem::take(partitions).is_empty()
        })
    })
    .is(Equivalent(
        "the same answer is a line of Metadata, too, where `cluster-shape` misses them",
    )),
];

/// The topics that were created, and neither grown nor deleted.
fn made_once<'a>(draft: &Draft<'_, 'a>) -> Vec<&'a str> {
    let run = draft.run;
    let topics = run.history().topics();
    let names: Vec<&str> = topics.map(|(_, topic)| topic.name.as_str()).collect();
    let changed = |name: &str| {
        let mut calls = run.lines(Line::ChangeTopic).iter();
        calls.any(|line| match run.call(*line).map(|(call, _)| &call.call) {
            Some(Call::GrowTopic(topic) | Call::DeleteTopic(topic)) => topic.topic == *name,
            _ => false,
        })
    };
    let once = |name: &&str| names.iter().filter(|one| *one == name).count() == 1;
    let own = names.iter().copied().filter(once);
    own.filter(|name| !changed(name)).collect()
}

fn stated(
    draft: &mut Draft<'_, '_>,
    at: usize,
    edit: impl FnOnce(&mut Text, &mut Vec<TopicIdentity>, &mut Vec<ReplicaClaim>) -> bool,
) -> bool {
    observed(draft, at, |seen| match &mut seen.seen {
        Seen::Replicas {
            cluster,
            topics,
            partitions,
        } => edit(cluster, topics, partitions),
        _ => false,
    })
}

fn rows(draft: &mut Draft<'_, '_>, at: usize, edit: impl FnMut(&mut ReplicaClaim) -> bool) -> bool {
    stated(draft, at, |_, _, partitions| {
        let changed: Vec<bool> = partitions.iter_mut().map(edit).collect();
        changed.contains(&true)
    })
}
