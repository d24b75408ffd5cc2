//! How long a suite still takes: the estimate of the runs that are left, corrected by how long those before them took.

use std::time::{Duration, Instant};

/// By how much the time of the runs so far may correct the estimate.
const CORRECTION: std::ops::RangeInclusive<f64> = 0.5..=4.0;

/// A run's place in its suite.
pub(super) struct Turn {
    /// `[2/5]`.
    pub(super) place: String,
    /// How long the suite still takes, from the begin of this run on.
    pub(super) left: Duration,
}

/// What is left of a suite.
pub(super) struct Remaining {
    /// The estimate of the runs that are left.
    estimated: Duration,
    /// The estimate of the runs that ended.
    ended: Duration,
    /// When the first run began.
    began: Instant,
}

impl Remaining {
    /// Nothing has run, and all runs together are estimated to take so long.
    pub(super) fn of(estimated: Duration) -> Remaining {
        Remaining {
            estimated,
            ended: Duration::ZERO,
            began: Instant::now(),
        }
    }

    /// A run that was estimated to take so long has ended.
    pub(super) fn end(&mut self, estimated: Duration) {
        self.estimated = self.estimated.saturating_sub(estimated);
        self.ended += estimated;
    }

    /// A run that was estimated to take so long does not run here.
    pub(super) fn skip(&mut self, estimated: Duration) {
        self.estimated = self.estimated.saturating_sub(estimated);
    }

    /// The turn of the next run.
    pub(super) fn turn(&self, place: String) -> Turn {
        let left = corrected(self.estimated, self.ended, self.began.elapsed());
        Turn { place, left }
    }
}

fn corrected(left: Duration, estimated: Duration, took: Duration) -> Duration {
    if estimated.is_zero() {
        return left;
    }
    let factor = took.as_secs_f64() / estimated.as_secs_f64();
    left.mul_f64(factor.clamp(*CORRECTION.start(), *CORRECTION.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runs_so_far_correct_the_estimate() {
        let seconds = Duration::from_secs;
        assert_eq!(
            corrected(seconds(60), Duration::ZERO, seconds(5)),
            seconds(60)
        );
        assert_eq!(
            corrected(seconds(60), seconds(20), seconds(30)),
            seconds(90)
        );
        assert_eq!(
            corrected(seconds(60), seconds(20), seconds(900)),
            seconds(240)
        );
    }

    #[test]
    fn what_ended_or_is_skipped_is_not_left() {
        let mut remaining = Remaining::of(Duration::from_secs(90));
        remaining.skip(Duration::from_secs(30));
        assert_eq!(remaining.turn("[2/3]".into()).left, Duration::from_secs(60));
        remaining.end(Duration::from_secs(60));
        assert_eq!(remaining.turn("[3/3]".into()).left, Duration::ZERO);
    }
}
