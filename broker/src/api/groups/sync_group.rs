//! SyncGroup: the leader member gives the assignment, and everybody gets its part.

use std::sync::Arc;

use kafka_protocol::messages::{SyncGroupRequest, SyncGroupResponse};

use super::{Context, optional};
use crate::ask::Ending;
use crate::request::groups::{GroupRequest, GroupResponse, MemberOf};
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.string()?;
    shape.skip(4)?;
    shape.string()?;
    if version >= 3 {
        shape.string()?;
    }
    shape.array(|assignment| {
        assignment.string()?;
        assignment.bytes()?;
        assignment.tags()
    })?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: SyncGroupRequest,
) -> Result<SyncGroupResponse, Ending> {
    let assignments = request.assignments.into_iter();
    let sync = GroupRequest::Sync {
        member: MemberOf {
            group: request.group_id.to_string(),
            generation: request.generation_id,
            member: request.member_id.to_string(),
            instance: optional(request.group_instance_id),
        },
        assignments: assignments
            .map(|one| (one.member_id.to_string(), one.assignment))
            .collect(),
    };
    Ok(match context.group(sync).await? {
        GroupResponse::Synced(assignment) => {
            SyncGroupResponse::default().with_assignment(assignment)
        }
        other => SyncGroupResponse::default().with_error_code(super::error_of(other)),
    })
}
