//! Plant `startup-storm`: the consensus begins before there is anybody to talk to.
//!
//! The incident's broker began its Raft loop first and warmed its connections up later; without
//! pre-vote every election that nobody could hear raised the term. The other half of the plant, no
//! pre-vote and no check-quorum, is in [`Plants::pre_vote`] and [`Plants::check_quorum`].

use std::time::Duration;

use super::{Plant, Plants};

/// How long a link waits before it is first dialled.
pub(crate) fn delay(plants: &Plants) -> Option<Duration> {
    let latest_ms = u64::from(plants.value(Plant::StartupStorm)?) * 1000;
    Some(Duration::from_millis(rand::random_range(
        latest_ms / 2..=latest_ms,
    )))
}
