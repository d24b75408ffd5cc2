//! What has an address in a cluster's network, and the one-way links between two of these ends.

use std::fmt;

use crate::node::{Node, Nodes};

/// One end of a link: a node, or the harness's own side where all clients and probes sit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// A node.
    Node(Node),
    /// The harness's side.
    Clients,
}

impl End {
    /// Every end of a cluster's network: its nodes in order, then the clients.
    pub fn all(nodes: Nodes) -> impl Iterator<Item = End> + Clone {
        let nodes = nodes.into_iter().map(End::Node);
        nodes.chain(std::iter::once(End::Clients))
    }

    /// The position in [`End::all`].
    pub fn position(self, nodes: Nodes) -> usize {
        match self {
            End::Node(node) => node.index(),
            End::Clients => nodes.count(),
        }
    }
}

impl From<Node> for End {
    fn from(node: Node) -> End {
        End::Node(node)
    }
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Node(node) => node.fmt(formatter),
            End::Clients => formatter.write_str("clients"),
        }
    }
}

/// A one-way link: packets from `from` to `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link {
    /// The sender.
    pub from: End,
    /// The receiver.
    pub to: End,
}

impl Link {
    /// The link from one end to another.
    pub fn new(from: impl Into<End>, to: impl Into<End>) -> Link {
        Link {
            from: from.into(),
            to: to.into(),
        }
    }

    /// Both directions between two ends.
    pub fn both_ways(one: impl Into<End>, other: impl Into<End>) -> [Link; 2] {
        let (one, other) = (one.into(), other.into());
        [
            Link {
                from: one,
                to: other,
            },
            Link {
                from: other,
                to: one,
            },
        ]
    }

    /// Every link between two different ends of a cluster's network.
    pub fn all(nodes: Nodes) -> Vec<Link> {
        End::all(nodes)
            .flat_map(|from| End::all(nodes).map(move |to| Link { from, to }))
            .filter(|link| link.from != link.to)
            .collect()
    }

    /// The link as a history writes it.
    pub fn named(self) -> checkers::history::Link {
        (self.from.to_string(), self.to.to_string())
    }
}

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}->{}", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_ends_has_two_links() {
        for (count, links) in [(1, 2), (3, 12), (5, 30)] {
            let nodes = Nodes::new(count).expect("possible");
            assert_eq!(Link::all(nodes).len(), links);
            for (at, end) in End::all(nodes).enumerate() {
                assert_eq!(end.position(nodes), at);
            }
        }
    }
}
