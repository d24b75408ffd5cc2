//! `skipped-offset`: off by one where a leader epoch begins.
//!
//! A response holds batches of one epoch only, so that its reader learns of the change. A fetch that
//! goes on from the offset at which the next epoch begins gets what comes after its first batch.

use tracing::warn;

use crate::hooks::Hook;
use crate::state::partition::Partition;

#[derive(Debug)]
pub(super) struct SkippedOffset;

impl Hook for SkippedOffset {
    fn fetch_bounds(&self, partition: &Partition, offset: i64) -> (usize, i64) {
        // The first epoch begins the partition, and nobody led before.
        let later = || partition.epochs.iter().skip(1).map(|(_, begun)| *begun);
        let skips = later().any(|begun| begun == offset) && offset < partition.next;
        if skips {
            warn!(offset, "plant: the first batch of an epoch is passed over");
        }
        let end = later().find(|begun| *begun > offset);
        (usize::from(skips), end.unwrap_or(i64::MAX))
    }
}
