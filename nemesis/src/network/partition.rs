//! Which links each kind of cut takes. Pure: from nodes to links.
//!
//! These are *packet* cuts. Measured over established connections with 100 messages a second and
//! one direction cut for 2.5 s: data in that direction stopped at once, data in the other after 0.6
//! s and 60 messages (its acknowledgements were lost, until the congestion window was full), and
//! both went on 1.0 s after the heal, with the next retransmission. So one direction differs from
//! both only in the first moments.

use crate::link::{End, Link};
use crate::node::{Node, Nodes};

/// The node and the others cannot reach each other. Clients still reach it: the split is between
/// the nodes.
pub fn isolate(nodes: Nodes, node: Node) -> Vec<Link> {
    let others = nodes.others(node);
    others
        .flat_map(|other| Link::both_ways(node, other))
        .collect()
}

/// Both directions between two nodes.
pub fn link(one: Node, other: Node) -> Vec<Link> {
    Link::both_ways(one, other).to_vec()
}

/// One direction between two nodes.
pub fn link_one_way(from: Node, to: Node) -> Vec<Link> {
    vec![Link::new(from, to)]
}

/// One node and all others, both ways; of two nodes, what the first says to the second.
pub fn between(nodes: Nodes, aimed: &[Node]) -> Vec<Link> {
    match aimed {
        [one, other] => link_one_way(*one, *other),
        [node] => isolate(nodes, *node),
        _ => Vec::new(),
    }
}

/// The node hears nothing from the others.
pub fn deaf(nodes: Nodes, node: Node) -> Vec<Link> {
    let others = nodes.others(node);
    others.map(|other| Link::new(other, node)).collect()
}

/// The others hear nothing from the node.
pub fn mute(nodes: Nodes, node: Node) -> Vec<Link> {
    let others = nodes.others(node);
    others.map(|other| Link::new(node, other)).collect()
}

/// The cluster falls in two: these nodes on one side, the others and all clients on the other.
pub fn halves(nodes: Nodes, side: &[Node]) -> Vec<Link> {
    let across = side.iter().flat_map(|node| {
        let others = nodes.into_iter().filter(|other| !side.contains(other));
        others.flat_map(|other| Link::both_ways(*node, other))
    });
    across
        .chain(side.iter().flat_map(|node| clients(*node)))
        .collect()
}

/// The node and the clients cannot reach each other; the nodes can.
pub fn clients(node: Node) -> Vec<Link> {
    Link::both_ways(node, End::Clients).to_vec()
}

/// Whether these cuts leave the node without a majority: it and the nodes with which it can still
/// talk in both directions are too few.
pub fn takes_majority_from(nodes: Nodes, links: &[Link], node: Node) -> bool {
    let talks = |other: &Node| {
        let both = Link::both_ways(node, *other);
        !both.iter().any(|link| links.contains(link))
    };
    1 + nodes.others(node).filter(talks).count() < nodes.majority()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(links: Vec<Link>) -> Vec<String> {
        links.iter().map(Link::to_string).collect()
    }

    fn cluster<const COUNT: usize>() -> (Nodes, [Node; COUNT]) {
        let nodes = Nodes::new(COUNT).expect("possible");
        let all: Vec<Node> = nodes.into_iter().collect();
        (nodes, all.try_into().expect("as many"))
    }

    #[test]
    fn each_cut_takes_its_links() {
        let (three, [n1, n2, n3]) = cluster();
        let isolated = ["n2->n1", "n1->n2", "n2->n3", "n3->n2"];
        assert_eq!(named(isolate(three, n2)), isolated);
        assert_eq!(named(link(n1, n3)), ["n1->n3", "n3->n1"]);
        assert_eq!(named(link_one_way(n3, n1)), ["n3->n1"]);
        assert_eq!(named(deaf(three, n1)), ["n2->n1", "n3->n1"]);
        assert_eq!(named(mute(three, n1)), ["n1->n2", "n1->n3"]);
        assert_eq!(named(clients(n3)), ["n3->clients", "clients->n3"]);
        assert_eq!(halves(three, &[n2]).len(), 6);
    }

    #[test]
    fn five_nodes_fall_in_two_and_three() {
        let (five, [n1, n2, n3, n4, n5]) = cluster();
        let links = halves(five, &[n2, n5]);
        assert_eq!(links.len(), 2 * (2 * 3 + 2));
        assert!(!links.contains(&Link::new(n2, n5)));
        for node in [n1, n3, n4] {
            assert!(links.contains(&Link::new(node, n2)) && links.contains(&Link::new(n5, node)));
            assert!(!takes_majority_from(five, &links, node));
        }
        assert!(takes_majority_from(five, &links, n2) && takes_majority_from(five, &links, n5));
        assert_eq!((isolate(five, n1).len(), deaf(five, n1).len()), (8, 4));
    }

    #[test]
    fn only_a_cut_from_too_many_others_takes_the_majority() {
        let (three, [n1, n2, n3]) = cluster();
        let cuts = [
            isolate(three, n1),
            deaf(three, n1),
            mute(three, n1),
            halves(three, &[n1]),
        ];
        for links in cuts {
            assert!(takes_majority_from(three, &links, n1));
            assert!(!takes_majority_from(three, &links, n2));
        }
        assert!(!takes_majority_from(three, &link(n1, n2), n1));
        assert!(!takes_majority_from(three, &clients(n3), n3));
        let (two, [n1, n2]) = cluster();
        assert!(takes_majority_from(two, &link(n1, n2), n1));
    }
}
