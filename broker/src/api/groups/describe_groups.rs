//! DescribeGroups: where groups stand, and who is in them.

use std::sync::Arc;

use kafka_protocol::messages::describe_groups_response::{DescribedGroup, DescribedGroupMember};
use kafka_protocol::messages::{DescribeGroupsRequest, DescribeGroupsResponse};

use super::super::string;
use super::{Context, error_of};
use crate::ask::Ending;
use crate::request::groups::{GroupRequest, GroupResponse};
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.array(|group| group.string())?;
    shape.skip(usize::from(version >= 3))?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: DescribeGroupsRequest,
) -> Result<DescribeGroupsResponse, Ending> {
    let mut groups = Vec::with_capacity(request.groups.len());
    for group in request.groups {
        let describe = GroupRequest::Describe(group.to_string());
        let answer = DescribedGroup::default().with_group_id(group);
        groups.push(match context.group(describe).await? {
            GroupResponse::Described(described) => {
                let members = described.members.into_iter().map(|member| {
                    DescribedGroupMember::default()
                        .with_member_id(string(member.id))
                        .with_group_instance_id(member.instance.map(string))
                        .with_client_id(string(member.client_id))
                        .with_client_host(string(member.client_host))
                        .with_member_metadata(member.metadata)
                        .with_member_assignment(member.assignment)
                });
                let state: &'static str = described.state.into();
                answer
                    .with_group_state(string(state))
                    .with_protocol_type(string(described.protocol_type))
                    .with_protocol_data(string(described.protocol))
                    .with_members(members.collect())
            }
            other => answer.with_error_code(error_of(other)),
        });
    }
    Ok(DescribeGroupsResponse::default().with_groups(groups))
}
