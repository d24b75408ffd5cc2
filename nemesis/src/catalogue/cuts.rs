//! The kinds that cut links: one row for each. Its links are a function in
//! [`partition`](crate::network::partition); a cut that is new is such a function and a row here.
//!
//! The descriptions say *packet cut* because that is what they are: over an established connection
//! the cut of one direction soon stops the other too, because acknowledgements are packets. Messages alone are cut
//! by `message_cuts`.

use crate::catalogue::CutFault;
use crate::fault::{Fault, FaultError};
use crate::kind::{Class, FaultKind};
use crate::link::Link;
use crate::network::{Cut, partition};
use crate::node::{Node, Nodes};
use crate::site::Site;
use crate::target::{Draw, Role};

use super::roles::{ONE_NODE, TWO_NODES};

/// A kind that cuts links.
pub(super) struct CutKind {
    name: &'static str,
    description: &'static str,
    roles: &'static [Role],
    links: fn(Nodes, &[Node]) -> Vec<Link>,
    /// Whether the first of the aimed nodes brings others to its side.
    splits: bool,
    /// Whether the aimed node is left without a majority.
    takes_majority: bool,
}

/// The aimed nodes, each with what a function of one node cuts.
macro_rules! of_one {
    ($cut:path) => {
        |nodes, aimed| aimed.iter().flat_map(|node| $cut(nodes, *node)).collect()
    };
}

pub(super) static ISOLATE: CutKind = CutKind {
    name: "isolate",
    description: "packet cut between a node and all others; clients still reach it",
    roles: ONE_NODE,
    links: of_one!(partition::isolate),
    splits: false,
    takes_majority: true,
};

pub(super) static CUT_LINK: CutKind = CutKind {
    name: "cut-link",
    description: "packet cut between two nodes, both directions",
    roles: TWO_NODES,
    links: |_, aimed| of_two(aimed, partition::link),
    splits: false,
    takes_majority: false,
};

pub(super) static CUT_LINK_ONE_WAY: CutKind = CutKind {
    name: "cut-link-one-way",
    description: "packet cut between two nodes, one direction",
    roles: TWO_NODES,
    links: |_, aimed| of_two(aimed, partition::link_one_way),
    splits: false,
    takes_majority: false,
};

pub(super) static DEAF: CutKind = CutKind {
    name: "deaf",
    description: "packet cut from all others to a node: it hears nothing from them",
    roles: ONE_NODE,
    links: of_one!(partition::deaf),
    splits: false,
    takes_majority: true,
};

pub(super) static MUTE: CutKind = CutKind {
    name: "mute",
    description: "packet cut from a node to all others: they hear nothing from it",
    roles: ONE_NODE,
    links: of_one!(partition::mute),
    splits: false,
    takes_majority: true,
};

pub(super) static HALVES: CutKind = CutKind {
    name: "halves",
    description: "packet cut between a node, with at most half of the cluster, and everything else, clients included",
    roles: ONE_NODE,
    links: partition::halves,
    splits: true,
    takes_majority: true,
};

pub(super) static CUT_CLIENTS: CutKind = CutKind {
    name: "cut-clients",
    description: "packet cut between a node and all clients; nodes reach each other",
    roles: ONE_NODE,
    links: of_one!(of_clients),
    splits: false,
    takes_majority: false,
};

fn of_clients(_: Nodes, node: Node) -> Vec<Link> {
    partition::clients(node)
}

fn of_two(aimed: &[Node], cut: fn(Node, Node) -> Vec<Link>) -> Vec<Link> {
    match aimed {
        [one, other] => cut(*one, *other),
        _ => Vec::new(),
    }
}

/// Brings others to the side of the aimed node, so that any split can be drawn: the side without
/// clients is at most half of the nodes. At a follower, the leader stays on the other side.
fn join_side(
    aimed: &mut Vec<Node>,
    role: Role,
    nodes: Nodes,
    draw: &mut Draw,
    leader: Option<Node>,
) -> Option<()> {
    let size = 1 + draw.pick(nodes.count() / 2)?;
    let stays = leader.filter(|_| role == Role::Follower);
    let can_join = |node: &Node| !aimed.contains(node) && Some(*node) != stays;
    let mut rest: Vec<Node> = nodes.into_iter().filter(can_join).collect();
    while aimed.len() < size {
        aimed.push(draw.take(&mut rest)?);
    }
    Some(())
}

impl FaultKind for CutKind {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.description
    }

    fn class(&self) -> Class {
        Class::Network
    }

    fn roles(&self) -> &'static [Role] {
        self.roles
    }

    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        let network = site.environment.network();
        let network = network.ok_or(FaultError::NeedsNetwork)?.clone();
        let cut = Cut::new(network, self.links(site.nodes(), aimed));
        Ok(Box::new(CutFault::new(cut)))
    }

    fn aim(
        &self,
        role: Role,
        nodes: Nodes,
        mut draw: Draw,
        leader: Option<Node>,
    ) -> Option<Vec<Node>> {
        let mut aimed = role.resolve(nodes, &mut draw, leader)?;
        if self.splits {
            join_side(&mut aimed, role, nodes, &mut draw, leader)?;
        }
        // A node without others has nothing to be cut from.
        (!self.links(nodes, &aimed).is_empty()).then_some(aimed)
    }

    fn links(&self, nodes: Nodes, aimed: &[Node]) -> Vec<Link> {
        (self.links)(nodes, aimed)
    }

    fn always_affects_leader(&self, role: Role) -> bool {
        self.takes_majority && role == Role::Leader
    }
}
