//! Sentences for findings about what did not happen in time.

use checkers::verdict::{Evidence, Finding, GapScope};

use super::{Account, partition};
use crate::format::{length_ms, limit_ms, moment, untrusted};

/// The account of a finding of this file, or nothing.
pub(super) fn account(finding: &Finding, at: &Evidence) -> Option<Account> {
    let place = partition(at);
    Some(match finding {
        Finding::NodeSilent {
            node,
            length_ms: took,
            limit_ms: limit,
            error,
            came_back,
        } => Account::new(
            format!(
                "{} did not answer for {}{}; {}.",
                untrusted(node),
                length_ms(*took),
                error
                    .as_ref()
                    .map(|e| format!(" (last: {})", untrusted(e)))
                    .unwrap_or_default(),
                if *came_back {
                    "then it came back"
                } else {
                    "it never came back"
                }
            ),
            format!(
                "It was neither paused, cut, killed nor starved, and has to answer within {}.",
                limit_ms(*limit)
            ),
        ),
        Finding::UnprovokedExit { node, status } => Account::new(
            format!(
                "The process of {} ended with {}.",
                untrusted(node),
                untrusted(status)
            ),
            "Nobody had asked for that.",
        ),
        Finding::Gap {
            scope,
            from,
            to,
            length_ms: took,
            limit_ms: limit,
            ended,
        } => Account::new(
            format!(
                "From {} to {} nothing was acknowledged{}: {}.",
                moment(*from),
                moment(*to),
                if *ended {
                    ""
                } else {
                    ", and nothing was until the load ended"
                },
                length_ms(*took)
            ),
            format!("{}; the limit is {}.", gap_rule(*scope), limit_ms(*limit)),
        ),
        Finding::NotServed { what, waited_ms } => Account::new(
            format!(
                "After the last heal, {} of {place} did not succeed in {}.",
                untrusted(what),
                length_ms(*waited_ms)
            ),
            "Nothing was faulty any more.",
        ),
        _ => return None,
    })
}

/// Why a gap of this scope is held to a limit.
fn gap_rule(scope: GapScope) -> &'static str {
    match scope {
        GapScope::FailOver => "A fault hit the leader, and another node should have taken over",
        GapScope::AfterHeal => "A majority could talk again, and should have gone on",
        GapScope::Unaffected => "The active fault did not touch the leader nor its majority",
        GapScope::OutsideFaults => "No fault was active",
    }
}

/// A gap's scope as a table says it.
pub(crate) fn scope_word(scope: GapScope) -> &'static str {
    match scope {
        GapScope::FailOver => "fail-over",
        GapScope::AfterHeal => "after heal",
        GapScope::Unaffected => "leader unaffected",
        GapScope::OutsideFaults => "no fault active",
    }
}
