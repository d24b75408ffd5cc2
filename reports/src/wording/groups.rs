//! Sentences for findings about consumer groups: who is a member, which generation it is, who owns and who coordinates.

use checkers::history::NodeName;
use checkers::verdict::{Evidence, Finding};

use super::authorities::{GROUPS, LIMIT, PROMISED, TIMEOUTS};
use super::named::{listed, names};
use super::{Words, against, exceeded, partition};
use crate::format::{length_ms, limit_ms, moment, untrusted};

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding, at: &Evidence) -> Option<Words> {
    Some(match finding {
        Finding::TwoOwners {
            group,
            generation,
            members,
        } => Words::of(
            "Two owners",
            "Within one generation, a partition is assigned to one member.",
            GROUPS,
        )
        .seen(format!(
            "In generation {generation} of group {}, {} was assigned to several members: {}.",
            untrusted(group),
            partition(at),
            names(members)
        ))
        .therefore("Each of them may process its records and commit its offset."),
        Finding::AssignmentAltered {
            group,
            generation,
            member,
            sent,
            given,
        } => Words::of(
            "Assignment altered",
            "A member gets the assignment that the leader of its generation sent for it.",
            "Kafka protocol: SyncGroup",
        )
        .seen(format!(
            "The leader of generation {generation} of group {} sent this for member {}: {}. The member got: {}.",
            untrusted(group),
            untrusted(member),
            names(sent),
            names(given)
        ))
        .therefore("The members do not share the partitions as their leader decided.")
        .detail(format!("group {}, generation {generation}", untrusted(group))),
        Finding::ZombieMember {
            group,
            member,
            request,
            removed,
            removed_at,
        } => Words::of(
            "Removed member accepted",
            "After its removal, a member is rejected until it joins again.",
            "Kafka protocol: UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID",
        )
        .seen(format!(
            "Member {} of group {} had been removed by {}: {}. Later it sent a {}, and that was accepted.",
            untrusted(member),
            untrusted(group),
            moment(*removed_at),
            removal(removed),
            request_word(request)
        ))
        .therefore("The member had not joined again in between.")
        .detail(member_line(group, member)),
        other => {
            return statics(other, at)
                .or_else(|| generations(other))
                .or_else(|| time_outs(other));
        }
    })
}

/// Static members that come back, and partitions that nobody got.
fn statics(finding: &Finding, at: &Evidence) -> Option<Words> {
    const STATIC: &str = "KIP-345: static membership";
    Some(match finding {
        Finding::ReplacedMemberAccepted {
            group,
            member,
            replaced_by,
            replaced_at,
            request,
        } => Words::of(
            "Replaced member accepted",
            "A static member that comes back gets another member id, and its old id is fenced.",
            STATIC,
        )
        .seen(format!(
            "Member {} of group {} had been replaced by {} by {}. Later it sent a {}, and that was accepted.",
            untrusted(member),
            untrusted(group),
            untrusted(replaced_by),
            moment(*replaced_at),
            request_word(request)
        ))
        .therefore("Two processes act as the same member.")
        .detail(member_line(group, member)),
        Finding::TakeoverRebalanced {
            group,
            instance,
            before,
            after,
        } => Words::of(
            "Rebalance by a static member",
            "A static member that comes back within its session keeps its generation and its partitions.",
            STATIC,
        )
        .seen(format!(
            "All members of generation {before} of group {} had their assignments. Then {} came back with the same \
             subscription, and got generation {after}.",
            untrusted(group),
            untrusted(instance)
        ))
        .therefore("Nothing else had happened in the group, and no fault was active.")
        .detail(format!("group {}, {before} to {after}", untrusted(group))),
        Finding::PartitionUnassigned {
            group,
            generation,
            leader,
        } => Words::of(
            "Partition without an owner",
            "The leader of a generation assigns every partition of the topics that its members subscribed to.",
            GROUPS,
        )
        .seen(format!(
            "In generation {generation} of group {}, leader {} assigned {} to nobody, although a member had subscribed to \
             the topic.",
            untrusted(group),
            untrusted(leader),
            partition(at)
        ))
        .therefore("Nobody reads this partition until the next generation."),
        _ => return None,
    })
}

fn generations(finding: &Finding) -> Option<Words> {
    Some(match finding {
        Finding::GenerationReused {
            group,
            generation,
            what,
            first,
            second,
        } => Words::of(
            "Generation used twice",
            "No two generations of a group have the same number.",
            PROMISED,
        )
        .seen(format!(
            "Two answers to JoinGroup in generation {generation} of group {} have different {}. One has {}, the \
             other {}.",
            untrusted(group),
            plural(what),
            untrusted(first),
            untrusted(second)
        ))
        .therefore(
            "These are two generations with one number. Requests of the one are valid in the other.",
        )
        .detail(format!("group {}, generation {generation}", untrusted(group))),
        Finding::GenerationWentBack {
            group,
            before,
            after,
        } => Words::of(
            "Generation went back",
            "The generations of a group only rise.",
            PROMISED,
        )
        .seen(format!(
            "Generation {before} of group {} was known. A member that joined later got generation {after}.",
            untrusted(group)
        ))
        .therefore("The coordinator forgot a generation that members already knew.")
        .detail(format!("group {}, {before} to {after}", untrusted(group))),
        Finding::UnexplainedRebalance {
            group,
            before,
            after,
        } => Words::of(
            "Unexplained rebalance",
            "A group keeps its generation until a member, a topic or the coordinator changes.",
            "a limit of the target's configuration; a starved machine is excluded",
        )
        .seen(format!(
            "Group {} went from generation {before} to generation {after}.",
            untrusted(group)
        ))
        .therefore(
            "No member had joined, left or been removed. No topic changed, no fault was active and no leader \
             changed.",
        )
        .detail(format!("group {}, {before} to {after}", untrusted(group))),
        Finding::TwoCoordinators {
            key,
            named,
            length_ms: length,
            limit_ms: limit,
        } => coordinators(key, named, *length, *limit),
        _ => return None,
    })
}

/// Without a limit the nodes did not name coordinators, but acted as such.
fn coordinators(key: &str, named: &[(NodeName, NodeName)], length: u64, limit: u64) -> Words {
    let key = untrusted(key);
    let words = Words::of(
        "Two coordinators",
        "One node coordinates a group or a transactional id.",
        LIMIT,
    );
    let words = if limit == 0 {
        let nodes = listed(named, |(node, _)| untrusted(node));
        words
            .seen(format!(
                "Several nodes accepted requests of {key} in turn, within {}: {nodes}, and then the first one again.",
                length_ms(length)
            ))
            .therefore(
                "A coordinator moves only if a leader changes. None changed, so the nodes acted at the same time.",
            )
    } else {
        let pairs = listed(named, |(node, other)| {
            format!("{} named {}", untrusted(node), untrusted(other))
        });
        words
            .seen(format!(
                "The nodes named different coordinators of {key} for {}: {pairs}.",
                length_ms(length)
            ))
            .therefore(exceeded(
                limit,
                "No fault was active, and no leader changed",
            ))
    };
    words.detail(format!("{key}, {}", length_ms(length)))
}

fn time_outs(finding: &Finding) -> Option<Words> {
    Some(match finding {
        Finding::RebalanceEndless {
            group,
            state,
            length_ms: length,
            limit_ms: limit,
        } => Words::of(
            "Rebalance does not end",
            "A rebalance ends within the rebalance and session time-outs and the time of a fail-over.",
            TIMEOUTS,
        )
        .seen(format!(
            "Group {} was in state {} for {}.",
            untrusted(group),
            untrusted(state),
            length_ms(*length)
        ))
        .therefore(exceeded(
            *limit,
            "In this time no member joined or left, and no fault began or was healed",
        ))
        .detail(format!("group {}, {}", untrusted(group), against(*length, *limit))),
        Finding::WrongEviction {
            group,
            member,
            after_ms,
            session_ms,
        } => Words::of(
            "Member removed too early",
            "A member stays in its group until its session has ended.",
            "Kafka protocol: session.timeout.ms",
        )
        .seen(format!(
            "Member {} of group {} got UNKNOWN_MEMBER_ID {} after it had sent its last accepted request.",
            untrusted(member),
            untrusted(group),
            length_ms(*after_ms)
        ))
        .therefore(format!(
            "The session and rebalance time-outs are at least {}. The member had not left.",
            limit_ms(*session_ms)
        ))
        .detail(member_line(group, member)),
        Finding::DeadMemberStays {
            group,
            member,
            silent_ms,
            limit_ms: limit,
        } => Words::of(
            "Dead member stays",
            "A member that no longer sends heartbeats is removed when its session ends.",
            TIMEOUTS,
        )
        .seen(format!(
            "The client of member {} was killed. Group {} still listed the member after {}.",
            untrusted(member),
            untrusted(group),
            length_ms(*silent_ms)
        ))
        .therefore(exceeded(
            *limit,
            "The time is counted from the kill, or from the last fault or change of leader after it",
        ))
        .detail(member_line(group, member)),
        _ => return None,
    })
}

fn member_line(group: &str, member: &str) -> String {
    format!("group {}, member {}", untrusted(group), untrusted(member))
}

fn removal(how: &str) -> String {
    match how {
        "left" => "its LeaveGroup was acknowledged".to_owned(),
        "fenced" => "it got FENCED_INSTANCE_ID".to_owned(),
        "not listed" => "the leader's list of a later generation did not contain it".to_owned(),
        other => untrusted(other),
    }
}

fn request_word(request: &str) -> String {
    match request {
        "commit-offsets" => "commit of offsets".to_owned(),
        other => untrusted(other),
    }
}

fn plural(what: &str) -> String {
    match what {
        "leader" => "leaders".to_owned(),
        "protocol" => "protocols".to_owned(),
        other => untrusted(other),
    }
}
