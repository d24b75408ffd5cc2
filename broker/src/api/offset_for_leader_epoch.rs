//! OffsetForLeaderEpoch: where an epoch ended, by which a consumer notices that its position was
//! cut off (KIP-320).

use std::sync::Arc;

use kafka_protocol::messages::offset_for_leader_epoch_response::{
    EpochEndOffset, OffsetForLeaderTopicResult,
};
use kafka_protocol::messages::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};

use super::Context;
use crate::ask::Ending;
use crate::request::{EpochEndPartition, Request, Response};
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.skip(if version >= 3 { 4 } else { 0 })?;
    shape.array(|topic| {
        topic.string()?;
        topic.array(|partition| {
            partition.skip(12)?;
            partition.tags()
        })?;
        topic.tags()
    })?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: OffsetForLeaderEpochRequest,
) -> Result<OffsetForLeaderEpochResponse, Ending> {
    let mut partitions = Vec::new();
    for topic in &request.topics {
        for partition in &topic.partitions {
            partitions.push(EpochEndPartition {
                topic: topic.topic.to_string(),
                partition: partition.partition,
                current_leader_epoch: partition.current_leader_epoch,
                epoch: partition.leader_epoch,
            });
        }
    }
    let mut outcomes = match context.core.ask(Request::EpochEnds { partitions }).await? {
        Response::EpochEnds(outcomes) => outcomes.into_iter(),
        other => unreachable!("the core answers EpochEnds with EpochEnds, not {other:?}"),
    };
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|asked| {
            let answer = EpochEndOffset::default().with_partition(asked.partition);
            match outcomes.next().expect("the core answers every partition") {
                Ok(end) => answer
                    .with_leader_epoch(end.epoch)
                    .with_end_offset(end.end_offset),
                Err(error) => answer.with_error_code(error.code()),
            }
        });
        let partitions = partitions.collect();
        OffsetForLeaderTopicResult::default()
            .with_topic(topic.topic)
            .with_partitions(partitions)
    });
    Ok(OffsetForLeaderEpochResponse::default().with_topics(topics.collect()))
}
