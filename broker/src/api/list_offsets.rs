//! ListOffsets: where a partition begins and ends, and offsets by time. The leader alone answers,
//! linearizably.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::{ListOffsetsRequest, ListOffsetsResponse};
use tokio::task::spawn_blocking;

use super::Context;
use crate::ask::Ending;
use crate::record_batch::{self, records};
use crate::request::{Extent, ListOffsetsPartition, ListedOffset, Request, Response};
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.skip(if version >= 2 { 5 } else { 4 })?;
    shape.array(|topic| {
        topic.string()?;
        topic.array(|partition| {
            partition.skip(if version >= 4 { 16 } else { 12 })?;
            partition.tags()
        })?;
        topic.tags()
    })?;
    shape.tags()
}

/// `isolation_level` of a consumer that leaves out what belongs to open transactions.
const READ_COMMITTED: i8 = 1;

/// The first version that contains leader epochs (KIP-320).
const LEADER_EPOCH_FROM: i16 = 4;

/// Finds the record in the batch that holds it; in the next one if that has lost it.
async fn opened(context: &Context, listed: ListedOffset) -> Result<ListedOffset, ResponseError> {
    let mut listed = listed;
    loop {
        let Some(extent) = listed.batch.clone() else {
            return Ok(listed);
        };
        let found = found(context, extent, &listed).await?;
        listed = match (found, listed.otherwise.take()) {
            (Some((offset, timestamp)), _) => {
                return Ok(ListedOffset {
                    offset,
                    timestamp,
                    ..listed
                });
            }
            (None, Some(otherwise)) => *otherwise,
            // A header's largest timestamp is the client's word: if no record has it, there is no answer.
            (None, None) => return Err(ResponseError::KafkaStorageError),
        };
    }
}

/// The record in a batch that is asked for.
async fn found(
    context: &Context,
    extent: Extent,
    listed: &ListedOffset,
) -> Result<Option<(i64, i64)>, ResponseError> {
    let bytes_max = context.config.limits.uncompressed_bytes;
    let (from, largest) = ((listed.offset, listed.timestamp), listed.largest);
    let turn = Arc::clone(&context.unpacking).acquire_owned().await;
    let reading = spawn_blocking(move || {
        let _turn = turn;
        let mut batch = vec![0; extent.length];
        extent
            .file
            .read_exact_at(&mut batch, extent.position)
            .ok()?;
        let header = record_batch::peek(&batch)?;
        let found = match largest {
            true => records::largest_from(&batch, &header, bytes_max, from),
            false => records::first_from(&batch, &header, bytes_max, from),
        };
        found.ok()
    });
    // The thread does not panic; should it, the batch counts as unreadable.
    let found = reading.await.ok().flatten();
    found.ok_or(ResponseError::KafkaStorageError)
}

pub(super) async fn answer(
    context: &Arc<Context>,
    version: i16,
    request: ListOffsetsRequest,
) -> Result<ListOffsetsResponse, Ending> {
    let mut partitions = Vec::new();
    for topic in &request.topics {
        for partition in &topic.partitions {
            partitions.push(ListOffsetsPartition {
                topic: topic.name.to_string(),
                partition: partition.partition_index,
                current_leader_epoch: partition.current_leader_epoch,
                timestamp: partition.timestamp,
            });
        }
    }
    let deadline = context.core.deadline_in(context.config.request_deadline());
    let outcomes = match context
        .core
        .ask(Request::ListOffsets {
            partitions,
            deadline,
            read_committed: request.isolation_level == READ_COMMITTED,
        })
        .await?
    {
        Response::ListOffsets(outcomes) => outcomes,
        other => unreachable!("the core answers ListOffsets with ListOffsets, not {other:?}"),
    };
    let mut found = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        found.push(match outcome {
            Ok(listed) => opened(context, listed).await,
            Err(error) => Err(error),
        });
    }
    let mut outcomes = found.into_iter();
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            let answer =
                ListOffsetsPartitionResponse::default().with_partition_index(asked.partition_index);
            match outcomes.next().expect("the core answers every partition") {
                Ok(found) => answer
                    .with_offset(found.offset)
                    .with_timestamp(found.timestamp)
                    // Older versions have no such field, and the codec refuses to leave it out in
                    // silence.
                    .with_leader_epoch(if version >= LEADER_EPOCH_FROM {
                        found.leader_epoch
                    } else {
                        -1
                    }),
                Err(error) => answer.with_error_code(error.code()),
            }
        });
        let partitions = partitions.collect();
        ListOffsetsTopicResponse::default()
            .with_name(topic.name)
            .with_partitions(partitions)
    });
    Ok(ListOffsetsResponse::default().with_topics(topics.collect()))
}
