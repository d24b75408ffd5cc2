//! Sentences for findings about how long the nodes take to agree: after start, and after the last heal.

use checkers::verdict::Finding;

use super::authorities::LIMIT;
use super::{Words, against, exceeded};
use crate::format::length_ms;

const FORMATION: &str = "After start the nodes agree on a leader within the limit.";
const RECOVERY: &str = "After the last heal the nodes agree on a leader within the limit.";

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding) -> Option<Words> {
    Some(match finding {
        Finding::SlowFormation {
            took_ms,
            limit_ms: limit,
        } => Words::of("Slow formation", FORMATION, LIMIT)
            .seen(format!(
                "After start the nodes took {} to agree on a leader.",
                length_ms(*took_ms)
            ))
            .therefore(exceeded(
                *limit,
                "Every restart of the cluster takes that long",
            ))
            .detail(against(*took_ms, *limit)),
        Finding::NeverFormed {
            waited_ms,
            limit_ms: limit,
        } => Words::of("Never formed", FORMATION, LIMIT)
            .seen(format!(
                "After start the nodes did not agree on a leader within {}.",
                length_ms(*waited_ms)
            ))
            .therefore(exceeded(*limit, "There was never a cluster to test"))
            .detail(against(*waited_ms, *limit)),
        Finding::FormationTerm { term, limit } => Words::of(
            "Election storm at start",
            "The first leader is elected in one of the first terms.",
            LIMIT,
        )
        .seen(format!("The first leader was elected in term {term}."))
        .therefore(format!(
            "The limit is term {limit}. Each term before it is an election that failed, and an \
             election storm at start recurs under faults."
        ))
        .detail(format!("term {term}, limit {limit}")),
        Finding::SlowRecovery {
            took_ms,
            limit_ms: limit,
        } => Words::of("Slow recovery", RECOVERY, LIMIT)
            .seen(format!(
                "After the last heal the nodes took {} to agree.",
                length_ms(*took_ms)
            ))
            .therefore(exceeded(*limit, "No fault was active any more"))
            .detail(against(*took_ms, *limit)),
        Finding::NeverRecovered {
            waited_ms,
            limit_ms: limit,
        } => Words::of("Never recovered", RECOVERY, LIMIT)
            .seen(format!(
                "After the last heal the nodes did not agree within {}.",
                length_ms(*waited_ms)
            ))
            .therefore(exceeded(
                *limit,
                "No fault was active any more, so this cluster stays broken",
            ))
            .detail(against(*waited_ms, *limit)),
        _ => return None,
    })
}
