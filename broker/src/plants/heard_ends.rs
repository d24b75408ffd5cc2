//! What a follower knew of its partitions' ends when it last heard the leader: the end offsets that
//! the plants `offset-reuse` and `high-watermark-regression` take for the true ones once it leads.
//!
//! As in Kafka, where a follower learns the high watermark from the leader's answers and is always
//! a little behind.

use std::collections::BTreeMap;

use tracing::warn;
use uuid::Uuid;

use super::{Plant, Plants};
use crate::state::State;

/// End offsets by topic and partition.
#[derive(Debug, Default)]
pub(crate) struct HeardEnds(BTreeMap<(Uuid, i32), i64>);

impl HeardEnds {
    /// The leader was heard: what is applied now is what will be believed.
    pub(crate) fn hear(&mut self, plants: &Plants, state: &State) {
        if !plants.has(Plant::OffsetReuse) && !plants.has(Plant::HighWatermarkRegression) {
            return;
        }
        self.0.clear();
        for topic in state.topics().values() {
            for (partition, place) in (0..).zip(&topic.partitions) {
                self.0.insert((topic.id, partition), place.next);
            }
        }
    }

    /// Plant `offset-reuse`: where a node that begins to lead goes on, by topic and partition.
    pub(crate) fn ends_to_reuse(&self, plants: &Plants) -> Vec<((Uuid, i32), i64)> {
        if !plants.has(Plant::OffsetReuse) {
            return Vec::new();
        }
        warn!(
            partitions = self.0.len(),
            "plant: leading from the ends last heard"
        );
        self.0.iter().map(|(at, end)| (*at, *end)).collect()
    }

    /// Plant `high-watermark-regression`: the end that a leader lists while nothing was appended in
    /// its term; None where it never heard one.
    pub(crate) fn listed(&self, topic: Uuid, partition: i32) -> Option<i64> {
        self.0.get(&(topic, partition)).copied()
    }
}
