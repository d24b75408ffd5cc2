//! The kinds that cut messages: A's messages vanish, its acknowledgements and all that it hears pass. A row for each.
//!
//! Over TCP what is lost is not gone: a connection that lives sends it again after the heal, in order. Where messages
//! must be lost for good, connections that lost one are reset (`message-cut-reset`).

use crate::catalogue::DivertedFault;
use crate::fault::{Fault, FaultError};
use crate::kind::{Class, FaultKind};
use crate::link::{End, Link};
use crate::network::partition;
use crate::node::{Node, Nodes};
use crate::site::Site;
use crate::target::{Draw, Role};
use crate::wire::Treatment;

use super::roles::{ONE_NODE, ONE_OR_TWO};

/// A kind that cuts messages.
pub(super) struct MessageCutKind {
    name: &'static str,
    description: &'static str,
    roles: &'static [Role],
    links: fn(Nodes, &[Node]) -> Vec<Link>,
    reset: bool,
    /// Whether the aimed node is left without a majority.
    takes_majority: bool,
}

pub(super) static MESSAGE_CUT: MessageCutKind = MessageCutKind {
    name: "message-cut",
    description: "messages between a node and all others vanish, or those of one direction between two nodes; TCP acknowledges on",
    roles: ONE_OR_TWO,
    links: partition::between,
    reset: false,
    takes_majority: true,
};

pub(super) static MESSAGE_CUT_RESET: MessageCutKind = MessageCutKind {
    name: "message-cut-reset",
    description: "the same, and connections that lost a message are reset at the end: the messages never arrive",
    roles: ONE_OR_TWO,
    links: partition::between,
    reset: true,
    takes_majority: true,
};

pub(super) static MESSAGE_DEAF: MessageCutKind = MessageCutKind {
    name: "message-deaf",
    description: "messages to a node from all others vanish; the others still hear it",
    roles: ONE_NODE,
    links: |nodes, aimed| of_one(aimed, |node| partition::deaf(nodes, node)),
    reset: false,
    takes_majority: true,
};

pub(super) static MESSAGE_MUTE: MessageCutKind = MessageCutKind {
    name: "message-mute",
    description: "messages from a node to all others vanish; it still hears them",
    roles: ONE_NODE,
    links: |nodes, aimed| of_one(aimed, |node| partition::mute(nodes, node)),
    reset: false,
    takes_majority: true,
};

pub(super) static MESSAGE_CUT_REQUESTS: MessageCutKind = MessageCutKind {
    name: "message-cut-requests",
    description: "requests of clients to a node vanish; nodes reach each other",
    roles: ONE_NODE,
    links: |_, aimed| of_one(aimed, |node| vec![Link::new(End::Clients, node)]),
    reset: false,
    takes_majority: false,
};

pub(super) static MESSAGE_CUT_ANSWERS: MessageCutKind = MessageCutKind {
    name: "message-cut-answers",
    description: "a node executes the requests of clients, and its answers vanish",
    roles: ONE_NODE,
    links: |_, aimed| of_one(aimed, |node| vec![Link::new(node, End::Clients)]),
    reset: false,
    takes_majority: false,
};

fn of_one(aimed: &[Node], links: impl Fn(Node) -> Vec<Link>) -> Vec<Link> {
    aimed.iter().flat_map(|node| links(*node)).collect()
}

impl FaultKind for MessageCutKind {
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
        let treatment = Treatment::MessageCut { reset: self.reset };
        DivertedFault::on(site, self.links(site.nodes(), aimed), treatment)
    }

    fn aim(
        &self,
        role: Role,
        nodes: Nodes,
        mut draw: Draw,
        leader: Option<Node>,
    ) -> Option<Vec<Node>> {
        let aimed = role.resolve(nodes, &mut draw, leader)?;
        (!self.links(nodes, &aimed).is_empty()).then_some(aimed)
    }

    fn links(&self, nodes: Nodes, aimed: &[Node]) -> Vec<Link> {
        (self.links)(nodes, aimed)
    }

    fn always_affects_leader(&self, role: Role) -> bool {
        self.takes_majority && role == Role::Leader
    }
}
