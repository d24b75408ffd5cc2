//! The first line of a history: what ran, its promises, its limits, and its plants.

use checkers::history::{Header, NodeEntry, Promises, Timeouts};
use nemesis::{Environment, Node};

use crate::config::plants::Plants;
use crate::config::target::Target;

/// The header of a history of this target. `promises` are those of the target and of the workload's clients; `timeouts` are
/// what the workload's members and producers ask for.
pub fn header(
    (run, scenario): (&str, &str),
    target: &Target,
    (promises, timeouts): (Promises, Timeouts),
    plants: &Plants,
    environment: &Environment,
) -> Header {
    let entry = |node: Node| NodeEntry {
        name: node.to_string(),
        address: target.address(environment, node).to_string(),
    };
    let settings = target.topic_settings();
    let number = |name: &str| {
        let value = settings.iter().find(|(known, _)| known == name);
        value.and_then(|(_, value)| value.parse().ok())
    };
    // What a topic's settings let a broker remove explains a log start above 0. -1, as in Kafka, removes nothing.
    let promises = Promises {
        retention_ms: promises.retention_ms.or(number("retention.ms")),
        retention_bytes: promises.retention_bytes.or(number("retention.bytes")),
        ..promises
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
        timeouts,
        replicas: u32::try_from(target.replicas()).ok(),
        features: target.stated_features(),
        plants: plants.words(),
        sealed: false,
    }
}
