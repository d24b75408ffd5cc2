//! JoinGroup: becoming a member, and hearing of the generation that forms. The answer may take as long as the other members
//! take to join.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::join_group_response::JoinGroupResponseMember;
use kafka_protocol::messages::{JoinGroupRequest, JoinGroupResponse};

use super::super::string;
use super::{Call, Context, optional};
use crate::ask::Ending;
use crate::request::groups::{GroupRequest, GroupResponse, Join};
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.string()?;
    shape.skip(if version >= 1 { 8 } else { 4 })?;
    shape.string()?;
    if version >= 5 {
        shape.string()?;
    }
    shape.string()?;
    shape.array(|protocol| {
        protocol.string()?;
        protocol.bytes()?;
        protocol.tags()
    })?;
    shape.tags()
}

/// From here on a member without an id is given one first (KIP-394).
const MEMBER_ID_REQUIRED_FROM: i16 = 4;

pub(super) async fn answer(
    context: &Arc<Context>,
    call: &Call,
    request: JoinGroupRequest,
) -> Result<JoinGroupResponse, Ending> {
    let member = request.member_id.clone();
    let protocols = request.protocols.into_iter();
    let join = Join {
        group: request.group_id.to_string(),
        member: request.member_id.to_string(),
        instance: optional(request.group_instance_id),
        client_id: call.client_id(),
        client_host: format!("/{}", call.host),
        session_timeout_ms: request.session_timeout_ms,
        rebalance_timeout_ms: request.rebalance_timeout_ms,
        protocol_type: request.protocol_type.to_string(),
        protocols: protocols
            .map(|one| (one.name.to_string(), one.metadata))
            .collect(),
        id_required: call.version >= MEMBER_ID_REQUIRED_FROM,
    };
    let refused = |error: i16| {
        JoinGroupResponse::default()
            .with_error_code(error)
            .with_generation_id(-1)
            .with_protocol_name(Some(string("")))
    };
    Ok(match context.group(GroupRequest::Join(join)).await? {
        GroupResponse::Joined(joined) => {
            let members = joined.members.into_iter().map(|(id, instance, metadata)| {
                JoinGroupResponseMember::default()
                    .with_member_id(string(id))
                    .with_group_instance_id(instance.map(string))
                    .with_metadata(metadata)
            });
            JoinGroupResponse::default()
                .with_generation_id(joined.generation)
                .with_protocol_name(Some(string(joined.protocol)))
                .with_leader(string(joined.leader))
                .with_member_id(string(joined.member))
                .with_members(members.collect())
        }
        GroupResponse::MemberIdRequired(id) => {
            refused(ResponseError::MemberIdRequired.code()).with_member_id(string(id))
        }
        other => refused(super::error_of(other)).with_member_id(member),
    })
}
