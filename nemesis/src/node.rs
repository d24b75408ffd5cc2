//! The nodes of a cluster: how many there are, and their names. A node is an index in code, a name
//! in every output.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One node of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(u8);

impl Node {
    /// The node with this index, counted from 0.
    pub fn from_index(index: usize) -> Option<Node> {
        let index = u8::try_from(index).ok()?;
        (index < Nodes::MAX).then_some(Node(index))
    }

    /// The node with this name: `n1` to `n9`. Whether a cluster has it is [`Nodes::contains`].
    pub fn from_name(name: &str) -> Option<Node> {
        let largest = Nodes(Nodes::MAX);
        largest.into_iter().find(|node| node.to_string() == name)
    }

    /// Counted from 0.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The number in the name, counted from 1.
    pub const fn number(self) -> u8 {
        self.0 + 1
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
            .ok_or_else(|| serde::de::Error::custom(format!("no node has the name {name:?}")))
    }
}

/// All nodes of a cluster: [`Nodes::MIN`] to [`Nodes::MAX`] of them, `n1` first. Three by default,
/// the smallest number with a majority to lose and a majority to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64")]
pub struct Nodes(u8);

/// A number of nodes that a cluster cannot have here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cluster of {0} nodes is not possible here; {min} to {max} are", min = Nodes::MIN, max = Nodes::MAX)]
pub struct WrongCount(pub u64);

impl Nodes {
    /// The smallest cluster.
    pub const MIN: u8 = 1;

    /// The largest cluster that is supported: nine, of which a majority is five.
    pub const MAX: u8 = 9;

    /// The usual cluster.
    pub const THREE: Nodes = Nodes(3);

    /// A cluster of this many nodes.
    ///
    /// # Errors
    /// If there are fewer than [`Nodes::MIN`] or more than [`Nodes::MAX`].
    pub fn new(count: usize) -> Result<Nodes, WrongCount> {
        Nodes::try_from(count as u64)
    }

    /// How many there are.
    pub const fn count(self) -> usize {
        self.0 as usize
    }

    /// Whether this cluster has the node.
    pub fn contains(self, node: Node) -> bool {
        node.0 < self.0
    }

    /// Every node but this one, in order.
    pub fn others(self, node: Node) -> impl DoubleEndedIterator<Item = Node> + Clone {
        self.into_iter().filter(move |other| *other != node)
    }

    /// How many nodes make a majority.
    pub const fn majority(self) -> usize {
        self.count() / 2 + 1
    }

    /// How many nodes a majority can spare: 0 in a cluster of one or two.
    pub const fn minority(self) -> usize {
        (self.count() - 1) / 2
    }

    /// The names, as a sentence lists them: `n1, n2 and n3`.
    pub fn names(self) -> String {
        let mut names: Vec<String> = self.into_iter().map(|node| node.to_string()).collect();
        match names.pop() {
            Some(last) if !names.is_empty() => format!("{} and {last}", names.join(", ")),
            last => last.unwrap_or_default(),
        }
    }
}

impl Default for Nodes {
    fn default() -> Nodes {
        Nodes::THREE
    }
}

impl TryFrom<u64> for Nodes {
    type Error = WrongCount;

    fn try_from(count: u64) -> Result<Nodes, WrongCount> {
        match u8::try_from(count) {
            Ok(few) if (Nodes::MIN..=Nodes::MAX).contains(&few) => Ok(Nodes(few)),
            _ => Err(WrongCount(count)),
        }
    }
}

impl IntoIterator for Nodes {
    type Item = Node;
    type IntoIter = std::iter::Map<std::ops::Range<u8>, fn(u8) -> Node>;

    fn into_iter(self) -> Self::IntoIter {
        (0..self.0).map(Node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        let nine = Nodes::new(9).expect("possible");
        for node in nine {
            assert_eq!(Node::from_name(&node.to_string()), Some(node));
            assert!(nine.others(node).all(|other| other != node));
            assert_eq!(nine.others(node).count(), 8);
        }
        assert_eq!(Node::from_name("n10"), None);
        assert_eq!(Nodes::THREE.names(), "n1, n2 and n3");
        assert_eq!(Nodes::new(1).expect("possible").names(), "n1");
    }

    #[test]
    fn majorities_and_what_they_spare() {
        let sizes = |count| {
            let nodes = Nodes::new(count).expect("possible");
            (nodes.majority(), nodes.minority())
        };
        let expected = [(1, 0), (2, 0), (2, 1), (3, 1), (3, 2), (4, 2), (4, 3)];
        assert_eq!((1..=7).map(sizes).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_number_outside_the_range_is_an_error_that_names_the_range() {
        for count in [0, 10, 300] {
            let error = Nodes::new(count).expect_err("not possible").to_string();
            assert!(error.contains("1 to 9"), "{error}");
        }
        let read: Result<Nodes, _> = serde_json::from_str("10");
        assert!(
            read.expect_err("not possible")
                .to_string()
                .contains("1 to 9")
        );
        assert_eq!(serde_json::to_string(&Nodes::THREE).expect("a number"), "3");
    }
}
