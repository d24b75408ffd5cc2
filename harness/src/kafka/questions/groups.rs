//! What members of consumer groups ask their coordinator: one request is one operation, so its outcome is exact. librdkafka
//! hides retries, and commits late what was deferred.

use std::net::SocketAddr;

use bytes::Bytes;
use checkers::history::Offset;
use kafka_protocol::messages::find_coordinator_response::FindCoordinatorResponse;
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{
    DescribeGroupsRequest, FindCoordinatorRequest, GroupId, HeartbeatRequest, JoinGroupRequest,
    LeaveGroupRequest, OffsetCommitRequest, OffsetFetchRequest, SyncGroupRequest,
};
use kafka_protocol::protocol::StrBytes;

use super::{NoAnswer, error_name, refused, topic_name};
use crate::kafka::wire::{Wire, WireError};
use kafka_protocol::error::ResponseError;

const FIND_COORDINATOR_VERSION: i16 = 2;
const JOIN_VERSION: i16 = 5;
const SYNC_VERSION: i16 = 3;
const HEARTBEAT_VERSION: i16 = 3;
const LEAVE_VERSION: i16 = 3;
const COMMIT_VERSION: i16 = 7;
/// The first version that waits for open transactions (KIP-447).
const FETCH_VERSION: i16 = 7;
const DESCRIBE_VERSION: i16 = 4;

/// The assignor of raw members.
pub const PROTOCOL: &str = "range";
const PROTOCOL_TYPE: &str = "consumer";

/// What a key of FindCoordinator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A consumer group.
    Group = 0,
    /// A transactional id.
    Transaction = 1,
}

/// Who a member is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Its group.
    pub group: String,
    /// Its member id; empty before it has one.
    pub member: String,
    /// Its generation; -1 before it has one.
    pub generation: i32,
    /// Its static id.
    pub instance: Option<String>,
}

/// How a JoinGroup came out.
#[derive(Clone, Debug, Default)]
pub struct Joined {
    /// The generation.
    pub generation: i32,
    /// The own member id.
    pub member: String,
    /// The leader's.
    pub leader: String,
    /// All members, for the leader: id, static id, subscription.
    pub members: Vec<(String, Option<String>, Bytes)>,
}

/// An offset to commit, or that was fetched: topic, partition, offset, token.
pub type Place = (String, i32, Offset, String);

/// Asks a node for the coordinator: its broker id and its address.
///
/// # Errors
/// If the node does not answer or refuses, or names an address that is none.
pub fn find_coordinator(
    wire: &mut Wire,
    key: &str,
    of: Key,
) -> Result<(i32, SocketAddr), NoAnswer> {
    let request = FindCoordinatorRequest::default()
        .with_key(text(key))
        .with_key_type(of as i8);
    let answer: FindCoordinatorResponse = wire.call(&request, FIND_COORDINATOR_VERSION)?;
    if let Some(refusal) = refused(answer.error_code) {
        return Err(refusal);
    }
    let address = format!("{}:{}", &*answer.host, answer.port);
    let malformed = |_| WireError::Malformed(format!("{address} is not an address"));
    Ok((answer.node_id.0, address.parse().map_err(malformed)?))
}

/// Joins a group. The refusal MEMBER_ID_REQUIRED comes with the id, as `Err((_, id))`.
///
/// # Errors
/// If the node does not answer or refuses.
pub fn join(
    wire: &mut Wire,
    identity: &Identity,
    (session_ms, rebalance_ms): (i32, i32),
    subscription: Bytes,
) -> Result<Joined, (NoAnswer, String)> {
    let protocol = JoinGroupRequestProtocol::default()
        .with_name(text(PROTOCOL))
        .with_metadata(subscription);
    let request = JoinGroupRequest::default()
        .with_group_id(group(&identity.group))
        .with_session_timeout_ms(session_ms)
        .with_rebalance_timeout_ms(rebalance_ms)
        .with_member_id(text(&identity.member))
        .with_group_instance_id(identity.instance.as_deref().map(text))
        .with_protocol_type(text(PROTOCOL_TYPE))
        .with_protocols(vec![protocol]);
    let answer = wire.call(&request, JOIN_VERSION);
    let answer = answer.map_err(|error| (error.into(), String::new()))?;
    if let Some(refusal) = refused(answer.error_code) {
        return Err((refusal, answer.member_id.to_string()));
    }
    let members = answer.members.into_iter().map(|one| {
        let instance = one.group_instance_id.map(|id| id.to_string());
        (one.member_id.to_string(), instance, one.metadata)
    });
    Ok(Joined {
        generation: answer.generation_id,
        member: answer.member_id.to_string(),
        leader: answer.leader.to_string(),
        members: members.collect(),
    })
}

/// Gives (the leader) or gets (everybody) the assignment of a generation.
///
/// # Errors
/// If the node does not answer or refuses.
pub fn sync(
    wire: &mut Wire,
    identity: &Identity,
    assignments: Vec<(String, Bytes)>,
) -> Result<Bytes, NoAnswer> {
    let assignments = assignments.into_iter().map(|(member, assignment)| {
        SyncGroupRequestAssignment::default()
            .with_member_id(text(&member))
            .with_assignment(assignment)
    });
    let request = SyncGroupRequest::default()
        .with_group_id(group(&identity.group))
        .with_generation_id(identity.generation)
        .with_member_id(text(&identity.member))
        .with_group_instance_id(identity.instance.as_deref().map(text))
        .with_assignments(assignments.collect());
    let answer = wire.call(&request, SYNC_VERSION)?;
    refused(answer.error_code).map_or(Ok(answer.assignment), Err)
}

/// Says that a member lives.
///
/// # Errors
/// If the node does not answer or refuses.
pub fn heartbeat(wire: &mut Wire, identity: &Identity) -> Result<(), NoAnswer> {
    let request = HeartbeatRequest::default()
        .with_group_id(group(&identity.group))
        .with_generation_id(identity.generation)
        .with_member_id(text(&identity.member))
        .with_group_instance_id(identity.instance.as_deref().map(text));
    let answer = wire.call(&request, HEARTBEAT_VERSION)?;
    refused(answer.error_code).map_or(Ok(()), Err)
}

/// Leaves a group.
///
/// # Errors
/// If the node does not answer or refuses.
pub fn leave(wire: &mut Wire, identity: &Identity) -> Result<(), NoAnswer> {
    let member = MemberIdentity::default()
        .with_member_id(text(&identity.member))
        .with_group_instance_id(identity.instance.as_deref().map(text));
    let request = LeaveGroupRequest::default()
        .with_group_id(group(&identity.group))
        .with_members(vec![member]);
    let answer = wire.call(&request, LEAVE_VERSION)?;
    let of_member = answer.members.first().map_or(0, |one| one.error_code);
    let refusal = refused(answer.error_code).or_else(|| refused(of_member));
    refusal.map_or(Ok(()), Err)
}

/// Commits offsets. For each of them the error, if there was one.
///
/// # Errors
/// If the node does not answer.
pub fn commit(
    wire: &mut Wire,
    identity: &Identity,
    offsets: &[Place],
) -> Result<Vec<Option<String>>, WireError> {
    let topics = offsets.iter().map(|(topic, partition, offset, token)| {
        let partition = OffsetCommitRequestPartition::default()
            .with_partition_index(*partition)
            .with_committed_offset(*offset)
            .with_committed_leader_epoch(-1)
            .with_committed_metadata(Some(text(token)));
        OffsetCommitRequestTopic::default()
            .with_name(topic_name(topic))
            .with_partitions(vec![partition])
    });
    let request = OffsetCommitRequest::default()
        .with_group_id(group(&identity.group))
        .with_generation_id_or_member_epoch(identity.generation)
        .with_member_id(text(&identity.member))
        .with_group_instance_id(identity.instance.as_deref().map(text))
        .with_topics(topics.collect());
    let answer = wire.call(&request, COMMIT_VERSION)?;
    let answered = answer.topics.iter().flat_map(|topic| &topic.partitions);
    let codes: Vec<i16> = answered.map(|one| one.error_code).collect();
    if codes.len() != offsets.len() {
        return Err(WireError::Malformed(format!(
            "{} offsets were committed and {} were answered",
            offsets.len(),
            codes.len()
        )));
    }
    Ok(codes.into_iter().map(error_of).collect())
}

/// Asks for committed offsets. None is -1 without a token.
///
/// # Errors
/// If the node does not answer or refuses.
pub fn fetch_offsets(
    wire: &mut Wire,
    id: &str,
    partitions: &[(String, i32)],
    require_stable: bool,
) -> Result<Vec<(Place, Option<String>)>, NoAnswer> {
    let topics = partitions.iter().map(|(topic, partition)| {
        OffsetFetchRequestTopic::default()
            .with_name(topic_name(topic))
            .with_partition_indexes(vec![*partition])
    });
    let request = OffsetFetchRequest::default()
        .with_group_id(group(id))
        .with_topics(Some(topics.collect()))
        .with_require_stable(require_stable);
    let answer = wire.call(&request, FETCH_VERSION)?;
    if let Some(refusal) = refused(answer.error_code) {
        return Err(refusal);
    }
    let topics = answer.topics.iter();
    let places = topics.flat_map(|topic| {
        topic.partitions.iter().map(|one| {
            let token = one.metadata.as_deref().unwrap_or_default().to_owned();
            let topic = topic.name.0.to_string();
            let place = (topic, one.partition_index, one.committed_offset, token);
            (place, error_of(one.error_code))
        })
    });
    Ok(places.collect())
}

/// Asks a node where a group stands, and for its members' ids.
///
/// # Errors
/// If the node does not answer or refuses.
pub fn describe(wire: &mut Wire, id: &str) -> Result<(String, Vec<String>), NoAnswer> {
    let request = DescribeGroupsRequest::default().with_groups(vec![group(id)]);
    let answer = wire.call(&request, DESCRIBE_VERSION)?;
    let one = answer.groups.into_iter().next();
    let one = one.ok_or_else(|| NoAnswer::Refused("the group is not in the answer".into()))?;
    if let Some(refusal) = refused(one.error_code) {
        return Err(refusal);
    }
    let members = one
        .members
        .iter()
        .map(|member| member.member_id.to_string());
    Ok((one.group_state.to_string(), members.collect()))
}

fn error_of(code: i16) -> Option<String> {
    ResponseError::try_from_code(code).map(|error| error_name(&error))
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn group(id: &str) -> GroupId {
    GroupId(text(id))
}
