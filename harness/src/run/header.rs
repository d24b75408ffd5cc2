//! The first line of a scenario's history: what ran, what it promises, what it is held to, and what is planted in it.

use checkers::history::{Header, NodeEntry};
use nemesis::{Environment, Node};

use super::Setup;
use crate::workloads::WorkloadKind;

/// The header of a scenario that is about to run.
pub(super) fn of(setup: &Setup, environment: &Environment) -> Header {
    let entry = |node: Node| NodeEntry {
        name: node.to_string(),
        address: setup.target.address(environment, node).to_string(),
    };
    let mut promises = setup.target.promises.clone();
    promises.idempotent = setup.workload == WorkloadKind::Idempotent;
    Header {
        format: Header::FORMAT.into(),
        version: Header::VERSION,
        run: setup.run.clone(),
        scenario: setup.name.clone(),
        target: setup.target.name.clone(),
        nodes: setup.target.nodes.into_iter().map(entry).collect(),
        promises,
        limits: setup.target.limits.clone(),
        plants: setup.plants.words(),
    }
}
