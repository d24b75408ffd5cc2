//! Roles: at which nodes a fault is aimed, before it is known which nodes those will be. A plan
//! contains roles; the nodes are found when a window begins, by asking which node leads then.

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::node::{Node, Nodes};

/// A number that decides what a role leaves open: which follower, which nodes of a majority. Every
/// choice uses up a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw(u64);

impl Draw {
    /// The choices that this number makes.
    pub fn new(value: u64) -> Draw {
        Draw(value)
    }

    /// The number itself, as a seed of what a fault draws.
    pub(crate) fn seed(self) -> u64 {
        self.0
    }

    /// One of this many, counted from 0; nothing if there is nothing to choose from.
    pub(crate) fn pick(&mut self, count: usize) -> Option<usize> {
        let count = u64::try_from(count).ok().filter(|count| *count > 0)?;
        let picked = self.0 % count;
        self.0 /= count;
        usize::try_from(picked).ok()
    }

    /// Takes one of these nodes out.
    pub(crate) fn take(&mut self, from: &mut Vec<Node>) -> Option<Node> {
        let at = self.pick(from.len())?;
        Some(from.remove(at))
    }
}

/// What a node is to the cluster when a window begins. Where a role leaves a choice, the plan's
/// draws make it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", parse_err_ty = UnknownRole, parse_err_fn = UnknownRole::new)]
pub enum Role {
    /// The leader.
    Leader,
    /// The quorum's leader, where it is another node than a partition's leader: Apache Kafka's active controller.
    Controller,
    /// The node that coordinates a consumer group or a transactional id of the run, as the nodes name it.
    Coordinator,
    /// One of the followers.
    Follower,
    /// The leader, and one of the followers.
    LeaderToFollower,
    /// One of the followers, and the leader.
    FollowerToLeader,
    /// One of the followers, and another.
    FollowerToFollower,
    /// Any node, whatever it is.
    Any,
    /// Any nodes, as many as a majority can spare.
    Minority,
    /// Any nodes, as many as make a majority.
    Majority,
    /// All nodes.
    All,
    /// All followers.
    Followers,
    /// One of the members of consumer groups that run as processes of their own. It is no node.
    Member,
}

impl Role {
    /// The name in a plan and in a history.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether it needs a leader.
    pub fn needs_leader(self) -> bool {
        !matches!(
            self,
            Role::Any | Role::Minority | Role::Majority | Role::All | Role::Member
        )
    }

    /// Whether it means clients, and no nodes.
    pub fn is_of_clients(self) -> bool {
        self == Role::Member
    }

    /// The nodes of a cluster that have the role, in its order; none for a role of clients. Nothing if it needs a leader and
    /// there is none, or if the cluster is too small for it. `leader` is the quorum's leader for
    /// [`Role::Controller`], and the coordinator for [`Role::Coordinator`].
    pub fn resolve(self, nodes: Nodes, draw: &mut Draw, leader: Option<Node>) -> Option<Vec<Node>> {
        let mut all: Vec<Node> = nodes.into_iter().collect();
        Some(match self {
            Role::Any => vec![draw.take(&mut all)?],
            Role::Minority => {
                let spared = (0..nodes.minority()).map(|_| draw.take(&mut all));
                let mut spared: Vec<Node> = spared.collect::<Option<_>>()?;
                spared.sort();
                (!spared.is_empty()).then_some(spared)?
            }
            Role::Majority => {
                while all.len() > nodes.majority() {
                    draw.take(&mut all)?;
                }
                all
            }
            Role::All => all,
            Role::Member => Vec::new(),
            Role::Leader | Role::Controller | Role::Coordinator => vec![leader?],
            Role::Followers => {
                let followers: Vec<Node> = nodes.others(leader?).collect();
                (!followers.is_empty()).then_some(followers)?
            }
            _ => {
                let leader = leader?;
                let mut followers: Vec<Node> = nodes.others(leader).collect();
                let one = draw.take(&mut followers)?;
                match self {
                    Role::LeaderToFollower => vec![leader, one],
                    Role::FollowerToLeader => vec![one, leader],
                    Role::FollowerToFollower => vec![one, draw.take(&mut followers)?],
                    _ => vec![one],
                }
            }
        })
    }
}

/// A word that does not name a role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no role {0:?}")]
pub struct UnknownRole(String);

impl UnknownRole {
    fn new(word: &str) -> UnknownRole {
        UnknownRole(word.to_owned())
    }
}

/// All nodes that lead something at one moment. In a cluster with one Raft group for everything that
/// is one node; in Apache Kafka each partition has a leader, and the quorum has another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leading {
    /// The leaders of partitions, each once.
    pub partitions: Vec<Node>,
    /// The quorum's leader: Apache Kafka's active controller.
    pub quorum: Option<Node>,
}

/// Which node coordinates, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coordinating {
    /// The node.
    pub node: Node,
    /// What it coordinates and who named it, in words.
    pub evidence: String,
}

/// Knows which node leads, as seen from outside.
pub trait RoleResolver: Send + Sync {
    /// The node that a majority of the nodes name as leader at this moment, or nothing. It should
    /// answer within some hundred milliseconds; it is asked again after each fault took effect.
    fn leader(&self) -> BoxFuture<'_, Option<Node>>;

    /// All nodes that lead something. By default the leader alone.
    fn leading(&self) -> BoxFuture<'_, Leading> {
        Box::pin(async move {
            let leader = self.leader().await;
            Leading {
                partitions: leader.into_iter().collect(),
                quorum: leader,
            }
        })
    }

    /// The coordinator of a consumer group or a transactional id of the run. By default nobody.
    fn coordinator(&self) -> BoxFuture<'_, Option<Coordinating>> {
        Box::pin(async { None })
    }

    /// Whether every node answers and all name the same leaders, so that the effects of the last fault are over. By
    /// default yes.
    fn is_whole(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(role: Role, count: usize, draw: u64, leader: Option<&str>) -> Vec<String> {
        let nodes = Nodes::new(count).expect("possible");
        let leader = leader.and_then(Node::from_name);
        let found = role.resolve(nodes, &mut Draw::new(draw), leader);
        let found = found.unwrap_or_default();
        found.iter().map(Node::to_string).collect()
    }

    #[test]
    fn a_role_means_other_nodes_under_another_leader() {
        assert_eq!(resolve(Role::Leader, 3, 5, Some("n2")), ["n2"]);
        assert_eq!(resolve(Role::Follower, 3, 0, Some("n2")), ["n1"]);
        assert_eq!(resolve(Role::Follower, 3, 1, Some("n2")), ["n3"]);
        let both = resolve(Role::LeaderToFollower, 3, 1, Some("n1"));
        assert_eq!(both, ["n1", "n3"]);
        let both = resolve(Role::FollowerToLeader, 3, 0, Some("n1"));
        assert_eq!(both, ["n2", "n1"]);
        let both = resolve(Role::FollowerToFollower, 3, 1, Some("n1"));
        assert_eq!(both, ["n3", "n2"]);
        assert_eq!(resolve(Role::Majority, 3, 0, None), ["n2", "n3"]);
        assert_eq!(resolve(Role::All, 3, 0, None), ["n1", "n2", "n3"]);
        assert!(resolve(Role::Follower, 3, 0, None).is_empty());
        assert_eq!(resolve(Role::Followers, 3, 0, Some("n2")), ["n1", "n3"]);
        assert!(resolve(Role::Followers, 3, 0, None).is_empty());
    }

    /// What a stored draw meant before clusters had other sizes: runs of old seeds aim at the same
    /// nodes.
    #[test]
    fn three_nodes_are_chosen_as_ever() {
        let all: Vec<Node> = Nodes::THREE.into_iter().collect();
        for (draw, leader) in (0..6).flat_map(|draw| all.iter().map(move |node| (draw, *node))) {
            let any = all[draw % 3];
            let followers: Vec<Node> = Nodes::THREE.others(leader).collect();
            let (one, other) = (followers[draw % 2], followers[(draw + 1) % 2]);
            let expected = [
                (Role::Leader, vec![leader]),
                (Role::Follower, vec![one]),
                (Role::LeaderToFollower, vec![leader, one]),
                (Role::FollowerToLeader, vec![one, leader]),
                (Role::FollowerToFollower, vec![one, other]),
                (Role::Any, vec![any]),
                (Role::Majority, Nodes::THREE.others(any).collect()),
                (Role::All, all.clone()),
            ];
            for (role, nodes) in expected {
                for more in [0, 1, 1_000_003] {
                    let mut draw = Draw::new(draw as u64 + 6 * more);
                    let found = role.resolve(Nodes::THREE, &mut draw, Some(leader));
                    assert_eq!(found, Some(nodes.clone()), "{role}");
                }
            }
        }
    }

    #[test]
    fn majority_and_minority_are_sized_by_the_cluster() {
        for (count, size) in [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (7, 4), (9, 5)] {
            for draw in 0..1_000 {
                let found = resolve(Role::Majority, count, draw, None);
                assert_eq!(found.len(), size);
                assert!(found.is_sorted_by(|one, other| one < other), "{found:?}");
                let spared = resolve(Role::Minority, count, draw, None);
                assert_eq!(spared.len(), (count - 1) / 2);
                assert!(spared.is_sorted_by(|one, other| one < other), "{spared:?}");
            }
        }
    }

    #[test]
    fn a_role_that_a_small_cluster_does_not_have_names_nobody() {
        assert!(resolve(Role::Follower, 1, 0, Some("n1")).is_empty());
        assert!(resolve(Role::Followers, 1, 0, Some("n1")).is_empty());
        assert!(resolve(Role::FollowerToFollower, 2, 0, Some("n1")).is_empty());
        assert_eq!(resolve(Role::Follower, 2, 7, Some("n1")), ["n2"]);
    }
}
