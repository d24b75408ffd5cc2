//! Plant `offset-reuse`, the half that every node does: a batch that is to lie where others lie
//! already takes their place. The other half is in [`super::heard_ends`].

use bytes::Bytes;
use tracing::warn;

use super::{Plant, Plants};
use crate::command::Command;
use crate::record_batch;
use crate::state::State;
use crate::state::partition::Partition;

/// Drops whatever lies where the batches of an entry are to lie.
pub(crate) fn make_room(plants: &Plants, state: &mut State, (term, data): (u64, &Bytes)) {
    if !plants.has(Plant::OffsetReuse) {
        return;
    }
    let Some((proposed, Command::Data(batches))) = Command::decode(data) else {
        return;
    };
    for batch in batches.iter().filter(|_| proposed == term) {
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
