//! `high-watermark-regression`: a new leader lists the ends that it last heard, until a partition
//! is written to in its term.

use uuid::Uuid;

use super::heard_ends::HeardEnds;
use crate::hooks::Hook;
use crate::state::State;
use crate::state::partition::Partition;

#[derive(Debug, Default)]
pub(super) struct HighWatermarkRegression(HeardEnds);

impl Hook for HighWatermarkRegression {
    fn recovered(&self, _last_index: u64) {
        self.0.forget();
    }

    fn heartbeat_taken(&self, state: &State) {
        self.0.hear(state);
    }

    fn listed_end(&self, at: (Uuid, i32), partition: &Partition, term: u64) -> Option<i64> {
        let last = partition.epochs.last().map_or(0, |(epoch, _)| *epoch);
        let is_written = u64::try_from(last).is_ok_and(|epoch| epoch == term);
        self.0.of(at).filter(|_| !is_written)
    }
}
