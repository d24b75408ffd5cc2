//! Sentences for findings about operations that were tried for too long and did not succeed.

use checkers::verdict::{Evidence, Finding};

use super::authorities::SERVED;
use super::formation::last_error;
use super::liveness::gap_rule;
use super::{Words, against, exceeded, partition};
use crate::format::{count, length_ms, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let place = partition(at);
    Some(match finding {
        Finding::AppendsStalled {
            scope,
            tries,
            length_ms: took,
            limit_ms: limit,
            ended,
        } => Words::of(
            "Appends not acknowledged",
            "Every partition that is written to acknowledges appends within the limit.",
            SERVED,
        )
        .seen(format!(
            "{} to {place} were tried within {}, and none was acknowledged. {}",
            count(*tries, "appends"),
            length_ms(*took),
            afterwards(*ended, "Then one was acknowledged.", "None was acknowledged later.")
        ))
        .therefore(exceeded(*limit, gap_rule(*scope)))
        .detail(against(*took, *limit)),
        Finding::AppendsRefused { tries, refused } => Words::of(
            "Appends refused",
            "While no fault is active, hardly any append fails.",
            SERVED,
        )
        .seen(format!(
            "{} of {} to {place} were not acknowledged, although no fault was active.",
            count(*refused, "appends"),
            count(*tries, "appends")
        ))
        .therefore("At most one in ten may fail."),
        Finding::ReadsStalled {
            consumer,
            scope,
            position,
            polls,
            errors,
            error,
            length_ms: took,
            limit_ms: limit,
            ended,
        } => Words::of(
            "Consumers get nothing",
            "Consumers get acknowledged records within the limit.",
            SERVED,
        )
        .seen(format!(
            "{} got no record of {place} in {} within {}, at last from offset {position}{}. {} of \
             these polls failed{}. {}",
            consumer.map_or_else(
                || "The consumers".to_string(),
                |worker| format!("Consumer {worker}")
            ),
            count(*polls, "polls"),
            length_ms(*took),
            if *errors == *polls { "" } else { ", where a record was known to be" },
            errors,
            last_error(error.as_deref()),
            afterwards(*ended, "Then records came.", "No record came later.")
        ))
        .therefore(exceeded(*limit, gap_rule(*scope)))
        .detail(against(*took, *limit)),
        Finding::RequestsStalled {
            request,
            node,
            scope,
            tries,
            error,
            length_ms: took,
            limit_ms: limit,
            ended,
        } => Words::of(
            "Requests fail",
            "Requests for end offsets, metadata and changes of topics succeed within the limit.",
            SERVED,
        )
        .seen(format!(
            "{} {}{}{} failed in a row within {}{}. {}",
            count(*tries, "requests"),
            untrusted(request),
            node.as_ref()
                .map_or_else(String::new, |node| format!(" to {}", untrusted(node))),
            match at.partition {
                Some(_) => format!(" about {place}"),
                None => String::new(),
            },
            length_ms(*took),
            last_error(error.as_deref()),
            afterwards(*ended, "Then one succeeded.", "None succeeded later.")
        ))
        .therefore(exceeded(*limit, gap_rule(*scope)))
        .detail(against(*took, *limit)),
        Finding::MissingFailOver {
            fault,
            leader,
            partitions,
            length_ms: took,
            detection_ms,
        } => Words::of(
            "No fail-over",
            "When a leader is lost, another node takes over.",
            "Raft thesis, section 3.4; KIP-500",
        )
        .seen(format!(
            "Fault {} took {} away for {}. It led {}, and no other node named a new leader of them. \
             Nothing was acknowledged there until the heal.",
            untrusted(fault),
            untrusted(leader),
            length_ms(*took),
            count(*partitions, "partitions")
        ))
        .therefore(exceeded(
            *detection_ms,
            "A majority was left, and it notices a lost leader in time",
        ))
        .detail(against(*took, *detection_ms)),
        _ => return None,
    })
}

fn afterwards(ended: bool, yes: &'static str, no: &'static str) -> &'static str {
    if ended { yes } else { no }
}
