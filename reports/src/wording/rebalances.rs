//! Sentences for findings about what members are told of a rebalance, and of the leader of their generation.

use checkers::verdict::Finding;

use super::Words;
use super::authorities::GROUPS;
use crate::format::{length_ms, limit_ms, untrusted};

const TOLD: &str = "Kafka protocol: REBALANCE_IN_PROGRESS";

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding) -> Option<Words> {
    Some(match finding {
        Finding::MemberNotTold {
            group,
            generation,
            member,
            waited_ms,
            limit_ms: limit,
        } => Words::of(
            "Member not told of a rebalance",
            "While a member waits to join, the heartbeats of all others are answered REBALANCE_IN_PROGRESS.",
            TOLD,
        )
        .seen(format!(
            "A member of group {} had waited for {} for the next generation (a coordinator answers within {}). Then a heartbeat \
             of {} in generation {generation} was answered ok.",
            untrusted(group),
            length_ms(*waited_ms),
            limit_ms(*limit),
            untrusted(member)
        ))
        .therefore("That member does not join, and all others wait for it until it is removed.")
        .detail(line(group, *generation)),
        Finding::ToldForNothing {
            group,
            generation,
            member,
        } => Words::of(
            "Told of a rebalance that was none",
            "REBALANCE_IN_PROGRESS means that the group prepares another generation.",
            TOLD,
        )
        .seen(format!(
            "Member {} of group {} had its assignment in generation {generation} and was told of a rebalance. It joined, and \
             was given generation {generation} again.",
            untrusted(member),
            untrusted(group)
        ))
        .therefore("It gave up its partitions for nothing, and no fault was near.")
        .detail(line(group, *generation)),
        Finding::GroupStateUntrue {
            group,
            generation,
            state,
        } => Words::of(
            "Group described in a wrong state",
            "While a group prepares a rebalance, no heartbeat is answered ok.",
            "Kafka protocol: DescribeGroups",
        )
        .seen(format!(
            "Group {} was described as {} twice in a row, and no generation formed in between. In between, a heartbeat of \
             generation {generation} was answered ok.",
            untrusted(group),
            untrusted(state)
        ))
        .therefore("Whoever watches the group takes it for one that does not become stable.")
        .detail(line(group, *generation)),
        Finding::LeaderNotMember {
            group,
            generation,
            leader,
        } => Words::of(
            "Leader that is not a member",
            "The leader of a generation is one of its members. It assigns the partitions.",
            GROUPS,
        )
        .seen(format!(
            "An answer lists the members of generation {generation} of group {}, and names {} as their leader, which is not \
             among them.",
            untrusted(group),
            untrusted(leader)
        ))
        .therefore("No member takes itself for the leader, so that no partition is assigned.")
        .detail(line(group, *generation)),
        _ => return None,
    })
}

fn line(group: &str, generation: i32) -> String {
    format!("group {}, generation {generation}", untrusted(group))
}
