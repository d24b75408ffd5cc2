//! Which of a node's Metadata answers are recorded for where partitions are: those that say something new, and one in a
//! second. An answer ten times a second would be most of a quiet history, and replicas seldom move.

use std::time::{Duration, Instant};

use checkers::history::Seen;

use super::news::News;
use crate::kafka::questions::{self, METADATA_VERSION, Metadata};
use crate::kafka::wire::Wire;

/// How long the same may go unrecorded.
const AGAIN: Duration = Duration::from_secs(1);

/// What was recorded of one node.
#[derive(Default)]
pub(super) struct ReplicasProbe {
    recorded: News<Seen>,
    version: Option<i16>,
}

impl ReplicasProbe {
    /// The version in which the node is asked.
    pub(super) fn version(&self) -> i16 {
        self.version.unwrap_or(METADATA_VERSION)
    }

    /// Asks once in which version the node states the ids of topics. A node that does not say is asked as before.
    pub(super) fn ask_version(&mut self, wire: &mut Wire) {
        if self.version.is_none() {
            self.version = Some(questions::metadata_version(wire).unwrap_or(METADATA_VERSION));
        }
    }

    /// What is to be recorded of an answer that came now.
    pub(super) fn seen(&mut self, metadata: &Metadata, now: Instant) -> Option<Seen> {
        let seen = Seen::Replicas {
            cluster: metadata.cluster.clone(),
            topics: metadata.topics.clone(),
            partitions: metadata.replicas.clone(),
        };
        self.recorded.takes(&seen, now, AGAIN).then_some(seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkers::history::ReplicaClaim;

    #[test]
    fn what_is_new_is_recorded_at_once_and_what_is_not_once_a_second() {
        let mut probe = ReplicasProbe::default();
        let begin = Instant::now();
        let answer = |in_sync: &[i32]| Metadata {
            replicas: vec![ReplicaClaim(
                "t".into(),
                0,
                1,
                vec![1, 2, 3],
                in_sync.to_vec(),
            )],
            ..Metadata::default()
        };
        let mut recorded = |ms, in_sync: &[i32]| {
            let now = begin + Duration::from_millis(ms);
            probe.seen(&answer(in_sync), now).is_some()
        };
        assert!(recorded(0, &[1, 2, 3]));
        assert!(!recorded(100, &[1, 2, 3]));
        assert!(recorded(200, &[1, 3]));
        assert!(!recorded(1_100, &[1, 3]));
        assert!(recorded(1_200, &[1, 3]));
    }
}
