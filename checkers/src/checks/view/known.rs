//! When something about a partition's length was known, and by whom.

use super::{Moment, Offset, View};
use crate::history::Acks;

/// When it was known, the highest offset known by it, and by which operation.
pub(crate) type Known = (Moment, Offset, u64);

/// The earliest moment at which an offset, or one above it, was known.
pub(crate) struct Earliest(Vec<(Offset, Moment)>);

impl Earliest {
    /// When it was known that there is something at this offset or above.
    pub(crate) fn at_or_above(&self, offset: Offset) -> Option<Moment> {
        let count = self.0.partition_point(|(known, _)| *known >= offset);
        self.0[..count].last().map(|(_, moment)| *moment)
    }
}

impl View<'_> {
    /// Everything that was known, in the order of time. An end offset counts committed records: so an acknowledgement
    /// with acks other than all proves nothing to it, and to readers of committed transactions only what they were given.
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
        known.extend(ends.map(|end| (end.returned, end.offset - 1, end.operation.id)));
        known.sort_unstable();
        known
    }

    /// The same by offset.
    pub(crate) fn earliest_known(&self) -> Earliest {
        let mut known = self.known(false);
        known.sort_unstable_by_key(|(at, offset, _)| (std::cmp::Reverse(*offset), *at));
        let mut least = Moment::MAX;
        let sooner = |(at, offset, _): Known| {
            least = least.min(at);
            (offset, least)
        };
        Earliest(known.into_iter().map(sooner).collect())
    }
}
