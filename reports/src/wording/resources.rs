//! Sentences for findings about memory and descriptors of a node's process.

use checkers::verdict::{Evidence, Finding};

use super::Words;
use super::authorities::LIMIT;
use crate::format::{group, length_ms, memory, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let Finding::ResourceGrowth {
        node,
        resource,
        from,
        to,
        highest,
        limit,
    } = finding
    else {
        return None;
    };
    let took = at
        .window
        .map(|(from, to)| format!(" within {}", length_ms(to.saturating_sub(from) / 1_000_000)))
        .unwrap_or_default();
    let (node, what) = (untrusted(node), word(resource));
    let [from, to, highest, limit] =
        [from, to, highest, limit].map(|value| amount(resource, *value));
    let words = Words::of(
        "Resource grows",
        "A node's memory and descriptors stay bounded, whatever its peers do.",
        LIMIT,
    );
    Some(
        words
            .seen(format!(
                "The {what} of {node} grew in steps from {from} to {to}{took}, and peaked at {highest}."
            ))
            .therefore(format!(
                "The limit is {limit} of growth. Growth in steps while a peer does not answer \
                 means that data is queued for it without a bound, until the kernel ends the \
                 process."
            ))
            .detail(format!(
                "{node} {what} {from} to {highest}, limit {limit} of growth"
            )),
    )
}

fn word(resource: &str) -> String {
    match resource {
        "resident_bytes" => "resident memory".to_string(),
        "descriptors" => "number of open descriptors".to_string(),
        other => untrusted(other),
    }
}

fn amount(resource: &str, value: u64) -> String {
    if resource.ends_with("_bytes") {
        memory(value)
    } else {
        group(value)
    }
}
