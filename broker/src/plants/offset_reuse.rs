//! `offset-reuse`: a new leader goes on at the ends that it last heard, and on every node a batch
//! whose place is taken replaces what is there.

use raft::eraftpb::Entry;
use tracing::warn;
use uuid::Uuid;

use super::heard_ends::HeardEnds;
use crate::command::Command;
use crate::hooks::{Applier, Hook};
use crate::record_batch;
use crate::state::State;
use crate::state::partition::Partition;

#[derive(Debug, Default)]
pub(super) struct OffsetReuse(HeardEnds);

impl Hook for OffsetReuse {
    fn recovered(&self, _last_index: u64) {
        self.0.forget();
    }

    fn heartbeat_taken(&self, state: &State) {
        self.0.hear(state);
    }

    fn first_offsets(&self) -> Vec<((Uuid, i32), i64)> {
        let ends = self.0.all();
        let partitions = ends.len();
        warn!(partitions, "plant: leading from the ends last heard");
        ends
    }

    fn entry_applies(&self, entry: &Entry, state: &mut State, _by: Applier<'_>) -> bool {
        make_room(entry, state);
        true
    }
}

/// Drops whatever lies where the batches of an entry are to lie.
fn make_room(entry: &Entry, state: &mut State) {
    let Some((proposed, Command::Data(batches))) = Command::decode(&entry.data) else {
        return;
    };
    for batch in batches.iter().filter(|_| proposed == entry.term) {
        let Some(header) = record_batch::peek(&batch.bytes) else {
            continue;
        };
        let found = state.partition_of(batch.topic, batch.partition);
        if let Some(partition) = found.filter(|found| header.base_offset < found.next) {
            let (from, next) = (header.base_offset, partition.next);
            warn!(
                partition = batch.partition,
                from, next, "plant: offsets are used again"
            );
            rewind(partition, from);
        }
    }
}

fn rewind(partition: &mut Partition, to: i64) {
    let after = partition
        .batches
        .partition_point(|batch| batch.last_offset < to);
    partition.batches.truncate(after);
    partition.epochs.retain(|(_, begun)| *begun < to);
    partition.next = to;
}
