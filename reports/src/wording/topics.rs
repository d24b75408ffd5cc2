//! Sentences for findings about topics.

use checkers::verdict::{Evidence, Finding};

use super::{Account, place};
use crate::format::{count, limit_ms, moment, untrusted};

/// The account of a finding of this file, or nothing.
pub(super) fn account(finding: &Finding, at: &Evidence) -> Option<Account> {
    let topic = place(at);
    Some(match finding {
        Finding::TopicDiffers {
            node,
            seen,
            possible,
            change,
            acknowledged_at,
            limit_ms: limit,
            ..
        } => Account::new(
            format!(
                "The last change of topic {topic}, {}, was acknowledged at {}; {}{} showed {}.",
                change_word(change),
                moment(*acknowledged_at),
                at.window
                    .map(|(_, to)| format!("at {} ", moment(to)))
                    .unwrap_or_default(),
                untrusted(node),
                shape(*seen)
            ),
            format!(
                "What is possible is {}, also if every request without an answer is counted both \
                 ways; a change may be unseen for {}.",
                shapes(possible),
                limit_ms(*limit)
            ),
        ),
        Finding::TopicChangeImpossible {
            change,
            partitions,
            possible,
        } => Account::new(
            format!(
                "A request was acknowledged: {} of topic {topic}{}.",
                change_word(change),
                partitions.map_or_else(String::new, |n| format!(" ({})", shape(Some(n))))
            ),
            format!(
                "When it was asked, what was possible was {}: the request should have been refused.",
                shapes(possible)
            ),
        ),
        _ => return None,
    })
}

fn change_word(change: &str) -> String {
    match change {
        "create-topic" => "its creation".to_string(),
        "delete-topic" => "its deletion".to_string(),
        "grow-topic" => "the growth of its partitions".to_string(),
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
