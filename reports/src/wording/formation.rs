//! Sentences for findings about how long the nodes take to agree: after start, and after the last heal.

use checkers::verdict::{Finding, Lack, Lacking};

use super::authorities::LIMIT;
use super::{Words, against, exceeded};
use crate::format::{length_ms, untrusted};

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
            lacking,
        } => Words::of("Never recovered", RECOVERY, LIMIT)
            .seen(format!(
                "After the last heal the nodes did not agree within {}{}.",
                length_ms(*waited_ms),
                lacks(lacking)
            ))
            .therefore(exceeded(
                *limit,
                "No fault was active any more, so this cluster stays broken",
            ))
            .detail(against(*waited_ms, *limit)),
        Finding::QuorumUnanswered {
            node,
            length_ms: took,
            error,
        } => Words::of(
            "Quorum not shown",
            "Nothing is promised about DescribeQuorum while clients are served.",
            "the definition of recovery: Metadata of all nodes",
        )
        .seen(format!(
            "{} did not answer DescribeQuorum for the last {}{}.",
            untrusted(node),
            length_ms(*took),
            last_error(error.as_deref())
        ))
        .therefore("It answered Metadata, and the nodes agreed."),
        _ => return None,
    })
}

/// What each node's answer lacked at the end: `: n2 did not answer Metadata`, or nothing.
pub(super) fn lacks(lacking: &[Lacking]) -> String {
    let one = |lacking: &Lacking| {
        let node = untrusted(&lacking.node);
        let place = match (&lacking.topic, lacking.partition) {
            (Some(topic), Some(partition)) => format!("{}/{partition}", untrusted(topic)),
            _ => "a partition".to_string(),
        };
        match lacking.lack {
            Lack::NoAnswer => format!("{node} did not answer Metadata"),
            Lack::FewerPartitions => format!("{node} did not list all partitions"),
            Lack::NoLeader => format!("{node} named no leader of {place}"),
            Lack::OtherLeader => format!(
                "{node} named node {} in epoch {} as the leader of {place}, and others did not",
                lacking.leader.unwrap_or(-1),
                lacking.epoch.unwrap_or(-1)
            ),
        }
    };
    let all: Vec<String> = lacking.iter().map(one).collect();
    match all.is_empty() {
        true => String::new(),
        false => format!(": {}", all.join(", ")),
    }
}

/// ` (last error: X)`, or nothing.
pub(super) fn last_error(error: Option<&str>) -> String {
    error.map_or_else(String::new, |error| {
        format!(" (last error: {})", untrusted(error))
    })
}
