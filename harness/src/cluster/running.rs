//! A running cluster: found through its bootstrap addresses, and not changed by the harness.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result};
use nemesis::Nodes;

use crate::config::target::{RunningCluster, RunningNode};
use crate::exit::Stop;
use crate::kafka::questions;
use crate::kafka::wire::Wire;

/// The time within which one address must answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Asks the bootstrap addresses in turn for the brokers. Ordered by id they are n1, n2 and so on.
///
/// # Errors
/// If no address answers (exit code 254), or there are too many brokers.
pub fn discover(bootstrap: &[String]) -> Result<RunningCluster> {
    let mut last = None;
    for word in bootstrap {
        match ask(word) {
            Ok(nodes) => match Nodes::new(nodes.len()) {
                Ok(count) => return Ok(RunningCluster { count, nodes }),
                Err(error) => {
                    let found = nodes.len();
                    return Err(Stop::usage(format!(
                        "{word} names {found} brokers: {error}"
                    )));
                }
            },
            Err(error) => last = Some(format!("{word}: {error:#}")),
        }
    }
    Err(Stop::usage(format!(
        "no cluster answers at {}: {}",
        bootstrap.join(","),
        last.unwrap_or_default()
    )))
}

fn ask(word: &str) -> Result<Vec<RunningNode>> {
    let mut wire = Wire::new(resolve(word)?, ANSWER);
    let mut nodes = Vec::new();
    for (id, host, port) in questions::brokers(&mut wire)? {
        let address = resolve(&format!("{host}:{port}"))?;
        nodes.push(RunningNode { id, address });
    }
    nodes.sort_by_key(|node| node.id);
    Ok(nodes)
}

fn resolve(word: &str) -> Result<SocketAddr> {
    let found = word.to_socket_addrs();
    let mut found = found.with_context(|| format!("look up {word}"))?;
    found
        .next()
        .with_context(|| format!("{word} has no address"))
}
