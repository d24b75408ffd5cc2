//! Nodes by their places: the names under which they stand in a history, and their places by their addresses.

use std::net::SocketAddr;

use checkers::history::Text;

/// The name of the node at a place, which is counted from 0.
pub fn name(place: usize) -> Text {
    format!("n{}", place + 1).into()
}

/// The place of the node that has this address; none if it is nobody's.
pub fn place(nodes: &[SocketAddr], address: &SocketAddr) -> Option<usize> {
    nodes.iter().position(|node| node == address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_that_of_the_address() {
        let nodes = ["10.77.0.1:9092", "10.77.0.2:9092"].map(|at| at.parse().expect("an address"));
        let second = place(&nodes, &nodes[1]).expect("known");
        assert_eq!(&*name(second), "n2");
        let stranger = "10.77.0.9:9092".parse().expect("an address");
        assert_eq!(place(&nodes, &stranger), None);
    }
}
