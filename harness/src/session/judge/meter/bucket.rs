//! Latencies of one bucket of time, as counts of steps that are three hundredths wide.

use std::collections::BTreeMap;

/// Steps in a power of two.
const STEPS: u64 = 32;

/// Counts by step.
#[derive(Clone, Debug, Default)]
pub(super) struct Histogram {
    steps: BTreeMap<u16, u64>,
    pub(super) count: u64,
    pub(super) max_us: u64,
}

impl Histogram {
    pub(super) fn add(&mut self, latency_us: u64) {
        *self.steps.entry(step(latency_us)).or_default() += 1;
        self.count += 1;
        self.max_us = self.max_us.max(latency_us);
    }

    pub(super) fn join(&mut self, other: Histogram) {
        for (step, count) in other.steps {
            *self.steps.entry(step).or_default() += count;
        }
        self.count += other.count;
        self.max_us = self.max_us.max(other.max_us);
    }

    /// The value at or below which `percent` of all are (nearest rank), within its step.
    pub(super) fn quantile(&self, percent: u64) -> u64 {
        let rank = (self.count * percent).div_ceil(100).max(1);
        let mut below = 0;
        for (step, count) in &self.steps {
            below += count;
            if below >= rank {
                return low(*step).min(self.max_us);
            }
        }
        0
    }

    /// The lower edge of each step, and how many are in it.
    pub(super) fn counts(&self) -> impl Iterator<Item = (u64, u64)> {
        self.steps.iter().map(|(step, count)| (low(*step), *count))
    }
}

fn step(value: u64) -> u16 {
    let power = u64::from(value.max(1).ilog2());
    let shift = power.saturating_sub(u64::from(STEPS.ilog2()));
    let within = value >> shift;
    (shift * STEPS + within) as u16
}

fn low(step: u16) -> u64 {
    let step = u64::from(step);
    if step < STEPS * 2 {
        return step;
    }
    let shift = step / STEPS - 1;
    (step - shift * STEPS) << shift
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_lies_in_its_step() {
        for value in (0..10_000).chain([12_345, 999_999, 3_600_000_000]) {
            let (low, high) = (low(step(value)), low(step(value) + 1));
            assert!(low <= value && value < high, "{low} {value} {high}");
            assert!((high - low) * 32 <= low.max(32), "{low} {high}");
        }
    }
}
