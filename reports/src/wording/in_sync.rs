//! Sentences for findings about replicas that are not in sync, and ids that change.

use checkers::verdict::{Evidence, Finding};

use super::authorities::{ACKS, KAFKA, LIMIT};
use super::{Words, against, exceeded, listed, partition};
use crate::format::{count, length_ms, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let place = partition(at);
    Some(match finding {
        Finding::ReplicasOutOfSync {
            node,
            in_sync,
            stranger: Some(stranger),
            ..
        } => Words::of(
            "In sync, and no replica",
            "Only a replica of a partition can be in sync with it.",
            KAFKA,
        )
        .seen(format!(
            "{} called {} in sync with {place}, and {stranger} is no replica of it.",
            untrusted(node),
            listed(in_sync)
        ))
        .therefore("No fault explains that."),
        Finding::ReplicasOutOfSync {
            node,
            replicas,
            in_sync,
            length_ms: took,
            limit_ms: limit,
            ..
        } => {
            let words = Words::of(
                "Replica out of sync",
                "After the last heal every replica comes back into the in-sync set.",
                LIMIT,
            )
            .seen(format!(
                "For {} without a fault, {} named as in sync with {place}: {}. The partition has {}.",
                length_ms(took.unwrap_or(0)),
                untrusted(node),
                listed(in_sync),
                count(*replicas, "replicas")
            ))
            .therefore(exceeded(limit.unwrap_or(0), "No node was paused, cut off or stopped"));
            match took.zip(*limit) {
                Some((took, limit)) => words.detail(against(took, limit)),
                None => words,
            }
        }
        Finding::AcknowledgedBelowMinimum {
            value,
            in_sync,
            minimum,
        } => Words::of(
            "Acknowledged with too few in sync",
            "With acks=all nothing is acknowledged while fewer replicas than min.insync.replicas are in sync.",
            ACKS,
        )
        .seen(format!(
            "Record {} of {place} was acknowledged. Before and after, most nodes said that {in_sync} replicas were in \
             sync, and min.insync.replicas is {minimum}.",
            untrusted(value)
        ))
        .therefore("The producer asked for an error in this state, so that it does not rely on too few copies."),
        Finding::IdentityDiffers {
            node,
            what,
            id,
            before,
            before_by,
        } => Words::of(
            "Another identity",
            "The id of a cluster, and that of a topic, never changes.",
            "Kafka protocol: Metadata; KIP-516: topic ids",
        )
        .seen(format!(
            "{} stated the id {} for the {}. {} had stated {}.",
            untrusted(node),
            untrusted(id),
            untrusted(what),
            untrusted(before_by),
            untrusted(before)
        ))
        .therefore("Nobody had made it anew."),
        _ => return None,
    })
}
