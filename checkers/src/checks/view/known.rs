//! When something about a partition's length was known, and by whom.

use super::{Moment, Offset, View};
use crate::history::Acks;

/// When it was known, the highest offset known by it, and by which operation.
pub(crate) type Known = (Moment, Offset, u64);

/// The earliest moment at which an offset, or one above it, was known: of acknowledgements, reads and end offsets, each
/// by offset, from the highest down.
pub(crate) struct Earliest([Vec<(Offset, Moment)>; 3]);

impl Earliest {
    /// When it was known that there is something at this offset or above.
    pub(crate) fn at_or_above(&self, offset: Offset) -> Option<Moment> {
        let of = |list: &Vec<(Offset, Moment)>| {
            let count = count_at_or_above(list, offset);
            list[..count].last().map(|(_, moment)| *moment)
        };
        self.0.iter().filter_map(of).min()
    }
}

/// How many offsets of a descending list are at or above one. Where there are no holes the answer follows from the
/// first; otherwise it is searched for.
fn count_at_or_above(list: &[(Offset, Moment)], offset: Offset) -> usize {
    let dense = list.first().and_then(|(highest, _)| {
        let count = usize::try_from(highest.checked_sub(offset)?.checked_add(1)?).ok()?;
        let last_is_in = list.get(count.checked_sub(1)?)?.0 >= offset;
        let next_is_out = list.get(count).is_none_or(|(next, _)| *next < offset);
        (last_is_in && next_is_out).then_some(count)
    });
    dense.unwrap_or_else(|| list.partition_point(|(known, _)| *known >= offset))
}

/// Moments by descending offset, each with the least of those before it.
fn sooner(known: impl Iterator<Item = (Offset, Moment)>) -> Vec<(Offset, Moment)> {
    let mut least = Moment::MAX;
    known
        .map(|(offset, at)| {
            least = least.min(at);
            (offset, least)
        })
        .collect()
}

impl View<'_> {
    /// Everything that was known, in the order of time. An end offset counts committed records: so an acknowledgement
    /// with acks other than all proves nothing to it, and to readers of committed transactions only what they were
    /// given.
    pub(crate) fn known(&self, committed: bool) -> Vec<Known> {
        let mut known: Vec<Known> = Vec::with_capacity(self.facts.len() + self.ends.len());
        if !committed {
            let all = self
                .acknowledged()
                .filter(|(send, _)| send.acks == Acks::All);
            known.extend(all.filter_map(|(send, offset)| {
                Some((send.acknowledged_at()?, offset, send.operation.id))
            }));
        }
        let facts = self
            .facts
            .iter()
            .filter(|fact| fact.committed || !committed);
        known.extend(facts.map(|fact| (fact.seen_at, fact.offset, fact.seen_by.id)));
        let ends = self.ends.iter().filter(|end| end.committed || !committed);
        known
            .extend(ends.map(|end| (end.returned, end.offset.saturating_sub(1), end.operation.id)));
        known.sort_unstable();
        known
    }

    /// The same by offset.
    pub(crate) fn earliest_known(&self) -> Earliest {
        let acknowledged = self.acknowledged.iter().rev().filter_map(|at| {
            let send = &self.sends[*at as usize];
            let counts = send.acks == Acks::All;
            Some((send.offset().filter(|_| counts)?, send.acknowledged_at()?))
        });
        let facts = self
            .facts
            .iter()
            .rev()
            .map(|fact| (fact.offset, fact.seen_at));
        let ends = self
            .ends
            .iter()
            .map(|end| (end.offset.saturating_sub(1), end.returned));
        let mut ends: Vec<(Offset, Moment)> = ends.collect();
        ends.sort_unstable_by_key(|(offset, _)| std::cmp::Reverse(*offset));
        Earliest([
            sooner(acknowledged),
            sooner(facts),
            sooner(ends.into_iter()),
        ])
    }
}
