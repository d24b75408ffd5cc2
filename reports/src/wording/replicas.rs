//! Sentences for findings about nodes that have different records at the end.

use checkers::verdict::{Evidence, Finding, Held};

use super::authorities::{ACKS, LIMIT};
use super::{Words, at_offset, partition};
use crate::format::{count, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let place = partition(at);
    Some(match finding {
        Finding::ReplicasDiffer { offset, held } => Words::of(
            "Replicas differ",
            "All nodes have the same record at the same offset.",
            "Raft, log matching and state machine safety (figure 3)",
        )
        .seen(format!("At offset {offset} of {place}, {}.", each(held)))
        .therefore("Replicas of one log must have the same record at the same offset."),
        Finding::ReplicaMisses {
            node,
            value,
            offset,
            read_to,
        } => Words::of(
            "Replica misses a record",
            "A replica has every acknowledged record below its end.",
            ACKS,
        )
        .seen(format!(
            "{} was read up to offset {read_to} of {place} and does not have record {}, \
             acknowledged at offset {offset}.",
            untrusted(node),
            untrusted(value)
        ))
        .therefore("The replica is past that offset, so it will never get the record."),
        Finding::ReplicaBehind {
            node,
            read_to,
            farthest,
            missing,
        } => Words::of(
            "Replica left behind",
            "After the last heal every replica catches up.",
            LIMIT,
        )
        .seen(format!(
            "{} ends at offset {read_to} of {place}. Another node serves up to {farthest}. {0} \
             lacks {}.",
            untrusted(node),
            count(*missing, "acknowledged records")
        ))
        .therefore("The whole recovery after the last heal was not enough to catch up."),
        Finding::ServedBySome {
            value,
            offset,
            with,
            without,
        } => Words::of(
            "Served by some nodes only",
            "At the end every node serves every acknowledged record.",
            "Raft, log matching (figure 3)",
        )
        .seen(format!(
            "Record {} of {place}{} is served by {} but not by {}.",
            untrusted(value),
            at_offset(*offset),
            untrusted(&with.join(", ")),
            untrusted(&without.join(", "))
        ))
        .therefore("Whether a consumer gets the record depends on the node that it reads from."),
        _ => return None,
    })
}

fn each(held: &[Held]) -> String {
    let one = |h: &Held| {
        let value = h
            .value
            .as_ref()
            .map_or("no record".into(), |v| untrusted(v));
        format!("{} has {value}", untrusted(&h.node))
    };
    held.iter().map(one).collect::<Vec<_>>().join(", ")
}
