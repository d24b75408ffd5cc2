//! Ports on loopback, where other programs may listen too.

use std::net::{IpAddr, SocketAddr};

use anyhow::Result;
use nemesis::Environment;

use crate::config::target::Target;
use crate::exit::Stop;

/// Checks that every port of the target can be bound where the nodes will run. On loopback another program may use a
/// port. A node that cannot start, and a foreign program that answers in its place, would be judged as one cluster.
///
/// # Errors
/// If a port is taken. The message names address and port.
pub(super) fn are_free(environment: &Environment, target: &Target) -> Result<()> {
    // In a network namespace of their own no other program can listen, and a cluster that runs already has its ports.
    if environment.network().is_some() || target.runs_already() {
        return Ok(());
    }
    for node in target.nodes {
        for (name, port) in &target.ports {
            let address = SocketAddr::new(IpAddr::V4(environment.address(node)), *port);
            std::net::TcpListener::bind(address).map_err(|error| {
                Stop::machine(format!(
                    "{node}: port `{name}` at {address}: {error}; stop the program that listens \
                     there, or choose other [ports] in a target file"
                ))
            })?;
        }
    }
    Ok(())
}
