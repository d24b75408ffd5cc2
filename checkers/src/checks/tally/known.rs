//! How far a partition's log was known to reach, while the lines go by: by acknowledgements, reads and end offsets.

use std::collections::VecDeque;

use crate::history::{Moment, Offset};

/// One partition.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Before the moment of the last change.
    before: Option<Offset>,
    now: Option<Offset>,
    changed: Moment,
    /// What was known for long enough to be missing in an end offset, and what came since.
    long: Option<Offset>,
    since: VecDeque<(Moment, Offset)>,
}

impl Known {
    /// Something at this offset became known.
    pub(super) fn add(&mut self, at: Moment, offset: Offset, late: Moment) {
        if self.now.is_some_and(|now| now >= offset) {
            return;
        }
        if at > self.changed {
            (self.before, self.changed) = (self.now, at);
        }
        self.now = Some(offset);
        self.pass(at, late);
        self.since.push_back((at, offset));
    }

    fn pass(&mut self, at: Moment, late: Moment) {
        while let Some((known, offset)) = self.since.front()
            && known.saturating_add(late) < at
        {
            self.long = Some(*offset);
            self.since.pop_front();
        }
    }

    /// The highest offset that was known before a moment, which is not before the last line's.
    pub(super) fn before(&self, at: Moment) -> Option<Offset> {
        match at > self.changed {
            true => self.now,
            false => self.before,
        }
    }

    /// The highest offset that is known.
    pub(super) fn now(&self) -> Option<Offset> {
        self.now
    }

    /// The highest offset that had been known for this long.
    pub(super) fn for_long(&mut self, at: Moment, late: Moment) -> Option<Offset> {
        self.pass(at, late);
        self.long
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_at_the_same_moment_was_not_known_before_it() {
        let mut known = Known::default();
        known.add(10, 5, 100);
        assert_eq!((known.before(10), known.before(11)), (None, Some(5)));
        known.add(20, 4, 100);
        known.add(20, 7, 100);
        known.add(20, 8, 100);
        assert_eq!((known.before(20), known.before(21)), (Some(5), Some(8)));
        assert_eq!(known.now(), Some(8));
    }

    #[test]
    fn what_is_known_for_long_follows() {
        let mut known = Known::default();
        known.add(10, 5, 100);
        known.add(50, 6, 100);
        assert_eq!(known.for_long(110, 100), None);
        assert_eq!(known.for_long(111, 100), Some(5));
        known.add(151, 9, 100);
        assert_eq!(known.for_long(151, 100), Some(6));
    }
}
