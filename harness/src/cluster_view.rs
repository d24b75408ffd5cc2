//! The latest answers of the nodes to the probes, for code that chooses a target node or waits for evidence. Judgement
//! never reads it. It reads the history.

mod coordinators;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use checkers::agreement::Agreement;
use checkers::history::Coordinated;

use crate::config::topics;
use crate::kafka::questions::Metadata;

pub use coordinators::CoordinatorNamed;
use coordinators::Coordinators;

/// Older answers say nothing about the present.
const FRESH: Duration = Duration::from_millis(600);

/// Shared by the probes (writers), the resolver of roles, the wait for recovery and the status line.
#[derive(Clone, Default)]
pub struct ClusterView(Arc<Mutex<Vec<NodeView>>>, Arc<Mutex<Coordinators>>);

/// The latest answers of one node.
#[derive(Clone, Debug, Default)]
pub struct NodeView {
    /// Its Metadata answer and the time of it.
    pub metadata: Option<(Instant, Metadata)>,
    /// The quorum as it last reported it, and the time of the report.
    pub quorum: Option<(Instant, QuorumView)>,
}

/// The quorum, as one node reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuorumView {
    /// The leader's number, if the node named a leader.
    pub leader: Option<usize>,
    /// The epoch (Raft's term).
    pub epoch: i32,
}

/// The leader, as clients see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leader {
    /// Node number, counted from 1.
    pub node: usize,
    /// Its leader epoch.
    pub epoch: i32,
}

/// A claim of leadership of a partition: its epoch, whether the named node makes the claim itself, and that node.
type Claim = (i32, bool, usize);

impl ClusterView {
    /// A view of this many nodes.
    pub fn of(nodes: usize) -> Self {
        let known = vec![NodeView::default(); nodes];
        ClusterView(Arc::new(Mutex::new(known)), Arc::default())
    }

    fn with<T>(&self, look: impl FnOnce(&mut Vec<NodeView>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Records whether node `node` (counted from 1) answered.
    pub fn saw_metadata(&self, node: usize, metadata: Option<Metadata>) {
        self.with(|nodes| {
            nodes[node - 1].metadata = metadata.map(|metadata| (Instant::now(), metadata));
        });
    }

    /// Records the quorum that node `node` reported.
    pub fn saw_quorum(&self, node: usize, leader: i32, epoch: i32) {
        self.with(|nodes| {
            let leader = usize::try_from(leader).ok();
            let leader = leader.filter(|leader| (1..=nodes.len()).contains(leader));
            nodes[node - 1].quorum = Some((Instant::now(), QuorumView { leader, epoch }));
        });
    }

    /// Records whom the node at a place, counted from 0, named as coordinator of a group or a transactional id: the node at
    /// another place, or none.
    pub fn saw_coordinator(&self, place: usize, of: (Coordinated, &str), named: Option<usize>) {
        let mut known = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        known.saw(place + 1, of, named.map(|place| place + 1));
    }

    /// The coordinator of a group of the run, or of a transactional id if it has no groups.
    pub fn coordinator(&self) -> Option<CoordinatorNamed> {
        let known = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        known.named()
    }

    /// The quorum's leader: the one with the highest epoch among the fresh answers.
    pub fn quorum_leader(&self) -> Option<usize> {
        let now = Instant::now();
        self.with(|nodes| {
            let fresh = nodes.iter().filter_map(|node| {
                let (when, quorum) = node.quorum?;
                (now.duration_since(when) < FRESH).then_some((quorum.epoch, quorum.leader?))
            });
            fresh.max().map(|(_, leader)| leader)
        })
    }

    /// The leader of each partition: the claim with the highest epoch among fresh answers. Claims of the named node
    /// itself take precedence, because a follower may still name a leader that is gone. Epochs of different partitions
    /// are never compared.
    fn claims(&self) -> BTreeMap<(String, i32), Claim> {
        let now = Instant::now();
        let mut best: BTreeMap<(String, i32), Claim> = BTreeMap::new();
        self.with(|nodes| {
            for (at, node) in nodes.iter().enumerate() {
                let Some((when, metadata)) = &node.metadata else {
                    continue;
                };
                if now.duration_since(*when) >= FRESH {
                    continue;
                }
                for row in &metadata.partitions {
                    let leader = row.leader().and_then(|leader| usize::try_from(leader).ok());
                    let (Some(leader), Some(epoch)) = (leader, row.epoch()) else {
                        continue;
                    };
                    if (1..=nodes.len()).contains(&leader) {
                        let place = (row.topic().to_owned(), row.partition());
                        let claim = (epoch, leader == at + 1, leader);
                        let known = best.entry(place).or_insert(claim);
                        *known = claim.max(*known);
                    }
                }
            }
        });
        best
    }

    /// The leader that faults target: that of the topic on which fail-over is measured, or that of the first partition
    /// while that topic does not exist.
    pub fn leader(&self) -> Option<Leader> {
        let claims = self.claims();
        let measured = claims.iter().find(|((topic, _), _)| topic == topics::PROBE);
        let (_, (epoch, _, node)) = measured.or_else(|| claims.iter().next())?;
        Some(Leader {
            node: *node,
            epoch: *epoch,
        })
    }

    /// The leaders of all partitions, each once.
    pub fn leaders(&self) -> BTreeSet<usize> {
        self.claims().values().map(|(_, _, node)| *node).collect()
    }

    /// Whether no node names a partition with fewer replicas in sync than replicas. A leader that has them not all loses its
    /// majority with one more fault, although all nodes agree on it.
    pub fn in_sync(&self) -> bool {
        self.with(|nodes| {
            let mut known = nodes.iter().filter_map(|node| node.metadata.as_ref());
            known.all(|(_, metadata)| metadata.is_in_sync())
        })
    }

    /// Whether a node (counted from 1) may hold a replica of a partition: unless some node lists its replicas and none lists
    /// this one.
    pub fn may_hold(&self, node: usize, (topic, partition): (&str, i32)) -> bool {
        let id = i32::try_from(node).unwrap_or(i32::MAX);
        self.with(|nodes| {
            let known = nodes.iter().filter_map(|node| node.metadata.as_ref());
            let rows = known.flat_map(|(_, metadata)| &metadata.replicas);
            let own = rows.filter(|row| row.0 == *topic && row.1 == partition);
            let held: Vec<bool> = own.map(|row| row.replicas().contains(&id)).collect();
            held.is_empty() || held.contains(&true)
        })
    }

    /// Whether all nodes agree now on at least `partitions` partitions: the leader and the epoch of the first. The
    /// definition is that of the check which judges the recovery ([`Agreement`]), so that a run does not go on before
    /// what the check looks for, and does not wait for more.
    pub fn agreed(&self, partitions: usize) -> Option<Leader> {
        let now = Instant::now();
        let agreement = self.with(|nodes| {
            let mut agreement = Agreement::of(nodes.len());
            for (at, node) in nodes.iter().enumerate() {
                let Some((when, metadata)) = &node.metadata else {
                    continue;
                };
                // Times count from now, backwards: the definition needs only how old an answer is.
                let age = u64::try_from(now.duration_since(*when).as_nanos()).unwrap_or(u64::MAX);
                let rows = Some(metadata.partitions.as_slice());
                agreement.answered(at, NOW.saturating_sub(age), rows);
            }
            agreement
        });
        let (leader, epoch) = agreement.agreed(NOW, partitions)?;
        let node = usize::try_from(leader).ok()?;
        Some(Leader { node, epoch })
    }
}

/// Any moment that is later than the oldest answer that counts.
const NOW: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;
    use checkers::history::{PartitionClaim, ReplicaClaim};

    fn says(leader: i32, epoch: i32) -> Option<Metadata> {
        Some(Metadata {
            brokers: vec![1, 2, 3],
            partitions: vec![PartitionClaim("t".into(), 0, leader, epoch)],
            ..Metadata::default()
        })
    }

    #[test]
    fn an_old_leader_that_goes_on_claiming_is_not_the_leader() {
        let view = ClusterView::of(3);
        view.saw_metadata(1, says(1, 4));
        view.saw_metadata(2, says(2, 5));
        view.saw_metadata(3, says(1, 4));
        assert_eq!(view.leader(), Some(Leader { node: 2, epoch: 5 }));
        assert_eq!(view.agreed(1), None);
    }

    #[test]
    fn partitions_and_the_quorum_have_leaders_of_their_own() {
        let view = ClusterView::of(3);
        let row = |topic: &str, leader, epoch| PartitionClaim(topic.into(), 0, leader, epoch);
        let partitions = vec![row("a", 1, 9), row(topics::PROBE, 3, 0)];
        let metadata = Metadata {
            brokers: vec![1, 2, 3],
            partitions,
            ..Metadata::default()
        };
        view.saw_metadata(1, Some(metadata));
        view.saw_quorum(1, 2, 4);
        view.saw_quorum(2, 1, 3);
        assert_eq!(view.leader(), Some(Leader { node: 3, epoch: 0 }));
        assert_eq!(view.leaders(), BTreeSet::from([1, 3]));
        assert_eq!(view.quorum_leader(), Some(2));
    }

    #[test]
    fn a_node_may_hold_what_somebody_says_that_it_holds() {
        let view = ClusterView::of(3);
        assert!(view.may_hold(2, ("t", 0)), "nobody has said anything");
        let listed = |replicas| {
            let row = ReplicaClaim("t".into(), 0, 1, replicas, vec![1]);
            says(1, 4).map(|metadata| Metadata {
                replicas: vec![row],
                ..metadata
            })
        };
        view.saw_metadata(1, listed(vec![1, 3]));
        assert!(view.may_hold(3, ("t", 0)) && !view.may_hold(2, ("t", 0)));
        assert!(view.may_hold(2, ("t", 1)), "another partition");
        view.saw_metadata(3, listed(vec![1, 2]));
        assert!(view.may_hold(2, ("t", 0)), "one of them lies");
    }

    #[test]
    fn one_node_that_names_a_lagging_replica_is_enough() {
        let view = ClusterView::of(3);
        view.saw_metadata(1, says(1, 4));
        assert!(view.in_sync());
        let replicas = ReplicaClaim("t".into(), 0, 1, vec![1, 2, 3], vec![1, 3]);
        let lagging = says(1, 4).map(|metadata| Metadata {
            replicas: vec![replicas.clone()],
            ..metadata
        });
        view.saw_metadata(2, lagging);
        assert!(!view.in_sync());
        view.saw_metadata(2, says(1, 4));
        assert!(view.in_sync());
    }

    #[test]
    fn agreement_needs_every_node() {
        let view = ClusterView::of(3);
        view.saw_metadata(1, says(2, 5));
        view.saw_metadata(2, says(2, 5));
        assert_eq!(view.agreed(1), None);
        view.saw_metadata(3, says(2, 5));
        assert_eq!(view.agreed(1), Some(Leader { node: 2, epoch: 5 }));
        assert_eq!(view.agreed(2), None);
        view.saw_metadata(3, None);
        assert_eq!(view.agreed(1), None);
    }
}
