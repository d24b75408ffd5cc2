//! Lies to members of consumer groups: JoinGroup, SyncGroup, Heartbeat, LeaveGroup, and to who describes groups.

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::{
    DescribeGroupsResponse, HeartbeatResponse, JoinGroupResponse, LeaveGroupResponse,
    SyncGroupResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::When::{Always, OneIn};
use super::lie::{Change, Lie};
use super::{Mutant, When};

const fn join(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    when: When,
    change: Change<JoinGroupResponse>,
) -> Mutant {
    Mutant::new(name, field, does, when, Lie::Join(change))
}

const fn sync(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    when: When,
    change: Change<SyncGroupResponse>,
) -> Mutant {
    Mutant::new(name, field, does, when, Lie::Sync(change))
}

const fn beat(
    name: &'static str,
    does: &'static str,
    when: When,
    change: Change<HeartbeatResponse>,
) -> Mutant {
    Mutant::new(name, "error_code", does, when, Lie::Heartbeat(change))
}

const fn group(
    name: &'static str,
    field: &'static str,
    does: &'static str,
    change: Change<DescribeGroupsResponse>,
) -> Mutant {
    Mutant::new(name, field, does, Always, Lie::DescribeGroups(change))
}

/// Refuses what was granted.
fn refuse(code: &mut i16, error: ResponseError) {
    if *code == 0 {
        *code = error.code();
    }
}

fn text(text: &'static str) -> StrBytes {
    StrBytes::from_static_str(text)
}

/// A place for what is no partition's.
fn nowhere() -> super::memory::Place {
    (String::new(), 0)
}

/// The rows.
pub(super) const TABLE: &[Mutant] = &[
    join(
        "join-generation-ahead",
        "generation_id",
        "a generation that is one too high",
        Always,
        |answer, _| answer.generation_id += i32::from(answer.error_code == 0),
    ),
    join(
        "join-generation-frozen",
        "generation_id",
        "the first generation, for ever",
        Always,
        |answer, scene| {
            if answer.error_code == 0 {
                let first = scene.memory.first_of_all(answer.generation_id.into());
                answer.generation_id = i32::try_from(first).unwrap_or(-1);
            }
        },
    ),
    join(
        "join-leader-everybody",
        "leader",
        "every member leads",
        Always,
        |answer, _| answer.leader = answer.member_id.clone(),
    ),
    join(
        "join-leader-nobody",
        "leader",
        "a member leads that does not exist",
        Always,
        |answer, _| answer.leader = text("nobody"),
    ),
    join(
        "join-member-missing",
        "members",
        "the leader is not told of one member",
        Always,
        |answer, _| {
            if answer.members.len() > 1 {
                let own = answer.member_id.clone();
                let other = answer.members.iter().rposition(|one| one.member_id != own);
                other.map(|at| answer.members.remove(at));
            }
        },
    ),
    join(
        "join-subscription-empty",
        "metadata",
        "the leader is not told what the members subscribed to",
        Always,
        |answer, _| {
            for member in &mut answer.members {
                member.metadata = Bytes::new();
            }
        },
    ),
    join(
        "join-member-another",
        "member_id",
        "another member id than the member has",
        Always,
        |answer, _| answer.member_id = text("somebody"),
    ),
    join(
        "join-protocol-another",
        "protocol_name",
        "an assignor that no member named",
        Always,
        |answer, _| answer.protocol_name = Some(text("sticky")),
    ),
    join(
        "join-refused",
        "error_code",
        "COORDINATOR_LOAD_IN_PROGRESS, always",
        Always,
        |answer, _| {
            refuse(
                &mut answer.error_code,
                ResponseError::CoordinatorLoadInProgress,
            )
        },
    ),
    join(
        "join-unknown-member",
        "error_code",
        "UNKNOWN_MEMBER_ID, always",
        Always,
        |answer, _| refuse(&mut answer.error_code, ResponseError::UnknownMemberId),
    ),
    sync(
        "sync-assignment-empty",
        "assignment",
        "no partition is assigned",
        Always,
        |answer, _| answer.assignment = Bytes::new(),
    ),
    sync(
        "sync-assignment-before",
        "assignment",
        "the assignment that somebody got before",
        Always,
        |answer, scene| {
            if answer.error_code == 0 {
                let own = answer.assignment.clone();
                if let Some(before) = scene.memory.records.insert(nowhere(), own) {
                    answer.assignment = before;
                }
            }
        },
    ),
    sync(
        "sync-refused",
        "error_code",
        "REBALANCE_IN_PROGRESS, always",
        Always,
        |answer, _| refuse(&mut answer.error_code, ResponseError::RebalanceInProgress),
    ),
    beat(
        "heartbeat-success-instead-of-error",
        "whoever sends it is a member",
        Always,
        |answer, _| answer.error_code = 0,
    ),
    beat(
        "heartbeat-unknown-member",
        "UNKNOWN_MEMBER_ID, now and then",
        OneIn(20),
        |answer, _| refuse(&mut answer.error_code, ResponseError::UnknownMemberId),
    ),
    beat(
        "heartbeat-rebalance",
        "REBALANCE_IN_PROGRESS, now and then",
        OneIn(5),
        |answer, _| refuse(&mut answer.error_code, ResponseError::RebalanceInProgress),
    ),
    beat(
        "heartbeat-refused",
        "COORDINATOR_NOT_AVAILABLE, always",
        Always,
        |answer, _| {
            refuse(
                &mut answer.error_code,
                ResponseError::CoordinatorNotAvailable,
            )
        },
    ),
    Mutant::new(
        "leave-refused",
        "error_code",
        "COORDINATOR_NOT_AVAILABLE, always",
        Always,
        Lie::Leave(left),
    ),
    group(
        "group-state-rebalance",
        "group_state",
        "every group prepares a rebalance, for ever",
        |answer, _| {
            for group in &mut answer.groups {
                group.group_state = text("PreparingRebalance");
            }
        },
    ),
    group(
        "group-member-missing",
        "members",
        "one member less",
        |answer, _| {
            for group in &mut answer.groups {
                group.members.pop();
            }
        },
    ),
];

/// The members are gone, and are told that nobody knows.
fn left(answer: &mut LeaveGroupResponse, _: &mut super::lie::Scene<'_>) {
    refuse(
        &mut answer.error_code,
        ResponseError::CoordinatorNotAvailable,
    );
}
