//! Where nodes answer: brokers to clients, and controllers by themselves.

use std::net::SocketAddr;

use nemesis::Node;

use super::Cluster;

impl Cluster {
    /// A node's Kafka address.
    pub fn address(&self, node: Node) -> SocketAddr {
        self.0.target.address(&self.0.environment, node)
    }

    /// All Kafka addresses, in order.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes()
            .into_iter()
            .map(|node| self.address(node))
            .collect()
    }

    /// `host:port,host:port,...`
    pub fn bootstrap(&self) -> String {
        let addresses: Vec<String> = self.addresses().iter().map(SocketAddr::to_string).collect();
        addresses.join(",")
    }

    /// Where a node's controller answers by itself; none if the target names no such port, or the harness did not start it.
    pub fn controller(&self, node: Node) -> Option<SocketAddr> {
        let target = &self.0.target;
        let port = target.ports.get(&target.leadership.controller)?;
        let address = self.address(node);
        (!target.runs_already()).then(|| SocketAddr::new(address.ip(), *port))
    }
}
