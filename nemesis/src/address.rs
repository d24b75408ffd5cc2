//! Where nodes are reached: their addresses in the private network, and those on loopback without
//! it. Every node has an address of its own, so all can use the same ports.

use std::net::Ipv4Addr;

use crate::link::End;
use crate::node::{Node, Nodes};

/// The harness's host number in the private network: behind those of the largest cluster.
const HARNESS_HOST: u8 = 100;

/// The address of an end in the private network: n1 10.77.0.1, n2 .2 and so on, the harness .100.
pub const fn private(end: End) -> Ipv4Addr {
    match end {
        End::Node(node) => Ipv4Addr::new(10, 77, 0, node.number()),
        End::Clients => Ipv4Addr::new(10, 77, 0, HARNESS_HOST),
    }
}

/// The address of a node without a private network: n1 127.0.0.1, n2 .2 and so on.
pub const fn loopback(node: Node) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, node.number())
}

/// The loopback addresses of a cluster in words: `127.0.0.1 to 127.0.0.3`.
pub fn loopback_range(nodes: Nodes) -> String {
    let first = Ipv4Addr::LOCALHOST;
    match nodes.into_iter().next_back() {
        Some(last) if nodes.count() > 1 => format!("{first} to {}", loopback(last)),
        _ => first.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_nodes_have_five_addresses() {
        let five = Nodes::new(5).expect("possible");
        let texts: Vec<String> = End::all(five).map(|end| private(end).to_string()).collect();
        let hosts = [1, 2, 3, 4, 5, 100].map(|host| format!("10.77.0.{host}"));
        assert_eq!(texts, hosts);
        assert_eq!(loopback_range(five), "127.0.0.1 to 127.0.0.5");
        assert_eq!(
            loopback_range(Nodes::new(1).expect("possible")),
            "127.0.0.1"
        );
    }
}
