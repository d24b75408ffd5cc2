//! LeaveGroup: members that go, by their own wish or, with their static ids, by an administrator's.

use std::sync::Arc;

use kafka_protocol::messages::leave_group_response::MemberResponse;
use kafka_protocol::messages::{LeaveGroupRequest, LeaveGroupResponse};

use super::{Context, error_of, errors_of, optional};
use crate::ask::Ending;
use crate::request::groups::{GroupRequest, GroupResponse};
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.string()?;
    if version <= 2 {
        return shape.string();
    }
    shape.array(|member| {
        member.string()?;
        member.string()?;
        member.tags()
    })?;
    shape.tags()
}

/// From here on several members leave in one request (KIP-345).
const SEVERAL_FROM: i16 = 3;

pub(super) async fn answer(
    context: &Arc<Context>,
    version: i16,
    request: LeaveGroupRequest,
) -> Result<LeaveGroupResponse, Ending> {
    let group = request.group_id.to_string();
    let leave = |members| GroupRequest::Leave { group, members };
    if version < SEVERAL_FROM {
        let members = vec![(request.member_id.to_string(), None)];
        let errors = errors_of(context.group(leave(members)).await?, 1);
        let error = errors.first().copied().unwrap_or_default();
        return Ok(LeaveGroupResponse::default().with_error_code(error));
    }
    let members = request.members.iter();
    let members = members.map(|one| {
        (
            one.member_id.to_string(),
            optional(one.group_instance_id.clone()),
        )
    });
    let errors = match context.group(leave(members.collect())).await? {
        GroupResponse::Left(results) => errors_of(GroupResponse::Left(results), 0),
        other => return Ok(LeaveGroupResponse::default().with_error_code(error_of(other))),
    };
    let members = request.members.into_iter().zip(errors).map(|(one, error)| {
        MemberResponse::default()
            .with_member_id(one.member_id)
            .with_group_instance_id(one.group_instance_id)
            .with_error_code(error)
    });
    Ok(LeaveGroupResponse::default().with_members(members.collect()))
}
