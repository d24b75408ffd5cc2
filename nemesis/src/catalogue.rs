//! Every kind of fault that exists: its name, its class, what it does, what it needs, and at which
//! roles it can be aimed. A kind with a role is what a plan draws; which nodes that means is found
//! out when it begins.

mod selection;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use selection::{Selection, UnknownWord};

use crate::network::partition;
use crate::node::{Link, Node};
use crate::target::{Leading, Role};

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A node is cut from both others.
    Isolate,
    /// Two nodes are cut from each other.
    CutLink,
    /// One direction between two nodes.
    CutLinkOneWay,
    /// A node hears nothing from the others.
    Deaf,
    /// A node's words reach no other.
    Mute,
    /// A node on one side, the others and all clients on the other.
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

    /// The links that it cuts, for nodes in the order in which a role names them.
    pub fn links(self, nodes: &[Node]) -> Vec<Link> {
        match (self, nodes) {
            (Kind::Isolate, [node]) => partition::isolate(*node),
            (Kind::CutLink, [one, other]) => partition::link(*one, *other),
            (Kind::CutLinkOneWay, [from, to]) => partition::link_one_way(*from, *to),
            (Kind::Deaf, [node]) => partition::deaf(*node),
            (Kind::Mute, [node]) => partition::mute(*node),
            (Kind::Halves, [node]) => partition::halves(*node),
            (Kind::CutClients, [node]) => partition::clients(*node),
            _ => Vec::new(),
        }
    }

    /// Whether a fault of this kind at these nodes affects this leader: it is paused, killed, or
    /// cut from *both* others in some direction. A leader that keeps one follower keeps its
    /// majority.
    pub fn affects(self, nodes: &[Node], leader: Node) -> bool {
        match self.class() {
            Class::Process => nodes.contains(&leader),
            Class::Network => partition::separates(&self.links(nodes), leader),
        }
    }

    /// Whether it affects anybody who leads: a partition's leader or the quorum's; and a partition's
    /// leader also when it is cut from the quorum's, because that one fences whom it does not hear
    /// (seen on Apache Kafka 4.4: the leader is replaced though it still has a healthy follower).
    pub fn affects_any(self, nodes: &[Node], leading: &Leading) -> bool {
        let links = self.links(nodes);
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
        leaders.clone().any(|leader| self.affects(nodes, *leader))
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
    use super::*;

    #[test]
    fn the_leader_is_affected_by_rule() {
        let [n1, n2, n3] = Node::ALL;
        assert!(Kind::Pause.affects(&[n1], n1));
        assert!(Kind::Mute.affects(&[n1], n1));
        assert!(!Kind::Mute.affects(&[n2], n1));
        assert!(!Kind::CutLink.affects(&[n1, n2], n1));
        assert!(!Kind::CutClients.affects(&[n1], n1));
        assert!(Kind::RollingRestart.affects(&[n1, n2, n3], n3));
    }

    #[test]
    fn a_partition_and_the_quorum_may_have_different_leaders() {
        let [n1, n2, n3] = Node::ALL;
        let leading = Leading {
            partitions: vec![n1],
            quorum: Some(n2),
        };
        assert!(Kind::Pause.affects_any(&[n2], &leading));
        assert!(Kind::CutLinkOneWay.affects_any(&[n2, n1], &leading));
        assert!(!Kind::CutLink.affects_any(&[n1, n3], &leading));
        assert!(!Kind::CutLink.affects_any(&[n2, n3], &leading));
        assert!(!Kind::Isolate.affects_any(&[n3], &leading));
        let one = Leading {
            partitions: vec![n1],
            quorum: Some(n1),
        };
        assert!(!Kind::CutLink.affects_any(&[n1, n2], &one));
    }

    #[test]
    fn json_uses_the_same_names() {
        for kind in Kind::ALL {
            let json = serde_json::to_string(&kind).expect("plain data");
            assert_eq!(json, format!("{:?}", kind.name()));
        }
    }
}
