//! The first line of a history: what ran, its promises, its limits, and its plants.

use checkers::history::{Header, NodeEntry, Promises};
use nemesis::{Environment, Node};

use crate::config::plants::Plants;
use crate::config::target::Target;

/// The header of a history of this target. `promises` are those of the target and of the workload's clients.
pub fn header(
    (run, scenario): (&str, &str),
    target: &Target,
    promises: Promises,
    plants: &Plants,
    environment: &Environment,
) -> Header {
    let entry = |node: Node| NodeEntry {
        name: node.to_string(),
        address: target.address(environment, node).to_string(),
    };
    Header {
        format: Header::FORMAT.into(),
        version: Header::VERSION,
        run: run.to_owned(),
        scenario: scenario.to_owned(),
        target: target.name.clone(),
        nodes: target.nodes.into_iter().map(entry).collect(),
        promises,
        limits: target.limits.clone(),
        plants: plants.words(),
        sealed: false,
    }
}
