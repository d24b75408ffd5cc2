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

/// The place of the coordinator that an answer names by id and address. librdkafka knows brokers by their ids, so the id
/// decides: an answer with the id of one node and the address of another misleads it. Who has an unknown id is told by the
/// address.
pub fn coordinator(
    nodes: &[SocketAddr],
    ids: &[i32],
    (id, address): &(i32, SocketAddr),
) -> Option<usize> {
    let by_id = ids.iter().position(|known| known == id);
    by_id.or_else(|| place(nodes, address))
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
        let named = |id, address| coordinator(&nodes, &[1, 2], &(id, address));
        assert_eq!(named(1, nodes[1]), Some(0), "the id decides");
        assert_eq!(named(7, nodes[1]), Some(1));
        assert_eq!(named(7, stranger), None);
    }
}
