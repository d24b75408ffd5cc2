//! What was counted of a node's calls since its treatment began.

use std::time::Duration;

use crate::evidence::Counters;

/// Calls on the node's own files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Syncs that came.
    pub(crate) syncs: u64,
    /// Syncs that were executed later.
    pub(crate) delayed: u64,
    /// Syncs that failed.
    pub(crate) syncs_failed: u64,
    /// Syncs that were reported as done and were not.
    pub(crate) lied: u64,
    /// Writes that came.
    pub(crate) writes: u64,
    /// Writes that failed.
    pub(crate) writes_failed: u64,
    /// The longest time between a question and its answer.
    pub(crate) delay_max: Duration,
}

impl Count {
    /// How often the treatment had an effect.
    pub(crate) fn affected(&self) -> u64 {
        self.delayed + self.syncs_failed + self.lied + self.writes_failed
    }

    /// How often a call failed.
    pub(crate) fn failed(&self) -> u64 {
        self.syncs_failed + self.writes_failed
    }

    /// Adds these to a fault's counters, without what is zero.
    pub(crate) fn add_to(&self, counters: &mut Counters) {
        for (name, value) in [
            ("syncs", self.syncs),
            ("syncs_delayed", self.delayed),
            ("syncs_failed", self.syncs_failed),
            ("syncs_skipped", self.lied),
            ("writes", self.writes),
            ("writes_failed", self.writes_failed),
        ] {
            if value > 0 {
                counters.add(name, value);
            }
        }
        if !self.delay_max.is_zero() {
            let delay_ms = u64::try_from(self.delay_max.as_millis()).unwrap_or(u64::MAX);
            counters.at_least("sync_delay_max_ms", delay_ms);
        }
    }
}
