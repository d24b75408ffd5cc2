//! DeleteTopics: on any node; a follower passes the change on to the leader.

use std::sync::Arc;

use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::{DeleteTopicsRequest, DeleteTopicsResponse};

use super::Context;
use crate::ask::Ending;
use crate::request::AdminChange;
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, _version: i16) -> Walked {
    shape.array(|name| name.string())?;
    shape.skip(4)?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: DeleteTopicsRequest,
) -> Result<DeleteTopicsResponse, Ending> {
    let deadline = context.forward_deadline(request.timeout_ms);
    let mut results = Vec::with_capacity(request.topic_names.len());
    for name in request.topic_names {
        let change = AdminChange::DeleteTopic {
            name: name.to_string(),
        };
        let outcome = context.forwarder.change(change, deadline).await?;
        results.push(
            DeletableTopicResult::default()
                .with_name(Some(name))
                .with_error_code(outcome.err().map_or(0, |error| error.code())),
        );
    }
    Ok(DeleteTopicsResponse::default().with_responses(results))
}
