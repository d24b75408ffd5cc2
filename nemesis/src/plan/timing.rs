//! When windows lie: how long each lasts and how much quiet is around it.

use std::time::Duration;

use rand::Rng;

/// The lengths that a plan is drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Before the first window, so that there is a healthy stretch to compare with.
    pub quiet_start: Duration,
    /// The shortest window: longer than it takes the target to notice that a node is gone.
    pub window_min: Duration,
    /// The longest window.
    pub window_max: Duration,
    /// The shortest gap between two windows: longer than the target takes to recover.
    pub gap_min: Duration,
    /// The longest gap.
    pub gap_max: Duration,
    /// After the last window, so that its heal is seen under load.
    pub quiet_end: Duration,
}

impl Default for Timing {
    /// For a target that detects a failure within a second: 8 to 10 windows in a minute.
    fn default() -> Timing {
        Timing {
            quiet_start: Duration::from_millis(4_000),
            window_min: Duration::from_millis(2_500),
            window_max: Duration::from_millis(4_000),
            gap_min: Duration::from_millis(2_500),
            gap_max: Duration::from_millis(3_000),
            quiet_end: Duration::from_millis(3_000),
        }
    }
}

/// A detection time that the default lengths are made for.
const DEFAULT_DETECTION: Duration = Duration::from_secs(1);

/// The part of a short load phase that each quiet end may take.
const QUIET_SHARE: u32 = 5;

/// In how many parts a load phase is divided that is too short even for one window: quiet, window,
/// quiet.
const TINY_PARTS: u64 = 3;

impl Timing {
    /// For a target that needs this long to notice a dead or cut-off node. All lengths grow with
    /// it.
    pub fn for_detection(detection: Duration) -> Timing {
        let factor = (detection.as_secs_f64() / DEFAULT_DETECTION.as_secs_f64()).max(1.0);
        let default = Timing::default();
        Timing {
            quiet_start: default.quiet_start,
            window_min: default.window_min.mul_f64(factor),
            window_max: default.window_max.mul_f64(factor),
            gap_min: default.gap_min.mul_f64(factor),
            gap_max: default.gap_max.mul_f64(factor),
            quiet_end: default.quiet_end.mul_f64(factor),
        }
    }

    /// Begins and lengths in milliseconds, in order. At least one where there is time for anything.
    pub(super) fn slots(&self, time_limit: Duration, random: &mut impl Rng) -> Vec<(u64, u64)> {
        let limit_ms = super::millis(time_limit);
        let start_ms = super::millis(self.quiet_start.min(time_limit / QUIET_SHARE));
        let end_ms = super::millis(self.quiet_end.min(time_limit / QUIET_SHARE));
        let last_end_ms = limit_ms.saturating_sub(end_ms);
        let mut slots = Vec::new();
        let mut at_ms = start_ms;
        loop {
            let drawn_ms = between(self.window_min, self.window_max, random);
            let gap_ms = between(self.gap_min, self.gap_max, random);
            let left_ms = last_end_ms.saturating_sub(at_ms);
            let length_ms = drawn_ms.min(left_ms);
            if length_ms < super::millis(self.window_min) {
                break;
            }
            slots.push((at_ms, length_ms));
            at_ms += length_ms + gap_ms;
        }
        if slots.is_empty() && limit_ms >= TINY_PARTS {
            slots.push((limit_ms / TINY_PARTS, limit_ms / TINY_PARTS));
        }
        slots
    }
}

fn between(shortest: Duration, longest: Duration, random: &mut impl Rng) -> u64 {
    let (shortest, longest) = (super::millis(shortest), super::millis(longest));
    random.random_range(shortest..=longest.max(shortest))
}
