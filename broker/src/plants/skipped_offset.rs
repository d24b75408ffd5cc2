//! Plant `skipped-offset`: off by one where a leader epoch begins.
//!
//! A response holds batches of one epoch only, so that its reader learns of the change; whoever goes
//! on from the offset at which the next one begins is given what comes after its first batch.

use tracing::warn;

use super::{Plant, Plants};
use crate::state::partition::Partition;

/// How many of the batches from `offset` on a fetch passes over, and the offset at which it ends.
pub(crate) fn bounds(plants: &Plants, partition: &Partition, offset: i64) -> (usize, i64) {
    if !plants.has(Plant::SkippedOffset) {
        return (0, i64::MAX);
    }
    // The first epoch begins the partition, and nobody led before.
    let later = || partition.epochs.iter().skip(1).map(|(_, begun)| *begun);
    let skips = later().any(|begun| begun == offset) && offset < partition.next;
    if skips {
        warn!(offset, "plant: the first batch of an epoch is passed over");
    }
    let end = later().find(|begun| *begun > offset);
    (usize::from(skips), end.unwrap_or(i64::MAX))
}
