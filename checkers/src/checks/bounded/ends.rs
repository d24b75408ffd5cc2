//! Which end offsets can be forgotten: those that repeat what others say. Of each node the first one of each epoch
//! stays, because a later answer is compared with it; and of each node and epoch the highest, where end offsets may lag
//! but must not go back.

use std::collections::BTreeMap;

use crate::checks::view::{End, View};
use crate::history::{Moment, Offset, Report};

/// For each end offset of a view whether it can be forgotten. `open` is when the oldest open question was asked.
pub(super) fn redundant(view: &View<'_>, recency: bool, open: Moment) -> Vec<bool> {
    let mut redundant = vec![true; view.ends.len()];
    let mut epochs: BTreeMap<&str, i32> = BTreeMap::new();
    let mut lanes: BTreeMap<(&str, i32), Vec<usize>> = BTreeMap::new();
    for (at, end) in view.ends.iter().enumerate() {
        let (Some(node), Some(epoch)) = (end.node, epoch(end)) else {
            continue;
        };
        let highest = epochs.get(node).copied();
        redundant[at] = highest == Some(epoch);
        if highest.is_none_or(|highest| epoch > highest) {
            epochs.insert(node, epoch);
        }
        if !recency && !end.committed {
            lanes.entry((node, epoch)).or_default().push(at);
        }
    }
    for lane in lanes.values() {
        let last = last_of(view, lane, open);
        for at in lane {
            redundant[*at] &= last.is_some_and(|last| {
                last != *at
                    && view.ends[*at].offset <= view.ends[last].offset
                    && view.ends[*at].returned <= open
            });
        }
    }
    redundant
}

/// The first of the highest that had returned before the oldest open question; none if one of the lane went back.
fn last_of(view: &View<'_>, lane: &[usize], open: Moment) -> Option<usize> {
    let mut records: Vec<usize> = Vec::new();
    let mut last: Option<(Offset, usize)> = None;
    for at in lane {
        let end = &view.ends[*at];
        let known = |record: &&usize| view.ends[**record].returned <= end.operation.called;
        let before = records.iter().rev().find(known);
        if before.is_some_and(|before| view.ends[*before].offset > end.offset) {
            return None;
        }
        let highest = records.last().map(|record| view.ends[*record].offset);
        if highest.is_none_or(|highest| end.offset > highest) {
            records.push(*at);
        }
        if end.returned <= open && last.is_none_or(|(offset, _)| end.offset > offset) {
            last = Some((end.offset, *at));
        }
    }
    last.map(|(_, at)| at)
}

fn epoch(end: &End<'_>) -> Option<i32> {
    match end.operation.report() {
        Some(Report::EndOffset(seen)) => seen.epoch,
        _ => None,
    }
}
