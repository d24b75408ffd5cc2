//! DeleteGroups: groups without members go, with their offsets.

use std::sync::Arc;

use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::{DeleteGroupsRequest, DeleteGroupsResponse};

use super::{Context, error_of};
use crate::ask::Ending;
use crate::request::groups::GroupRequest;
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, _version: i16) -> Walked {
    shape.array(|group| group.string())?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: DeleteGroupsRequest,
) -> Result<DeleteGroupsResponse, Ending> {
    let mut results = Vec::with_capacity(request.groups_names.len());
    for group in request.groups_names {
        let response = context
            .group(GroupRequest::Delete(group.to_string()))
            .await?;
        results.push(
            DeletableGroupResult::default()
                .with_group_id(group)
                .with_error_code(error_of(response)),
        );
    }
    Ok(DeleteGroupsResponse::default().with_results(results))
}
