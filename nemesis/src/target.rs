//! Roles: at whom a fault is aimed before anybody knows which node that will be. A plan holds
//! roles; the nodes are found when a window begins, by asking who leads now.

use std::fmt;
use std::str::FromStr;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::node::Node;

/// What a node is to the cluster when a window begins. Where a role leaves a choice, the plan's
/// drawn number makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The leader.
    Leader,
    /// One of the followers.
    Follower,
    /// The leader, and one of the followers.
    LeaderToFollower,
    /// One of the followers, and the leader.
    FollowerToLeader,
    /// One of the followers, and the other.
    FollowerToFollower,
    /// Any node, whatever it is.
    Any,
    /// Any two nodes.
    Majority,
    /// All nodes.
    All,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 8] = [
        Role::Leader,
        Role::Follower,
        Role::LeaderToFollower,
        Role::FollowerToLeader,
        Role::FollowerToFollower,
        Role::Any,
        Role::Majority,
        Role::All,
    ];

    /// The name in a plan and in a history.
    pub fn name(self) -> &'static str {
        match self {
            Role::Leader => "leader",
            Role::Follower => "follower",
            Role::LeaderToFollower => "leader-to-follower",
            Role::FollowerToLeader => "follower-to-leader",
            Role::FollowerToFollower => "follower-to-follower",
            Role::Any => "any",
            Role::Majority => "majority",
            Role::All => "all",
        }
    }

    /// Whether it means nothing without a leader.
    pub fn needs_leader(self) -> bool {
        !matches!(self, Role::Any | Role::Majority | Role::All)
    }

    /// The nodes that have the role, in its order; nothing if it needs a leader and there is none.
    pub fn resolve(self, draw: u8, leader: Option<Node>) -> Option<Vec<Node>> {
        let draw = usize::from(draw);
        let any = Node::ALL[draw % Node::ALL.len()];
        Some(match self {
            Role::Any => vec![any],
            Role::Majority => any.others().to_vec(),
            Role::All => Node::ALL.to_vec(),
            Role::Leader => vec![leader?],
            _ => {
                let leader = leader?;
                let followers = leader.others();
                let (one, other) = (followers[draw % 2], followers[(draw + 1) % 2]);
                match self {
                    Role::LeaderToFollower => vec![leader, one],
                    Role::FollowerToLeader => vec![one, leader],
                    Role::FollowerToFollower => vec![one, other],
                    _ => vec![one],
                }
            }
        })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A word that names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no role is called {0:?}")]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Role, UnknownRole> {
        let found = Role::ALL.into_iter().find(|role| role.name() == word);
        found.ok_or_else(|| UnknownRole(word.to_owned()))
    }
}

/// Everybody who leads something at one moment. In a cluster with one Raft group for everything that
/// is one node; in Apache Kafka each partition has a leader, and the quorum has another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leading {
    /// The leaders of partitions, each once.
    pub partitions: Vec<Node>,
    /// The quorum's leader: Apache Kafka's active controller.
    pub quorum: Option<Node>,
}

/// Knows who leads now, as seen from outside.
pub trait RoleResolver: Send + Sync {
    /// The node that a majority of the nodes name as leader at this moment, or nothing. Should
    /// answer within some hundred milliseconds; it is asked again after each fault took effect.
    fn leader(&self) -> BoxFuture<'_, Option<Node>>;

    /// Everybody who leads something. By default the leader alone.
    fn leading(&self) -> BoxFuture<'_, Leading> {
        Box::pin(async move {
            let leader = self.leader().await;
            Leading {
                partitions: leader.into_iter().collect(),
                quorum: leader,
            }
        })
    }

    /// Whether every node answers, and all name the same leaders: what the fault before did is over. By default yes.
    fn is_whole(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_means_other_nodes_under_another_leader() {
        let [n1, n2, n3] = Node::ALL;
        assert_eq!(Role::Leader.resolve(5, Some(n2)), Some(vec![n2]));
        assert_eq!(Role::Follower.resolve(0, Some(n2)), Some(vec![n1]));
        assert_eq!(Role::Follower.resolve(1, Some(n2)), Some(vec![n3]));
        assert_eq!(
            Role::LeaderToFollower.resolve(1, Some(n1)),
            Some(vec![n1, n3])
        );
        assert_eq!(
            Role::FollowerToLeader.resolve(0, Some(n1)),
            Some(vec![n2, n1])
        );
        assert_eq!(
            Role::FollowerToFollower.resolve(1, Some(n1)),
            Some(vec![n3, n2])
        );
        assert_eq!(Role::Majority.resolve(0, None), Some(vec![n2, n3]));
        assert_eq!(Role::All.resolve(0, None), Some(vec![n1, n2, n3]));
        assert_eq!(Role::Follower.resolve(0, None), None);
    }
}
