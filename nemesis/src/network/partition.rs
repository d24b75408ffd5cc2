//! Which links each kind of cut takes. Pure: from nodes to links.
//!
//! These are *packet* cuts. Measured over established connections with 100 messages a second and
//! one direction cut for 2.5 s: data in that direction stopped at once, data in the other after 0.6
//! s and 60 messages (its acknowledgements were lost, until the congestion window was full), and
//! both went on 1.0 s after the heal, with the next retransmission. So one direction differs from
//! both only in the first moments.

use crate::node::{End, Link, Node};

/// The node and the other two cannot reach each other. Clients still reach it: the split is between
/// the nodes.
pub fn isolate(node: Node) -> Vec<Link> {
    node.others()
        .into_iter()
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

/// The node hears nothing from the others.
pub fn deaf(node: Node) -> Vec<Link> {
    node.others()
        .into_iter()
        .map(|other| Link::new(other, node))
        .collect()
}

/// The others hear nothing from the node.
pub fn mute(node: Node) -> Vec<Link> {
    node.others()
        .into_iter()
        .map(|other| Link::new(node, other))
        .collect()
}

/// The cluster falls in two: the node on one side, the others and all clients on the other.
pub fn halves(minority: Node) -> Vec<Link> {
    let mut links = isolate(minority);
    links.extend(clients(minority));
    links
}

/// The node and the clients cannot reach each other; the nodes can.
pub fn clients(node: Node) -> Vec<Link> {
    Link::both_ways(node, End::Clients).to_vec()
}

/// Whether these cuts separate the node from *both* others, in some direction each.
pub fn separates(links: &[Link], node: Node) -> bool {
    node.others().into_iter().all(|other| {
        Link::both_ways(node, other)
            .iter()
            .any(|link| links.contains(link))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(links: Vec<Link>) -> Vec<String> {
        links.iter().map(Link::to_string).collect()
    }

    #[test]
    fn each_cut_takes_its_links() {
        let [n1, n2, n3] = Node::ALL;
        assert_eq!(named(isolate(n2)), ["n2->n1", "n1->n2", "n2->n3", "n3->n2"]);
        assert_eq!(named(link(n1, n3)), ["n1->n3", "n3->n1"]);
        assert_eq!(named(link_one_way(n3, n1)), ["n3->n1"]);
        assert_eq!(named(deaf(n1)), ["n2->n1", "n3->n1"]);
        assert_eq!(named(mute(n1)), ["n1->n2", "n1->n3"]);
        assert_eq!(named(clients(n3)), ["n3->clients", "clients->n3"]);
        assert_eq!(halves(n2).len(), 6);
    }

    #[test]
    fn only_a_cut_from_both_others_separates() {
        let [n1, n2, n3] = Node::ALL;
        for links in [isolate(n1), deaf(n1), mute(n1), halves(n1)] {
            assert!(separates(&links, n1));
            assert!(!separates(&links, n2));
        }
        assert!(!separates(&link(n1, n2), n1));
        assert!(!separates(&clients(n3), n3));
    }
}
