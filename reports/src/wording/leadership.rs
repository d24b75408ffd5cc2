//! Sentences for findings about who leads.

use checkers::verdict::{Belief, Evidence, Finding};

use super::{Account, or_nobody, or_unknown, partition};
use crate::format::{count, length_ms, limit_ms, moment, untrusted};

/// The account of a finding of this file, or nothing.
pub(super) fn account(finding: &Finding, at: &Evidence) -> Option<Account> {
    let place = partition(at);
    Some(match finding {
        Finding::TwoLeaders { epoch, claims } => {
            let claims: Vec<String> = claims
                .iter()
                .map(|c| format!("{} at {}", untrusted(&c.node), moment(c.returned)))
                .collect();
            Account::new(
                format!(
                    "Leader of {place} in epoch {epoch} claimed to be: {}.",
                    claims.join("; ")
                ),
                "A majority elects one leader per epoch, so two of them mean that two majorities \
                 existed, or that one of them leads without any.",
            )
        }
        Finding::EpochWentBack { before, after } => Account::new(
            format!(
                "For {place}, {} and then, asked at {}, {}.",
                belief(before),
                moment(after.called),
                belief(after)
            ),
            "The same node had known the higher epoch: it forgot what it had promised to others.",
        ),
        Finding::UnexplainedElection {
            old_leader,
            old_epoch,
            new_leader,
            new_epoch,
        } => Account::new(
            format!(
                "The leader changed from {} (epoch {}) to {} (epoch {}){}.",
                or_nobody(old_leader.as_ref()),
                or_unknown(*old_epoch),
                or_nobody(new_leader.as_ref()),
                or_unknown(*new_epoch),
                at.window
                    .map(|(from, _)| format!(" at {}", moment(from)))
                    .unwrap_or_default()
            ),
            "No fault was active, no process had ended, and the machine was not starved: \
                 nothing called for an election.",
        ),
        Finding::TermsBurned {
            fault,
            from,
            to,
            limit,
        } => Account::new(
            format!(
                "The epoch rose from {from} to {to}{}.",
                match fault {
                    Some(fault) => format!(" within fault {}", untrusted(fault)),
                    None => " outside every fault window".to_string(),
                }
            ),
            format!(
                "That is {} where {limit} may happen: votes were asked for again and again without a \
                 result.",
                count(u64::from(to.abs_diff(*from)), "elections")
            ),
        ),
        other => return lengths(other, &place).or_else(|| formation(other)),
    })
}

fn lengths(finding: &Finding, place: &str) -> Option<Account> {
    Some(match finding {
        Finding::Leaderless {
            length_ms: took,
            limit_ms: limit,
        } => Account::new(
            format!(
                "For {} no reachable node named a leader of {place}.",
                length_ms(*took)
            ),
            over(*limit, "Without a leader nothing can be written"),
        ),
        Finding::Disagreement {
            beliefs,
            length_ms: took,
            limit_ms: limit,
        } => {
            let beliefs: Vec<String> = beliefs.iter().map(belief).collect();
            Account::new(
                format!(
                    "For {} the nodes named different leaders of {place}: {}.",
                    length_ms(*took),
                    beliefs.join("; ")
                ),
                over(
                    *limit,
                    "Nothing was faulty, so they could have told each other",
                ),
            )
        }
        Finding::StaleLeader {
            claim,
            successor,
            since,
            length_ms: took,
            limit_ms: limit,
        } => Account::new(
            format!(
                "At {} {}, though {}. It should have known since {} and went on for {}.",
                moment(claim.returned),
                belief(claim),
                belief(successor),
                moment(*since),
                length_ms(*took)
            ),
            over(
                *limit,
                "Clients that trust it write to a leader that leads nobody",
            ),
        ),
        Finding::Flapping {
            node,
            between,
            length_ms: took,
        } => Account::new(
            format!(
                "Leadership of {place} went from {} to {} and after {} back.",
                untrusted(node),
                untrusted(between),
                length_ms(*took)
            ),
            "Nothing was faulty, so there was no reason for either change.",
        ),
        _ => return None,
    })
}

fn formation(finding: &Finding) -> Option<Account> {
    Some(match finding {
        Finding::SlowFormation {
            took_ms,
            limit_ms: limit,
        } => Account::new(
            format!(
                "After start the nodes took {} to agree on a leader.",
                length_ms(*took_ms)
            ),
            over(*limit, "A restart of the cluster costs that long"),
        ),
        Finding::NeverFormed {
            waited_ms,
            limit_ms: limit,
        } => Account::new(
            format!(
                "After start the nodes did not agree on a leader in {}.",
                length_ms(*waited_ms)
            ),
            over(*limit, "There was never a cluster to test"),
        ),
        Finding::FormationTerm { term, limit } => Account::new(
            format!("The cluster formed only in term {term}."),
            format!(
                "At most {limit} may be needed: each further term is an election that failed, \
                 and a storm of them at start returns under faults."
            ),
        ),
        Finding::SlowRecovery {
            took_ms,
            limit_ms: limit,
        } => Account::new(
            format!(
                "After the last heal the nodes took {} to agree.",
                length_ms(*took_ms)
            ),
            over(*limit, "Nothing was faulty any more"),
        ),
        Finding::NeverRecovered {
            waited_ms,
            limit_ms: limit,
        } => Account::new(
            format!(
                "After the last heal the nodes did not agree in {}.",
                length_ms(*waited_ms)
            ),
            over(
                *limit,
                "Nothing was faulty any more, so this cluster stays broken",
            ),
        ),
        _ => return None,
    })
}

/// `n1 named n2 leader in epoch 4 (answered at 12.410 s)`.
fn belief(belief: &Belief) -> String {
    let node = untrusted(&belief.node);
    let leader = match &belief.leader {
        Some(leader) if *leader == belief.node => format!("{node} named itself leader"),
        Some(leader) => format!("{node} named {} leader", untrusted(leader)),
        None => format!("{node} named no leader"),
    };
    let epoch = belief
        .epoch
        .map(|e| format!(" in epoch {e}"))
        .unwrap_or_default();
    format!("{leader}{epoch} (answered at {})", moment(belief.returned))
}

fn over(limit: u64, why: &str) -> String {
    format!("{why}; the limit is {}.", limit_ms(limit))
}
