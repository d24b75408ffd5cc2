//! Sentences for findings about what did not happen in time.

use checkers::verdict::{Evidence, Finding, GapScope};

use super::authorities::SERVED;
use super::{Words, against, exceeded, partition};
use crate::format::{length_ms, moment, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let place = partition(at);
    Some(match finding {
        Finding::NodeSilent {
            node,
            length_ms: took,
            limit_ms: limit,
            error,
            came_back,
        } => Words::of(
            "Node silent",
            "A node without a fault answers within the limit.",
            SERVED,
        )
        .seen(format!(
            "{} did not answer for {}{}. {}",
            untrusted(node),
            length_ms(*took),
            error
                .as_ref()
                .map(|e| format!(" (last error: {})", untrusted(e)))
                .unwrap_or_default(),
            if *came_back {
                "Then it answered again."
            } else {
                "It did not answer again."
            }
        ))
        .therefore(exceeded(
            *limit,
            "The node was not paused, cut off, killed or starved",
        ))
        .detail(format!("{} {}", untrusted(node), against(*took, *limit))),
        Finding::UnprovokedExit { node, status } => Words::of(
            "Process ended",
            "A node's process ends only if the harness stops it.",
            SERVED,
        )
        .seen(format!(
            "The process of {} ended with {}.",
            untrusted(node),
            untrusted(status)
        ))
        .therefore("The harness had not stopped it.")
        .detail(untrusted(&format!("{node} {status}"))),
        Finding::Gap {
            scope,
            from,
            to,
            length_ms: took,
            limit_ms: limit,
            ended,
        } => Words::of(
            "Availability gap",
            "Writes continue, or resume within the limit.",
            SERVED,
        )
        .seen(format!(
            "No record was acknowledged from {} to {}{}: {}.",
            moment(*from),
            moment(*to),
            if *ended { "" } else { ", when the load ended" },
            length_ms(*took)
        ))
        .therefore(exceeded(*limit, gap_rule(*scope)))
        .detail(against(*took, *limit)),
        Finding::NotServed { what, waited_ms } => Words::of(
            "Not served",
            "After the last heal every partition accepts appends and serves reads.",
            SERVED,
        )
        .seen(format!(
            "After the last heal, {} of {place} did not succeed within {}.",
            untrusted(what),
            length_ms(*waited_ms)
        ))
        .therefore("No fault was active any more."),
        _ => return None,
    })
}

/// Why a gap of this scope has a limit.
pub(super) fn gap_rule(scope: GapScope) -> &'static str {
    match scope {
        GapScope::FailOver => {
            "A fault affected the leader, and another node should have taken over"
        }
        GapScope::AfterHeal => "A majority was connected again and should have resumed",
        GapScope::Unaffected => "The active fault affected neither the leader nor its majority",
        GapScope::OutsideFaults => "No fault was active",
    }
}

/// A gap's scope in a table.
pub(crate) fn scope_word(scope: GapScope) -> &'static str {
    match scope {
        GapScope::FailOver => "fail-over",
        GapScope::AfterHeal => "after heal",
        GapScope::Unaffected => "leader unaffected",
        GapScope::OutsideFaults => "no fault active",
    }
}
