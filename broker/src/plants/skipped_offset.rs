//! Plant `skipped-offset`: off by one where a leader epoch begins.
//!
//! A consumer at the end of a partition asks, once there is a new leader, from the very offset at
//! which its epoch begins. Whoever reads over that place sees everything.

use tracing::warn;

use super::{Plant, Plants};
use crate::state::partition::Partition;

/// How many of the batches from `offset` on a fetch passes over.
pub(crate) fn batches(plants: &Plants, partition: &Partition, offset: i64) -> usize {
    let begins = |(_, begun): &(i32, i64)| *begun == offset;
    let skips = plants.has(Plant::SkippedOffset)
        && partition.epochs.iter().skip(1).any(begins)
        && offset < partition.next;
    if skips {
        warn!(offset, "plant: the first batch of an epoch is passed over");
    }
    usize::from(skips)
}
