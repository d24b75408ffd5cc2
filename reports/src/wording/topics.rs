//! Sentences for findings about topics.

use checkers::verdict::{Evidence, Finding};

use super::{Words, place};
use crate::format::{count, limit_ms, moment, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let topic = place(at);
    Some(match finding {
        Finding::TopicDiffers {
            node,
            seen,
            possible,
            change,
            acknowledged_at,
            refused,
            limit_ms: limit,
            ..
        } => Words::of(
            "Topic not as acknowledged",
            "Every node shows an acknowledged change of a topic within the limit.",
            "KIP-4; a limit of the target, see “Which rules applied” on the page",
        )
        .seen(format!(
            "The last change of topic {topic} ({}) was {} at {}. {}{} reported {}.",
            change_word(change),
            if *refused { "refused" } else { "acknowledged" },
            moment(*acknowledged_at),
            at.window
                .map(|(_, to)| format!("At {}, ", moment(to)))
                .unwrap_or_default(),
            untrusted(node),
            shape(*seen)
        ))
        .therefore(format!(
            "Possible at that time: {}, whether or not unanswered requests took effect. A node \
             may show an older state for at most {}.",
            shapes(possible),
            limit_ms(*limit)
        ))
        .detail(format!("{topic} on {}", untrusted(node))),
        Finding::TopicChangeImpossible {
            change,
            partitions,
            possible,
        } => Words::of(
            "Impossible change acknowledged",
            "A change of a topic is acknowledged only if the topic's state permits it.",
            "Kafka protocol: TOPIC_ALREADY_EXISTS, UNKNOWN_TOPIC_OR_PARTITION, INVALID_PARTITIONS",
        )
        .seen(format!(
            "A change of topic {topic} was acknowledged: {}{}.",
            change_word(change),
            partitions.map_or_else(String::new, |n| format!(" ({})", shape(Some(n))))
        ))
        .therefore(format!(
            "Possible before the request: {}. The request should have been rejected.",
            shapes(possible)
        )),
        _ => return None,
    })
}

fn change_word(change: &str) -> String {
    match change {
        "create-topic" => "create".to_string(),
        "delete-topic" => "delete".to_string(),
        "grow-topic" => "add partitions".to_string(),
        other => untrusted(other),
    }
}

fn shape(partitions: Option<i32>) -> String {
    partitions.map_or_else(
        || "no such topic".to_string(),
        |partitions| count(u64::try_from(partitions).unwrap_or(0), "partitions"),
    )
}

fn shapes(possible: &[Option<i32>]) -> String {
    let shapes: Vec<String> = possible.iter().map(|state| shape(*state)).collect();
    shapes.join(" or ")
}
