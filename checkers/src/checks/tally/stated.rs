//! Epochs that a node states with end offsets, and its Metadata that names a lower one for longer than Metadata may lag.

use std::collections::BTreeMap;

use crate::history::{Moment, PartitionClaim, Text};

/// An answer about the end of a partition, with an epoch that is higher than all before.
#[derive(Clone, Copy, Debug)]
pub(in crate::checks) struct Stated {
    pub(in crate::checks) operation: u64,
    pub(in crate::checks) called: Moment,
    pub(in crate::checks) returned: Moment,
    pub(in crate::checks) epoch: i32,
}

/// Metadata that names a lower epoch.
#[derive(Clone, Copy, Debug)]
pub(in crate::checks) struct Lower {
    pub(in crate::checks) id: u64,
    pub(in crate::checks) called: Moment,
    pub(in crate::checks) returned: Moment,
    pub(in crate::checks) leader: i32,
    pub(in crate::checks) epoch: i32,
}

/// Of a node and partition: by what it stated, the first and the last Metadata that names less. A fault near one may
/// excuse it, and not the other.
type Unnamed = BTreeMap<(Text, u32, u64), (Stated, [Lower; 2])>;

/// All nodes.
#[derive(Clone, Debug, Default)]
pub(in crate::checks) struct Epochs {
    lanes: BTreeMap<(Text, u32), Vec<Stated>>,
    pub(in crate::checks) unnamed: Unnamed,
}

impl Epochs {
    pub(super) fn end(&mut self, node: &Text, place: u32, stated: Stated) {
        let lane = self.lanes.entry((node.clone(), place)).or_default();
        if lane.last().is_none_or(|known| known.epoch < stated.epoch) {
            lane.push(stated);
        }
    }

    /// A row of a node's Metadata.
    pub(super) fn metadata(
        &mut self,
        (node, place): (&Text, u32),
        (id, called, returned): (u64, Moment, Moment),
        claim: &PartitionClaim,
        lag: Moment,
    ) {
        let Some(epoch) = claim.epoch() else { return };
        let Some(lane) = self.lanes.get(&(node.clone(), place)) else {
            return;
        };
        let long_ago = lane.partition_point(|end| end.returned.saturating_add(lag) <= called);
        let stated = long_ago.checked_sub(1).map(|at| lane[at]);
        let Some(stated) = stated.filter(|stated| epoch < stated.epoch) else {
            return;
        };
        let lower = Lower {
            id,
            called,
            returned,
            leader: claim.2,
            epoch,
        };
        let lane = (node.clone(), place, stated.operation);
        let known = self.unnamed.entry(lane).or_insert((stated, [lower; 2]));
        known.1[1] = lower;
    }
}
