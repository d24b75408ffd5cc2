//! Lies in Metadata answers about who and what there is: silence, refusals, brokers, partitions.

use super::{NODES, NODES_AND_PLACES};
use crate::history::{Observation, PartitionClaim, Seen, Text, What};
use crate::mutants::draft::Draft;
use crate::mutants::lie::Expected::{Equivalent, Red};
use crate::mutants::lie::{Expected, Lie, Line};

const SHAPE: Expected = Red(&["cluster-shape"]);
const LATE: Expected = Equivalent("one answer may lag");

const fn row(
    field: &'static str,
    change: &'static str,
    edit: fn(&mut Draft<'_, '_>, usize) -> bool,
) -> Lie {
    Lie::new(Line::Metadata, field, change, edit)
}

pub(super) const ROWS: &[Lie] = &[
    row("answered", "no answer", |draft, at| {
        observed(draft, at, |seen| {
            seen.answered = false;
            seen.error = Some("timed out".into());
            emptied(seen)
        })
    })
    .once(Equivalent(
        "an answer may be lost, and the next question is answered",
    ))
    .long(Red(&["node-responds"]))
    .over(NODES)
    .quiet(),
    row("error", "refused", |draft, at| {
        observed(draft, at, |seen| {
            seen.error = Some("COORDINATOR_NOT_AVAILABLE".into());
            emptied(seen)
        })
    })
    .once(Equivalent(
        "a refusal is no answer, and the next question is answered",
    ))
    .long(Red(&["cluster-shape", "node-responds"]))
    .over(NODES)
    .quiet(),
    row("brokers", "one missing", |draft, at| {
        brokers(draft, at, |brokers| {
            brokers.truncate(brokers.len().saturating_sub(1))
        })
    })
    .once(LATE)
    .long(SHAPE)
    .over(NODES)
    .quiet(),
    row("brokers", "none", |draft, at| {
        brokers(draft, at, Vec::clear)
    })
    .once(LATE)
    .long(SHAPE)
    .over(NODES)
    .quiet(),
    row("brokers", "a stranger", |draft, at| {
        brokers(draft, at, |brokers| brokers.push(9_999))
    })
    .once(SHAPE)
    .long(SHAPE)
    .over(NODES)
    .quiet(),
    row("brokers", "one twice", |draft, at| {
        brokers(draft, at, |brokers| {
            brokers.extend(brokers.first().copied())
        })
    })
    .is(Equivalent("a client reads the list as a set"))
    .over(NODES),
    row("partitions", "one missing", |draft, at| {
        rows(draft, at, |rows, takes| {
            let before = rows.len();
            let first = rows.iter().position(takes);
            first.into_iter().for_each(|at| drop(rows.remove(at)));
            rows.len() < before
        })
    })
    .once(LATE)
    .long(SHAPE)
    .over(NODES_AND_PLACES)
    .quiet(),
    row("partitions", "none", |draft, at| {
        rows(draft, at, |rows, _| !std::mem::take(rows).is_empty())
    })
    .once(LATE)
    .long(SHAPE)
    .over(NODES)
    .quiet(),
    row("partitions.partition", "one too many", |draft, at| {
        rows(draft, at, |rows, _| {
            let Some(last) = rows.last().cloned() else {
                return false;
            };
            rows.push(PartitionClaim(last.0, last.1 + 1, last.2, last.3));
            true
        })
    })
    .once(SHAPE)
    .long(SHAPE)
    .over(NODES)
    .quiet(),
    row(
        "partitions.topic",
        "one that nobody asked for",
        |draft, at| {
            rows(draft, at, |rows, _| {
                let Some(last) = rows.last().cloned() else {
                    return false;
                };
                rows.push(PartitionClaim(
                    Text::from("unasked"),
                    last.1,
                    last.2,
                    last.3,
                ));
                true
            })
        },
    )
    .once(Equivalent("a client passes over what it did not ask for"))
    .over(NODES),
    row("partitions", "one twice", |draft, at| {
        rows(draft, at, |rows, takes| {
            let again = rows.iter().position(takes);
            again
                .into_iter()
                .for_each(|at| rows.insert(at, rows[at].clone()));
            again.is_some()
        })
    })
    .is(Equivalent("the same row twice says what one says"))
    .over(NODES_AND_PLACES),
];

pub(super) fn observed(
    draft: &mut Draft<'_, '_>,
    at: usize,
    edit: impl FnOnce(&mut Observation) -> bool,
) -> bool {
    match &mut draft.events[at].what {
        What::Observation(seen) if seen.answered && seen.error.is_none() => edit(seen),
        _ => false,
    }
}

fn emptied(seen: &mut Observation) -> bool {
    if let Seen::Metadata {
        brokers,
        partitions,
    } = &mut seen.seen
    {
        brokers.clear();
        partitions.clear();
    }
    true
}

/// The load's answers only: before it, the cluster is still forming.
fn brokers(draft: &mut Draft<'_, '_>, at: usize, edit: impl FnOnce(&mut Vec<i32>)) -> bool {
    let forming = draft.run.event(at).t < draft.run.load_start();
    observed(draft, at, |seen| match &mut seen.seen {
        Seen::Metadata { brokers, .. } if !brokers.is_empty() && !forming => {
            let before = brokers.clone();
            edit(brokers);
            *brokers != before
        }
        _ => false,
    })
}

/// Changes the rows of an answer, those of the partition that the lie is about.
pub(super) fn rows(
    draft: &mut Draft<'_, '_>,
    at: usize,
    edit: impl FnOnce(&mut Vec<PartitionClaim>, &dyn Fn(&PartitionClaim) -> bool) -> bool,
) -> bool {
    let target = draft.target.clone();
    let forming = draft.run.event(at).t < draft.run.load_start();
    let takes = move |row: &PartitionClaim| target.takes(row.topic(), row.partition());
    observed(draft, at, |seen| match &mut seen.seen {
        Seen::Metadata { partitions, .. } if !forming => edit(partitions, &takes),
        _ => false,
    })
}
