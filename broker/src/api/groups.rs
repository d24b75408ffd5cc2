//! The APIs of consumer groups. The leader alone answers them, and FindCoordinator names it; any other node answers
//! NOT_COORDINATOR.

mod delete_groups;
mod describe_groups;
mod heartbeat;
mod join_group;
mod leave_group;
mod list_groups;
mod offset_commit;
mod offset_delete;
mod offset_fetch;
mod sync_group;

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::ApiKey;
use kafka_protocol::protocol::StrBytes;

use super::envelope::{Call, Hangup, Reply};
use super::{Context, respond};
use crate::ask::Ending;
use crate::request::groups::{GroupRequest, GroupResponse};
use crate::request::{Request, Response};

/// Answers one request about groups; None for another API.
pub(super) async fn dispatch(
    context: &Arc<Context>,
    call: &Call,
) -> Option<Result<Option<Reply>, Hangup>> {
    let version = call.version;
    Some(match call.key {
        ApiKey::JoinGroup => {
            let answer = |request| join_group::answer(context, call, request);
            respond(context, call, join_group::shape, answer).await
        }
        ApiKey::SyncGroup => {
            let answer = |request| sync_group::answer(context, request);
            respond(context, call, sync_group::shape, answer).await
        }
        ApiKey::Heartbeat => {
            let answer = |request| heartbeat::answer(context, request);
            respond(context, call, heartbeat::shape, answer).await
        }
        ApiKey::LeaveGroup => {
            let answer = |request| leave_group::answer(context, version, request);
            respond(context, call, leave_group::shape, answer).await
        }
        ApiKey::OffsetCommit => {
            let answer = |request| offset_commit::answer(context, request);
            respond(context, call, offset_commit::shape, answer).await
        }
        ApiKey::OffsetFetch => {
            let answer = |request| offset_fetch::answer(context, version, request);
            respond(context, call, offset_fetch::shape, answer).await
        }
        ApiKey::OffsetDelete => {
            let answer = |request| offset_delete::answer(context, request);
            respond(context, call, offset_delete::shape, answer).await
        }
        ApiKey::DescribeGroups => {
            let answer = |request| describe_groups::answer(context, request);
            respond(context, call, describe_groups::shape, answer).await
        }
        ApiKey::ListGroups => {
            let answer = |request| list_groups::answer(context, version, request);
            respond(context, call, list_groups::shape, answer).await
        }
        ApiKey::DeleteGroups => {
            let answer = |request| delete_groups::answer(context, request);
            respond(context, call, delete_groups::shape, answer).await
        }
        _ => return None,
    })
}

/// Decodes one request about groups; None for another API.
#[cfg(feature = "fuzzing")]
pub(super) fn decode_only(call: &Call) -> Option<Result<(), Hangup>> {
    use kafka_protocol::messages as m;

    use super::envelope::decode_alone as decode;
    Some(match call.key {
        ApiKey::JoinGroup => decode::<m::JoinGroupRequest>(call, join_group::shape).map(drop),
        ApiKey::SyncGroup => decode::<m::SyncGroupRequest>(call, sync_group::shape).map(drop),
        ApiKey::Heartbeat => decode::<m::HeartbeatRequest>(call, heartbeat::shape).map(drop),
        ApiKey::LeaveGroup => decode::<m::LeaveGroupRequest>(call, leave_group::shape).map(drop),
        ApiKey::OffsetCommit => {
            decode::<m::OffsetCommitRequest>(call, offset_commit::shape).map(drop)
        }
        ApiKey::OffsetFetch => decode::<m::OffsetFetchRequest>(call, offset_fetch::shape).map(drop),
        ApiKey::OffsetDelete => {
            decode::<m::OffsetDeleteRequest>(call, offset_delete::shape).map(drop)
        }
        ApiKey::DescribeGroups => {
            decode::<m::DescribeGroupsRequest>(call, describe_groups::shape).map(drop)
        }
        ApiKey::ListGroups => decode::<m::ListGroupsRequest>(call, list_groups::shape).map(drop),
        ApiKey::DeleteGroups => {
            decode::<m::DeleteGroupsRequest>(call, delete_groups::shape).map(drop)
        }
        _ => return None,
    })
}

impl Context {
    /// Asks the core about groups.
    async fn group(&self, request: GroupRequest) -> Result<GroupResponse, Ending> {
        let deadline = self.core.deadline_in(self.config.request_deadline());
        match self.core.ask(Request::Group { request, deadline }).await? {
            Response::Group(response) => Ok(response),
            other => unreachable!("the core answers Group with Group, not {other:?}"),
        }
    }
}

/// The error of an answer that holds nothing but an error. What the core may not answer here counts as one of its own.
fn error_of(response: GroupResponse) -> i16 {
    match response {
        GroupResponse::Done => 0,
        GroupResponse::Error(error) => error.code(),
        _ => ResponseError::UnknownServerError.code(),
    }
}

/// The errors of so many parts of a request.
fn errors_of(response: GroupResponse, parts: usize) -> Vec<i16> {
    match response {
        GroupResponse::Partitions(results) | GroupResponse::Left(results) => {
            let codes = results.into_iter();
            codes
                .map(|result| result.err().map_or(0, |error| error.code()))
                .collect()
        }
        other => vec![error_of(other); parts],
    }
}

fn optional(text: Option<StrBytes>) -> Option<String> {
    text.map(|text| text.to_string())
}
