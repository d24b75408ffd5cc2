//! What a follower knew of its partitions' ends when it last heard the leader: the end offsets that
//! `offset-reuse` and `high-watermark-regression` take for the true ones once the node leads.
//!
//! As in Kafka, where a follower learns the high watermark from the leader's answers and is always
//! a little behind.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::state::State;

/// End offsets by topic and partition.
#[derive(Debug, Default)]
pub(super) struct HeardEnds(Mutex<BTreeMap<(Uuid, i32), i64>>);

impl HeardEnds {
    /// The node starts: nobody was heard.
    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    /// The leader was heard: what is applied now is what will be believed.
    pub(super) fn hear(&self, state: &State) {
        let mut ends = self.lock();
        ends.clear();
        for topic in state.topics().values() {
            for (partition, place) in (0..).zip(&topic.partitions) {
                ends.insert((topic.id, partition), place.next);
            }
        }
    }

    /// The ends, by topic and partition.
    pub(super) fn all(&self) -> Vec<((Uuid, i32), i64)> {
        self.lock().iter().map(|(at, end)| (*at, *end)).collect()
    }

    /// One end; None where none was heard.
    pub(super) fn of(&self, at: (Uuid, i32)) -> Option<i64> {
        self.lock().get(&at).copied()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Uuid, i32), i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
