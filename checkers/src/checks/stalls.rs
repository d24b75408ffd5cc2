//! Waits of those who try: from the first try that got nothing to the last one, with no success in between.
//!
//! A worker has one operation at a time and sits in its time-out behind a paused leader, so a wait is measured by the
//! *calls* of the tries that got nothing: whoever called later than the limit allows must have been served. How long a
//! try was blind, because it waited for its time-out, is added to the limit by [`Regimes`](super::regimes::Regimes).
//! Where nobody tried for a long time nothing is known, and the wait ends: several times as long as tries are apart.

use crate::history::Moment;

use super::claims::{CONNECT_MS, MS};
use super::regimes::{Excess, Regimes};

/// A wait needs as many tries: one that fails may have met its node at a bad moment.
const TRIES_MIN: u64 = 3;
/// Nobody tried for this multiple of the mean distance of tries: nothing is known of that time.
const HOLE_TIMES: u64 = 4;

/// The tries of one thing: appends to one partition, polls of it, one request to one node.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    /// The latest success.
    served: Moment,
    first: Option<Moment>,
    pub(super) tries: u64,
    run: Option<Stall>,
}

/// Tries in a row that got nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stall {
    pub(super) from: Moment,
    pub(super) to: Moment,
    /// The first try's and the last try's line.
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) tries: u64,
    /// The longest try.
    longest: Moment,
    /// When the last of them had ended.
    until: Moment,
    /// Whether it ended with a success.
    pub(super) ended: bool,
}

impl Stall {
    /// A part of it, as if nothing had been asked for in the rest.
    pub(super) fn part(&self, from: Moment, to: Moment) -> Stall {
        Stall { from, to, ..*self }
    }

    /// The part of it that is too long.
    pub(super) fn excess(&self, regimes: &Regimes) -> Option<Excess> {
        regimes.excess(self.from, self.to, self.longest / MS)
    }
}

impl Series {
    /// A try got what it wanted. Returns the wait that it ends.
    pub(super) fn served(&mut self, called: Moment, ended: Moment, id: u64) -> Option<Stall> {
        self.count(called);
        let from = called.max(self.served);
        let waited = ended.saturating_sub(from) > CONNECT_MS.saturating_mul(MS);
        self.served = self.served.max(ended);
        let mut stall = self.run.take();
        if waited {
            // It waited itself: that much is known, also without a try that got nothing.
            let whole = stall.get_or_insert(Stall {
                from,
                to: ended,
                first: id,
                last: id,
                tries: TRIES_MIN,
                longest: 0,
                until: ended,
                ended: true,
            });
            (whole.from, whole.to, whole.last) = (whole.from.min(from), ended, id);
        }
        stall.filter(Stall::has_enough).map(|stall| Stall {
            ended: true,
            ..stall
        })
    }

    /// A try got nothing. Returns the wait before it, if it is too far away to belong to it.
    pub(super) fn refused(&mut self, called: Moment, ended: Moment, id: u64) -> Option<Stall> {
        self.count(called);
        let from = called.max(self.served);
        let hole = self.hole(called);
        let apart = |run: &Stall| called.saturating_sub(run.until) > hole;
        let before = match self.run.is_some_and(|run| apart(&run)) {
            true => self.run.take(),
            false => None,
        };
        let run = self.run.get_or_insert(Stall {
            from,
            to: from,
            first: id,
            last: id,
            tries: 0,
            longest: 0,
            until: ended,
            ended: false,
        });
        run.tries += 1;
        if from >= run.to {
            (run.to, run.last) = (from, id);
        }
        run.until = run.until.max(ended);
        run.longest = run.longest.max(ended.saturating_sub(called));
        before.filter(Stall::has_enough)
    }

    /// The wait that goes on at the end.
    pub(super) fn end(&mut self) -> Option<Stall> {
        self.run.take().filter(Stall::has_enough)
    }

    /// Something shows that there is nothing to wait for.
    pub(super) fn calm(&mut self, at: Moment) {
        self.served = self.served.max(at);
        self.run = None;
    }

    fn count(&mut self, called: Moment) {
        self.first.get_or_insert(called);
        self.tries += 1;
    }

    /// For how long nobody may have tried.
    fn hole(&self, now: Moment) -> Moment {
        let since = now.saturating_sub(self.first.unwrap_or(now));
        let mean = since / self.tries.max(1);
        mean.saturating_mul(HOLE_TIMES)
            .max(CONNECT_MS.saturating_mul(MS))
    }
}

impl Stall {
    fn has_enough(&self) -> bool {
        self.tries >= TRIES_MIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Moment = 1_000 * MS;

    #[test]
    fn a_wait_lasts_from_the_first_call_to_the_last() {
        let mut series = Series::default();
        assert_eq!(series.served(0, MS, 0), None);
        for at in 1..=9 {
            assert_eq!(series.refused(at * S / 2, at * S / 2 + MS, at), None);
        }
        let stall = series.served(5 * S, 5 * S + MS, 10).expect("a wait");
        assert_eq!((stall.from, stall.to), (S / 2, 9 * S / 2));
        assert!(stall.ended && stall.tries == 9);
        assert_eq!(series.end(), None);
    }

    #[test]
    fn a_success_that_overlaps_ends_it() {
        let mut series = Series::default();
        for at in 1..=9 {
            assert_eq!(series.refused(at * S, at * S + MS, at), None);
        }
        assert!(series.served(0, 9 * S, 10).is_some());
        assert_eq!(series.end(), None);
    }

    #[test]
    fn one_try_that_waits_is_a_wait() {
        let mut series = Series::default();
        assert_eq!(series.served(0, MS, 0), None);
        let stall = series.served(S, 9 * S, 1).expect("it waited");
        assert_eq!((stall.from, stall.to), (S, 9 * S));
    }

    #[test]
    fn a_time_without_tries_is_unknown() {
        let mut series = Series::default();
        for at in 0..100 {
            assert_eq!(series.served(at * S / 10, at * S / 10 + MS, at), None);
        }
        for at in 100..104 {
            assert_eq!(series.refused(at * S / 10, at * S / 10 + MS, at), None);
        }
        let before = series
            .refused(20 * S, 20 * S + MS, 104)
            .expect("the first wait");
        assert_eq!((before.from, before.to), (10 * S, 103 * S / 10));
        assert_eq!(series.end(), None, "two tries are too few");
    }
}
