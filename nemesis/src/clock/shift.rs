//! By how much a clock is wrong, as a function of the true time. The stub computes the same in a node's process.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A rate of one, as the stub has it: 2^-32 for each nanosecond.
const ONE: i64 = 1 << 32;

/// A million, for rates in ppm.
const MILLION: i64 = 1_000_000;

/// By how much a clock is wrong: an offset, and what it gains or loses from a moment on; in turn with the right time if
/// it strobes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// Added to the time, in ns.
    pub(super) offset_ns: i64,
    /// The moment from which rate and period count, in ns since 1970.
    pub(super) base_ns: i64,
    /// Gained for each ns, in 2^-32.
    pub(super) rate: i64,
    /// How long it is wrong, and how long it is right, in turn; 0 if it is always wrong.
    pub(super) period_ns: i64,
}

impl Shift {
    /// The right time.
    pub const NONE: Shift = Shift {
        offset_ns: 0,
        base_ns: 0,
        rate: 0,
        period_ns: 0,
    };

    /// Wrong by the same at all times.
    pub fn jump(offset_ns: i64) -> Shift {
        Shift {
            offset_ns,
            ..Shift::NONE
        }
    }

    /// Right at `base_ns`, and from then on it gains this much, or loses if negative.
    pub fn drift(ppm: i64, base_ns: i64) -> Shift {
        Shift {
            base_ns,
            rate: ONE / MILLION * ppm + ONE % MILLION * ppm / MILLION,
            ..Shift::NONE
        }
    }

    /// Wrong by an offset for one period from `base_ns` on, right for the next, and so on.
    pub fn strobe(offset_ns: i64, period: Duration, base_ns: i64) -> Shift {
        Shift {
            offset_ns,
            base_ns,
            rate: 0,
            period_ns: i64::try_from(period.as_nanos()).unwrap_or(i64::MAX).max(1),
        }
    }

    /// Wrong by an offset at `base_ns`, and from then on closer to the right time by this much.
    pub fn slew(offset_ns: i64, ppm: i64, base_ns: i64) -> Shift {
        Shift {
            offset_ns,
            ..Shift::drift(-offset_ns.signum() * ppm, base_ns)
        }
    }

    /// Whether it is wrong and right in turn.
    pub fn strobes(&self) -> bool {
        self.period_ns != 0
    }

    /// What is added where nothing has been gained yet, in ns.
    pub fn offset_ns(&self) -> i64 {
        self.offset_ns
    }

    /// What is added at a moment, in ns.
    pub fn at(&self, true_ns: i64) -> i64 {
        let since = true_ns.wrapping_sub(self.base_ns);
        if self.period_ns != 0 && since / self.period_ns % 2 != 0 {
            return 0;
        }
        let gained = (i128::from(since) * i128::from(self.rate)) >> 32;
        // As the stub: the low 64 bits.
        self.offset_ns.wrapping_add(gained as i64)
    }
}

/// The true time, in ns since 1970.
pub fn now_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;

    #[test]
    fn a_shift_is_what_its_name_says() {
        assert_eq!(Shift::NONE.at(1_700_000_000 * S), 0);
        assert_eq!(Shift::jump(-5 * S).at(1_700_000_000 * S), -5 * S);
        let base = 1_700_000_000 * S;
        let drift = Shift::drift(50_000, base);
        let gained = drift.at(base + 10 * S);
        assert_eq!(drift.at(base), 0);
        assert!((gained - S / 2).abs() < 100, "{gained}");
        let lost = Shift::drift(-50_000, base).at(base + 10 * S);
        assert!((lost + S / 2).abs() < 100, "{lost}");
        let strobe = Shift::strobe(S, Duration::from_millis(10), base);
        let told: Vec<i64> = (0..4).map(|n| strobe.at(base + n * S / 100)).collect();
        assert_eq!(told, [S, 0, S, 0]);
        for offset in [S, -S] {
            let slew = Shift::slew(offset, 100_000, base);
            assert_eq!(slew.at(base), offset);
            let left = slew.at(base + 10 * S);
            assert!(left.abs() < 1_000, "{left}");
        }
    }
}
