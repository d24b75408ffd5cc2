//! Ports on loopback, where others may listen too.

use std::net::{IpAddr, SocketAddr};

use anyhow::Result;
use nemesis::Environment;

use crate::config::target::Target;
use crate::exit::Stop;

/// Whether every port of the target can be bound where the nodes will run. On loopback something else may hold one, and a
/// node that cannot start beside a stranger that answers in its place would be judged as one cluster.
///
/// # Errors
/// If a port is taken; the message names address and port.
pub(super) fn are_free(environment: &Environment, target: &Target) -> Result<()> {
    if environment.network().is_some() {
        // In their own namespaces nobody else can listen.
        return Ok(());
    }
    for node in target.nodes {
        for (name, port) in &target.ports {
            let address = SocketAddr::new(IpAddr::V4(environment.address(node)), *port);
            std::net::TcpListener::bind(address).map_err(|error| {
                Stop::machine(format!(
                    "{node}: port `{name}` at {address}: {error}; end what listens there, or choose other [ports] \
                     in a target file"
                ))
            })?;
        }
    }
    Ok(())
}
