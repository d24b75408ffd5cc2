//! Heartbeat: a member lives, and learns whether it still is one.

use std::sync::Arc;

use kafka_protocol::messages::{HeartbeatRequest, HeartbeatResponse};

use super::{Context, error_of, optional};
use crate::ask::Ending;
use crate::request::groups::{GroupRequest, MemberOf};
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.string()?;
    shape.skip(4)?;
    shape.string()?;
    if version >= 3 {
        shape.string()?;
    }
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: HeartbeatRequest,
) -> Result<HeartbeatResponse, Ending> {
    let member = MemberOf {
        group: request.group_id.to_string(),
        generation: request.generation_id,
        member: request.member_id.to_string(),
        instance: optional(request.group_instance_id),
    };
    let response = context.group(GroupRequest::Heartbeat(member)).await?;
    Ok(HeartbeatResponse::default().with_error_code(error_of(response)))
}
