//! What the probes have last seen of the cluster, for whoever must choose a target or wait on evidence. Judgement
//! never reads it: that reads the history.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::questions::Metadata;

/// Answers older than this say nothing about now.
const FRESH: Duration = Duration::from_millis(600);

/// Shared by probes (writers), the resolver of roles, the wait for recovery and the status line.
#[derive(Clone, Default)]
pub struct Sight(Arc<Mutex<Vec<NodeSight>>>);

/// What one node last answered.
#[derive(Clone, Debug, Default)]
pub struct NodeSight {
    /// Its Metadata answer and when it came.
    pub metadata: Option<(Instant, Metadata)>,
    /// The quorum epoch that it last told.
    pub quorum_epoch: Option<i32>,
}

/// The leader as seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leader {
    /// Node number, 1 to 3.
    pub node: usize,
    /// Its leader epoch.
    pub epoch: i32,
}

impl Sight {
    /// For this many nodes.
    pub fn of(nodes: usize) -> Self {
        Sight(Arc::new(Mutex::new(vec![NodeSight::default(); nodes])))
    }

    fn with<T>(&self, look: impl FnOnce(&mut Vec<NodeSight>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Node `node` (1 to 3) answered, or did not.
    pub fn saw_metadata(&self, node: usize, metadata: Option<Metadata>) {
        self.with(|nodes| {
            nodes[node - 1].metadata = metadata.map(|metadata| (Instant::now(), metadata));
        });
    }

    /// Node `node` told the quorum's epoch.
    pub fn saw_epoch(&self, node: usize, epoch: i32) {
        self.with(|nodes| nodes[node - 1].quorum_epoch = Some(epoch));
    }

    /// The highest quorum epoch that any node told.
    pub fn quorum_epoch(&self) -> Option<i32> {
        self.with(|nodes| nodes.iter().filter_map(|n| n.quorum_epoch).max())
    }

    /// The leader of most partitions: the claim with the highest epoch among fresh answers, claims of the named node
    /// itself first, because a follower may still believe in a leader that is gone.
    pub fn leader(&self) -> Option<Leader> {
        let now = Instant::now();
        self.with(|nodes| {
            let fresh = nodes.iter().enumerate().filter_map(|(at, node)| {
                let (when, metadata) = node.metadata.as_ref()?;
                (now.duration_since(*when) < FRESH).then_some((at + 1, metadata))
            });
            let mut best: Option<(i32, bool, usize)> = None;
            for (asked, metadata) in fresh {
                for row in &metadata.partitions {
                    let (Some(leader), Some(epoch)) = (row.leader(), row.epoch()) else {
                        continue;
                    };
                    let Ok(leader) = usize::try_from(leader) else {
                        continue;
                    };
                    if (1..=nodes.len()).contains(&leader) {
                        best = best.max(Some((epoch, leader == asked, leader)));
                    }
                }
            }
            best.map(|(epoch, _, node)| Leader { node, epoch })
        })
    }

    /// Whether every node answered lately, and all name the same leader and epoch for every one of `partitions`
    /// partitions.
    pub fn agreed(&self, partitions: usize) -> Option<Leader> {
        let now = Instant::now();
        let first = self.with(|nodes| {
            let mut rows = None;
            for node in nodes.iter() {
                let (when, metadata) = node.metadata.as_ref()?;
                let led = metadata.partitions.iter().all(|row| row.leader().is_some());
                if now.duration_since(*when) >= FRESH || !led {
                    return None;
                }
                if metadata.partitions.len() < partitions {
                    return None;
                }
                if *rows.get_or_insert(&metadata.partitions) != &metadata.partitions {
                    return None;
                }
            }
            rows.and_then(|rows| rows.first().cloned())
        })?;
        let node = usize::try_from(first.leader()?).ok()?;
        Some(Leader {
            node,
            epoch: first.epoch().unwrap_or(-1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkers::history::PartitionClaim;

    fn says(leader: i32, epoch: i32) -> Option<Metadata> {
        Some(Metadata {
            brokers: vec![1, 2, 3],
            partitions: vec![PartitionClaim("t".into(), 0, leader, epoch)],
        })
    }

    #[test]
    fn an_old_leader_that_goes_on_claiming_is_not_the_leader() {
        let sight = Sight::of(3);
        sight.saw_metadata(1, says(1, 4));
        sight.saw_metadata(2, says(2, 5));
        sight.saw_metadata(3, says(1, 4));
        assert_eq!(sight.leader(), Some(Leader { node: 2, epoch: 5 }));
        assert_eq!(sight.agreed(1), None);
    }

    #[test]
    fn agreement_needs_every_node() {
        let sight = Sight::of(3);
        sight.saw_metadata(1, says(2, 5));
        sight.saw_metadata(2, says(2, 5));
        assert_eq!(sight.agreed(1), None);
        sight.saw_metadata(3, says(2, 5));
        assert_eq!(sight.agreed(1), Some(Leader { node: 2, epoch: 5 }));
        assert_eq!(sight.agreed(2), None);
        sight.saw_metadata(3, None);
        assert_eq!(sight.agreed(1), None);
    }
}
