//! DeleteRecords: moves the begin of partitions up. The leader alone takes it, and answers once a majority has it.
//!
//! What is deleted is gone for clients at once. Its bytes go with the segment that holds them, which all partitions share.

use std::sync::Arc;

use kafka_protocol::messages::delete_records_response::{
    DeleteRecordsPartitionResult, DeleteRecordsTopicResult,
};
use kafka_protocol::messages::{DeleteRecordsRequest, DeleteRecordsResponse};

use super::Context;
use crate::ask::Ending;
use crate::request::{Request, Response};
use crate::shape::{Shape, Walked};

/// In place of a first offset that is not known.
const UNKNOWN: i64 = -1;

pub(super) fn shape(shape: &mut Shape<'_>, _version: i16) -> Walked {
    shape.array(|topic| {
        topic.string()?;
        topic.array(|partition| {
            partition.skip(12)?;
            partition.tags()
        })?;
        topic.tags()
    })?;
    shape.skip(4)?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: DeleteRecordsRequest,
) -> Result<DeleteRecordsResponse, Ending> {
    let deadline = context.forward_deadline(request.timeout_ms);
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in request.topics {
        let mut partitions = Vec::with_capacity(topic.partitions.len());
        for asked in &topic.partitions {
            let question = Request::DeleteRecords {
                topic: topic.name.to_string(),
                partition: asked.partition_index,
                offset: asked.offset,
                deadline,
            };
            let outcome = match context.core.ask(question).await? {
                Response::Deleted(outcome) => outcome,
                other => unreachable!("the core answers DeleteRecords with Deleted, not {other:?}"),
            };
            let row = DeleteRecordsPartitionResult::default()
                .with_partition_index(asked.partition_index)
                .with_low_watermark(*outcome.as_ref().unwrap_or(&UNKNOWN))
                .with_error_code(outcome.err().map_or(0, |error| error.code()));
            partitions.push(row);
        }
        let row = DeleteRecordsTopicResult::default()
            .with_name(topic.name)
            .with_partitions(partitions);
        topics.push(row);
    }
    Ok(DeleteRecordsResponse::default().with_topics(topics))
}
