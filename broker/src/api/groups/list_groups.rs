//! ListGroups: all groups, with their states.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::{GroupId, ListGroupsRequest, ListGroupsResponse};

use super::super::string;
use super::{Context, error_of};
use crate::ask::Ending;
use crate::request::groups::{GroupRequest, GroupResponse};
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    if version >= STATES_FROM {
        shape.array(|state| state.string())?;
    }
    shape.tags()
}

/// The first version that contains states.
const STATES_FROM: i16 = 4;

pub(super) async fn answer(
    context: &Arc<Context>,
    version: i16,
    request: ListGroupsRequest,
) -> Result<ListGroupsResponse, Ending> {
    let listed = match context.group(GroupRequest::List).await? {
        GroupResponse::Listed(listed) => listed,
        // An administrator asks every node for the groups that it coordinates: here it is none.
        GroupResponse::Error(ResponseError::NotCoordinator) => Vec::new(),
        other => return Ok(ListGroupsResponse::default().with_error_code(error_of(other))),
    };
    let wanted = |state: &str| {
        let filter = &request.states_filter;
        filter.is_empty()
            || filter
                .iter()
                .any(|wanted| wanted.eq_ignore_ascii_case(state))
    };
    let groups = listed.into_iter().filter_map(|(id, protocol_type, state)| {
        let state: &'static str = state.into();
        let group = ListedGroup::default()
            .with_group_id(GroupId(string(id)))
            .with_protocol_type(string(protocol_type));
        let shown = if version >= STATES_FROM { state } else { "" };
        wanted(state).then(|| group.with_group_state(string(shown)))
    });
    Ok(ListGroupsResponse::default().with_groups(groups.collect()))
}
