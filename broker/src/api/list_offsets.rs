//! ListOffsets: where a partition begins and ends, and offsets by time. The leader alone answers,
//! linearizably.

use std::sync::Arc;

use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::{ListOffsetsRequest, ListOffsetsResponse};

use super::Context;
use crate::ask::Ending;
use crate::request::{ListOffsetsPartition, Request, Response};
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

/// The first version that contains leader epochs (KIP-320).
const LEADER_EPOCH_FROM: i16 = 4;

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
    let mut outcomes = match context
        .core
        .ask(Request::ListOffsets {
            partitions,
            deadline,
        })
        .await?
    {
        Response::ListOffsets(outcomes) => outcomes.into_iter(),
        other => unreachable!("the core answers ListOffsets with ListOffsets, not {other:?}"),
    };
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
