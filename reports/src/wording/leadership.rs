//! Sentences for findings about who leads.

use checkers::verdict::{Belief, Evidence, Finding};

use super::authorities::LIMIT;
use super::{Words, against, exceeded, partition};
use crate::format::{count, length_ms, moment, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    let place = match at.topic {
        Some(_) => partition(at),
        None => "the quorum".to_owned(),
    };
    Some(match finding {
        Finding::TwoLeaders { epoch, claims } => {
            let claims: Vec<String> = claims
                .iter()
                .map(|c| {
                    let (node, at) = (untrusted(&c.node), moment(c.returned));
                    match c.leader.as_deref() {
                        Some(leader) if leader != c.node => {
                            format!("{} as {node} reported at {at}", untrusted(leader))
                        }
                        _ => format!("{node}, by its own answer at {at}"),
                    }
                })
                .collect();
            Words::of(
                "Two leaders in one epoch",
                "At most one node leads in an epoch.",
                "Raft, election safety (Ongaro and Ousterhout 2014, figure 3)",
            )
            .seen(format!(
                "In epoch {epoch} these nodes are named as the leader of {place}: {}.",
                claims.join("; ")
            ))
            .therefore(
                "A majority elects one leader per epoch. Two leaders mean that there were two \
                 majorities, or that one of them leads without a majority.",
            )
            .detail(format!(
                "{} in epoch {epoch}",
                untrusted(&at.nodes.join(" and "))
            ))
        }
        Finding::EpochWentBack { before, after } => Words::of(
            "Epoch went back",
            "The epoch that a node reports never decreases.",
            "Raft terms and Kafka leader epochs only grow",
        )
        .seen(format!(
            "For {place}, {}. Asked again at {}, {}.",
            belief(before),
            moment(after.called),
            belief(after)
        ))
        .therefore(
            "The node had known the higher epoch, so it lost a state that other nodes rely on.",
        ),
        Finding::UnexplainedElection {
            old_leader,
            old_epoch,
            new_leader,
            new_epoch,
        } => Words::of(
            "Unexplained election",
            "Leadership is stable while no fault is active.",
            LIMIT,
        )
        .seen({
            let when = at
                .window
                .map(|(from, _)| format!(" at {}", moment(from)))
                .unwrap_or_default();
            let (old, new) = (old_leader.as_ref(), new_leader.as_ref());
            match (old, new) {
                (Some(one), Some(other)) if one == other => format!(
                    "{} was the leader and was elected again: its epoch rose from {} to {}{when}.",
                    untrusted(one),
                    epoch(*old_epoch),
                    epoch(*new_epoch)
                ),
                _ => format!(
                    "The leader changed from {} to {}{when}.",
                    leader(old, *old_epoch),
                    leader(new, *new_epoch)
                ),
            }
        })
        .therefore(
            "No fault was active, no process had ended and the machine was not starved, so \
             nothing explains this election.",
        ),
        Finding::TermsBurned {
            fault,
            from,
            to,
            limit,
        } => Words::of(
            "Terms wasted",
            "One fault costs a few elections at most.",
            LIMIT,
        )
        .seen(format!(
            "The epoch rose from {from} to {to}{}.",
            match fault {
                Some(fault) => format!(" during or after fault {}", untrusted(fault)),
                None => " outside every fault window".to_string(),
            }
        ))
        .therefore(format!(
            "That is {}; the limit is {limit}. Nodes kept calling elections that elected no \
                 leader.",
            count(u64::from(to.abs_diff(*from)), "elections")
        )),
        other => return lengths(other, &place),
    })
}

fn lengths(finding: &Finding, place: &str) -> Option<Words> {
    Some(match finding {
        Finding::Leaderless {
            length_ms: took,
            limit_ms: limit,
        } => Words::of(
            "No leader",
            "A majority of connected nodes has a leader.",
            LIMIT,
        )
        .seen(format!(
            "For {} no reachable node named a leader of {place}.",
            length_ms(*took)
        ))
        .therefore(exceeded(*limit, "Without a leader nothing can be written"))
        .detail(against(*took, *limit)),
        Finding::Disagreement {
            beliefs,
            length_ms: took,
            limit_ms: limit,
        } => {
            let beliefs: Vec<String> = beliefs.iter().map(belief).collect();
            Words::of(
                "Nodes disagree",
                "Connected nodes agree on the leader.",
                LIMIT,
            )
            .seen(format!(
                "For {} the nodes named different leaders of {place}: {}.",
                length_ms(*took),
                beliefs.join("; ")
            ))
            .therefore(exceeded(
                *limit,
                "No fault was active, so the nodes could have agreed",
            ))
            .detail(against(*took, *limit))
        }
        Finding::StaleLeader {
            claim,
            successor,
            since,
            length_ms: took,
            limit_ms: limit,
        } => Words::of(
            "Stale leader",
            "A deposed leader stops claiming to lead.",
            LIMIT,
        )
        .seen(format!(
            "{} could have stepped down at {}, and claimed to lead for {} more: {}, although {}.",
            untrusted(&claim.node),
            moment(*since),
            length_ms(*took),
            belief(claim),
            belief(successor)
        ))
        .therefore(exceeded(
            *limit,
            "Clients and brokers that trust the claim send their requests to a node that cannot commit them",
        ))
        .detail(against(*took, *limit)),
        Finding::Flapping {
            node,
            between,
            length_ms: took,
        } => Words::of(
            "Flapping",
            "Leadership does not move back and forth without a fault.",
            LIMIT,
        )
        .seen(format!(
            "Leadership of {place} moved from {} to {}, and back after {}.",
            untrusted(node),
            untrusted(between),
            length_ms(*took)
        ))
        .therefore("No fault was active, so nothing explains either change."),
        _ => return None,
    })
}

/// `n1 (epoch 4)`, `no leader (epoch unknown)`.
fn leader(node: Option<&String>, epoch: Option<i32>) -> String {
    let node = node.map_or_else(|| "no leader".to_string(), |n| untrusted(n));
    format!("{node} (epoch {})", self::epoch(epoch))
}

fn epoch(epoch: Option<i32>) -> String {
    epoch.map_or_else(|| "unknown".to_string(), |e| e.to_string())
}

/// `n1 named n2 as leader in epoch 4 (answered at 12.410 s)`.
fn belief(belief: &Belief) -> String {
    let node = untrusted(&belief.node);
    let leader = match &belief.leader {
        Some(leader) if *leader == belief.node => format!("{node} named itself as leader"),
        Some(leader) => format!("{node} named {} as leader", untrusted(leader)),
        None => format!("{node} named no leader"),
    };
    let epoch = belief
        .epoch
        .map(|e| format!(" in epoch {e}"))
        .unwrap_or_default();
    format!("{leader}{epoch} (answered at {})", moment(belief.returned))
}
