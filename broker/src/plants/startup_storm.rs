//! `startup-storm`: the consensus begins before any other node can be reached.
//!
//! The incident's broker started its Raft loop first and warmed its connections up later; without
//! pre-vote every election that nobody could hear raised the term. The other half, no pre-vote and
//! no check-quorum, is a change of rules.

use std::time::Duration;

use crate::hooks::Hook;

/// The seconds within which links come up.
#[derive(Debug)]
pub(super) struct StartupStorm(pub(super) u32);

impl Hook for StartupStorm {
    fn dial_delay(&self) -> Option<Duration> {
        let latest_ms = u64::from(self.0) * 1000;
        let delay_ms = rand::random_range(latest_ms / 2..=latest_ms);
        Some(Duration::from_millis(delay_ms))
    }
}
