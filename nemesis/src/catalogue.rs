//! Every kind of fault that exists: its name, its class, what it does, what it needs, and at which
//! roles it can be aimed. A kind with a role is what a plan draws; which nodes that means is found
//! out when it begins.

mod selection;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use selection::{Selection, UnknownWord};

use crate::link::Link;
use crate::network::partition;
use crate::node::{Node, Nodes};
use crate::target::{Draw, Leading, Role};

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A node is cut from all others.
    Isolate,
    /// Two nodes are cut from each other.
    CutLink,
    /// One direction between two nodes.
    CutLinkOneWay,
    /// A node hears nothing from the others.
    Deaf,
    /// A node's words reach no other.
    Mute,
    /// Some nodes on one side, the others and all clients on the other.
    Halves,
    /// A node is cut from all clients.
    CutClients,
    /// SIGSTOP.
    Pause,
    /// SIGKILL and start again.
    Kill,
    /// SIGKILL and start again, one node after the other.
    RollingRestart,
}

/// What a kind acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Links.
    Network,
    /// Processes.
    Process,
}

/// What must be possible on a machine for a kind to run there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The private network of the sandbox.
    PrivateNetwork,
    /// Nothing beyond starting processes.
    Nothing,
}

impl Kind {
    /// All kinds, in the order of the catalogue.
    pub const ALL: [Kind; 10] = [
        Kind::Isolate,
        Kind::CutLink,
        Kind::CutLinkOneWay,
        Kind::Deaf,
        Kind::Mute,
        Kind::Halves,
        Kind::CutClients,
        Kind::Pause,
        Kind::Kill,
        Kind::RollingRestart,
    ];

    /// The name on the command line and in a history.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Isolate => "isolate",
            Kind::CutLink => "cut-link",
            Kind::CutLinkOneWay => "cut-link-one-way",
            Kind::Deaf => "deaf",
            Kind::Mute => "mute",
            Kind::Halves => "halves",
            Kind::CutClients => "cut-clients",
            Kind::Pause => "pause",
            Kind::Kill => "kill",
            Kind::RollingRestart => "rolling-restart",
        }
    }

    /// One line for a list. Says *packet cut* where it is one: over an established connection the
    /// cut of one direction soon stops the other too, because acknowledgements are packets.
    pub fn description(self) -> &'static str {
        match self {
            Kind::Isolate => "packet cut between a node and both others; clients still reach it",
            Kind::CutLink => "packet cut between two nodes, both directions",
            Kind::CutLinkOneWay => "packet cut between two nodes, one direction",
            Kind::Deaf => "packet cut from both others to a node: it hears nothing from them",
            Kind::Mute => "packet cut from a node to both others: they hear nothing from it",
            Kind::Halves => "packet cut between a node and everything else, clients included",
            Kind::CutClients => "packet cut between a node and all clients; nodes reach each other",
            Kind::Pause => "SIGSTOP to all processes of a node, SIGCONT at the end",
            Kind::Kill => "SIGKILL to all processes of a node, started again at the end",
            Kind::RollingRestart => "SIGKILL and start, one node after the other",
        }
    }

    /// What it acts on.
    pub fn class(self) -> Class {
        match self {
            Kind::Pause | Kind::Kill | Kind::RollingRestart => Class::Process,
            _ => Class::Network,
        }
    }

    /// What it needs.
    pub fn needs(self) -> Needs {
        match self.class() {
            Class::Network => Needs::PrivateNetwork,
            Class::Process => Needs::Nothing,
        }
    }

    /// The roles that it can be aimed at.
    pub fn roles(self) -> &'static [Role] {
        match self {
            Kind::CutLink | Kind::CutLinkOneWay => &[
                Role::LeaderToFollower,
                Role::FollowerToLeader,
                Role::FollowerToFollower,
            ],
            Kind::Pause | Kind::Kill => &[
                Role::Leader,
                Role::Follower,
                Role::Any,
                Role::Majority,
                Role::All,
            ],
            Kind::RollingRestart => &[Role::All],
            _ => &[Role::Leader, Role::Follower, Role::Any],
        }
    }

    /// The nodes of a cluster that a fault of this kind at this role means, in the order in which
    /// the role names them. Nothing if the role needs a leader and there is none, or if the cluster
    /// is too small.
    pub fn aim(
        self,
        role: Role,
        nodes: Nodes,
        mut draw: Draw,
        leader: Option<Node>,
    ) -> Option<Vec<Node>> {
        let mut aimed = role.resolve(nodes, &mut draw, leader)?;
        if self == Kind::Halves {
            // Any split: the side without clients is at most half of the nodes.
            let most = nodes.count() / 2;
            let size = 1 + draw.pick(most)?;
            let spared = leader.filter(|_| role == Role::Follower);
            let can_join = |node: &Node| !aimed.contains(node) && Some(*node) != spared;
            let mut rest: Vec<Node> = nodes.into_iter().filter(can_join).collect();
            while aimed.len() < size {
                aimed.push(draw.take(&mut rest)?);
            }
        }
        let cuts_something = !self.links(nodes, &aimed).is_empty();
        (cuts_something || self.class() != Class::Network).then_some(aimed)
    }

    /// The links that it cuts in a cluster, for the nodes that [`Kind::aim`] names.
    pub fn links(self, nodes: Nodes, aimed: &[Node]) -> Vec<Link> {
        match (self, aimed) {
            (Kind::Isolate, [node]) => partition::isolate(nodes, *node),
            (Kind::CutLink, [one, other]) => partition::link(*one, *other),
            (Kind::CutLinkOneWay, [from, to]) => partition::link_one_way(*from, *to),
            (Kind::Deaf, [node]) => partition::deaf(nodes, *node),
            (Kind::Mute, [node]) => partition::mute(nodes, *node),
            (Kind::Halves, side) => partition::halves(nodes, side),
            (Kind::CutClients, [node]) => partition::clients(*node),
            _ => Vec::new(),
        }
    }

    /// Whether a fault of this kind at these nodes affects this leader: it is paused, killed, or
    /// cut from so many others, in some direction, that it is left without a majority.
    pub fn affects(self, nodes: Nodes, aimed: &[Node], leader: Node) -> bool {
        match self.class() {
            Class::Process => aimed.contains(&leader),
            Class::Network => {
                partition::takes_majority_from(nodes, &self.links(nodes, aimed), leader)
            }
        }
    }

    /// Whether it affects anybody who leads: a partition's leader or the quorum's; and a partition's
    /// leader also when it is cut from the quorum's, because that one fences whom it does not hear
    /// (seen on Apache Kafka 4.4: the leader is replaced though it still has a healthy follower).
    pub fn affects_any(self, nodes: Nodes, aimed: &[Node], leading: &Leading) -> bool {
        let links = self.links(nodes, aimed);
        let cut_from = |leader: Node, quorum: Node| {
            leader != quorum
                && Link::both_ways(leader, quorum)
                    .iter()
                    .any(|link| links.contains(link))
        };
        let fenced = |leader: &Node| {
            leading
                .quorum
                .is_some_and(|quorum| cut_from(*leader, quorum))
        };
        let leaders = leading.partitions.iter().chain(&leading.quorum);
        leaders
            .clone()
            .any(|leader| self.affects(nodes, aimed, *leader))
            || leading.partitions.iter().any(fenced)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Kind, UnknownWord> {
        let found = Kind::ALL.into_iter().find(|kind| kind.name() == word);
        found.ok_or_else(|| UnknownWord {
            word: word.to_owned(),
        })
    }
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Class::Network => "network",
            Class::Process => "process",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_leader_is_affected_by_rule() {
        let [n1, n2, n3] = [0, 1, 2].map(|at| Node::from_index(at).expect("a node"));
        assert!(Kind::Pause.affects(Nodes::THREE, &[n1], n1));
        assert!(Kind::Mute.affects(Nodes::THREE, &[n1], n1));
        assert!(!Kind::Mute.affects(Nodes::THREE, &[n2], n1));
        assert!(!Kind::CutLink.affects(Nodes::THREE, &[n1, n2], n1));
        assert!(!Kind::CutClients.affects(Nodes::THREE, &[n1], n1));
        assert!(Kind::RollingRestart.affects(Nodes::THREE, &[n1, n2, n3], n3));
    }

    #[test]
    fn a_partition_and_the_quorum_may_have_different_leaders() {
        let [n1, n2, n3] = [0, 1, 2].map(|at| Node::from_index(at).expect("a node"));
        let leading = Leading {
            partitions: vec![n1],
            quorum: Some(n2),
        };
        assert!(Kind::Pause.affects_any(Nodes::THREE, &[n2], &leading));
        assert!(Kind::CutLinkOneWay.affects_any(Nodes::THREE, &[n2, n1], &leading));
        assert!(!Kind::CutLink.affects_any(Nodes::THREE, &[n1, n3], &leading));
        assert!(!Kind::CutLink.affects_any(Nodes::THREE, &[n2, n3], &leading));
        assert!(!Kind::Isolate.affects_any(Nodes::THREE, &[n3], &leading));
        let one = Leading {
            partitions: vec![n1],
            quorum: Some(n1),
        };
        assert!(!Kind::CutLink.affects_any(Nodes::THREE, &[n1, n2], &one));
    }

    fn splits(count: usize, role: Role, leader: Option<Node>) -> BTreeSet<Vec<Node>> {
        let nodes = Nodes::new(count).expect("possible");
        let aim = |value| Kind::Halves.aim(role, nodes, Draw::new(value), leader);
        let sorted = |mut side: Vec<Node>| {
            side.sort();
            side
        };
        (0..10_000).filter_map(aim).map(sorted).collect()
    }

    #[test]
    fn halves_are_every_split() {
        let leader = Node::from_index(0);
        for (count, sides) in [
            (1, 0),
            (2, 2),
            (3, 3),
            (4, 4 + 6),
            (5, 5 + 10),
            (7, 7 + 21 + 35),
        ] {
            assert_eq!(splits(count, Role::Any, None).len(), sides, "{count}");
        }
        // Alone, or with one of the four followers.
        let of_leader = splits(5, Role::Leader, leader);
        assert_eq!(of_leader.len(), 1 + 4);
        assert!(
            of_leader
                .iter()
                .all(|side| side.contains(&leader.expect("n1")))
        );
        let of_follower = splits(5, Role::Follower, leader);
        assert_eq!(of_follower.len(), 4 + 6);
        assert!(
            !of_follower
                .iter()
                .any(|side| side.contains(&leader.expect("n1")))
        );
    }

    #[test]
    fn a_cluster_of_one_has_nothing_to_cut_from() {
        let one = Nodes::new(1).expect("possible");
        let leader = Node::from_index(0);
        for kind in Kind::ALL {
            for role in kind.roles() {
                let aimed = kind.aim(*role, one, Draw::new(5), leader);
                let possible = match role {
                    Role::Leader | Role::Any | Role::Majority | Role::All => {
                        kind.class() == Class::Process || kind == Kind::CutClients
                    }
                    _ => false,
                };
                assert_eq!(aimed.is_some(), possible, "{kind} at {role}");
            }
        }
    }

    #[test]
    fn json_uses_the_same_names() {
        for kind in Kind::ALL {
            let json = serde_json::to_string(&kind).expect("plain data");
            assert_eq!(json, format!("{:?}", kind.name()));
        }
    }
}
