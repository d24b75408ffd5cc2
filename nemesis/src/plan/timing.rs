//! When windows begin: how long each lasts and how much quiet is around it.

use std::time::Duration;

use rand::Rng;

/// The lengths that a plan is drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Before the first window, so that there is a healthy stretch to compare with.
    pub quiet_start: Duration,
    /// The shortest window that the target notices: a stated length is stretched to it.
    pub noticed_min: Duration,
    /// The shortest window that is drawn.
    pub window_min: Duration,
    /// The longest window.
    pub window_max: Duration,
    /// The shortest gap between two windows: longer than the target takes to recover.
    pub gap_min: Duration,
    /// The longest gap.
    pub gap_max: Duration,
    /// After the last window, so that its heal is observed under load.
    pub quiet_end: Duration,
}

impl Default for Timing {
    /// For a target that detects a failure within a second: 8 to 10 windows in a minute.
    fn default() -> Timing {
        Timing {
            quiet_start: Duration::from_millis(4_000),
            noticed_min: Duration::from_millis(1_500),
            window_min: Duration::from_millis(2_500),
            window_max: Duration::from_millis(4_000),
            gap_min: Duration::from_millis(2_500),
            gap_max: Duration::from_millis(3_000),
            quiet_end: Duration::from_millis(3_000),
        }
    }
}

/// A window is longer than the target's detection time by these factors, so that the fault is noticed
/// and answered while it lasts.
const WINDOW_FACTORS: (f64, f64) = (1.5, 2.0);

/// The longest gap, as a multiple of the shortest.
const GAP_FACTOR: f64 = 1.2;

/// The part of a short load phase that each quiet end may take.
const QUIET_SHARE: u32 = 5;

/// In how many parts a load phase is divided that is too short even for one window: quiet, window,
/// quiet.
const TINY_PARTS: u64 = 3;

impl Timing {
    /// For a target that needs this long to notice a dead or cut-off node, and this long after a heal
    /// until everything is as before. Never shorter than the default lengths.
    pub fn for_target(detection: Duration, settling: Duration) -> Timing {
        let default = Timing::default();
        let noticed_min = default.noticed_min.max(detection.mul_f64(WINDOW_FACTORS.0));
        Timing {
            quiet_start: default.quiet_start,
            noticed_min,
            window_min: default.window_min.max(noticed_min),
            window_max: default.window_max.max(detection.mul_f64(WINDOW_FACTORS.1)),
            gap_min: default.gap_min.max(settling),
            gap_max: default.gap_max.max(settling.mul_f64(GAP_FACTOR)),
            quiet_end: default.quiet_end.max(settling),
        }
    }

    /// A load phase that is long enough for this many windows, whatever is drawn, in whole seconds.
    pub fn to_hold(&self, windows: u32) -> Duration {
        let gaps = self.gap_max * windows.saturating_sub(1);
        let whole = self.quiet_start + self.window_max * windows + gaps + self.quiet_end;
        Duration::from_secs(whole.as_secs() + u64::from(whole.subsec_nanos() > 0))
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
