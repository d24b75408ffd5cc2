//! The names of the three nodes and of the links between them. A node is an index in code, a name
//! in every output.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many nodes a cluster has. Three is the smallest number with a majority to lose and a
/// majority to keep.
pub const CLUSTER_SIZE: usize = 3;

/// One of the three nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(u8);

impl Node {
    /// All nodes, in order.
    pub const ALL: [Node; CLUSTER_SIZE] = [Node(0), Node(1), Node(2)];

    /// The node with this index, counted from 0.
    pub fn from_index(index: usize) -> Option<Node> {
        Node::ALL.get(index).copied()
    }

    /// The node with this name: `n1`, `n2`, `n3`.
    pub fn from_name(name: &str) -> Option<Node> {
        Node::ALL.into_iter().find(|node| node.to_string() == name)
    }

    /// Counted from 0.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The number in the name, counted from 1.
    pub const fn number(self) -> u8 {
        self.0 + 1
    }

    /// The other two nodes, in order.
    pub fn others(self) -> [Node; CLUSTER_SIZE - 1] {
        match self.0 {
            0 => [Node(1), Node(2)],
            1 => [Node(0), Node(2)],
            _ => [Node(0), Node(1)],
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "n{}", self.number())
    }
}

impl Serialize for Node {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        let name = String::deserialize(deserializer)?;
        Node::from_name(&name)
            .ok_or_else(|| serde::de::Error::custom(format!("no node is called {name:?}")))
    }
}

/// One end of a link: a node, or the harness's own side where all clients and probes sit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// A node.
    Node(Node),
    /// The harness's side.
    Clients,
}

impl End {
    /// Everything that has an address in the sandbox's network.
    pub const ALL: [End; CLUSTER_SIZE + 1] = [
        End::Node(Node(0)),
        End::Node(Node(1)),
        End::Node(Node(2)),
        End::Clients,
    ];

    /// Position in [`End::ALL`].
    pub fn index(self) -> usize {
        match self {
            End::Node(node) => node.index(),
            End::Clients => CLUSTER_SIZE,
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

    /// Every link between two different ends.
    pub fn all() -> Vec<Link> {
        End::ALL
            .into_iter()
            .flat_map(|from| End::ALL.into_iter().map(move |to| Link { from, to }))
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
    fn names_read_back() {
        for node in Node::ALL {
            assert_eq!(Node::from_name(&node.to_string()), Some(node));
            assert!(!node.others().contains(&node));
        }
        assert_eq!(Node::from_name("n4"), None);
    }

    #[test]
    fn four_ends_have_twelve_links() {
        assert_eq!(Link::all().len(), 12);
    }
}
