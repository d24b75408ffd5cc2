//! OffsetCommit: how far a group came. It is acknowledged once a majority has it.

use std::sync::Arc;

use kafka_protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_protocol::messages::{OffsetCommitRequest, OffsetCommitResponse};

use super::{Context, errors_of, optional};
use crate::ask::Ending;
use crate::request::groups::{CommittedOffset, GroupRequest, MemberOf, OffsetToCommit};
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.string()?;
    shape.skip(4)?;
    shape.string()?;
    if version >= 7 {
        shape.string()?;
    }
    // How long to keep them, which no broker has read since Kafka 2.1.
    shape.skip(if (2..=4).contains(&version) { 8 } else { 0 })?;
    shape.array(|topic| {
        topic.string()?;
        topic.array(|partition| {
            partition.skip(if version >= 6 { 16 } else { 12 })?;
            partition.string()?;
            partition.tags()
        })?;
        topic.tags()
    })?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: OffsetCommitRequest,
) -> Result<OffsetCommitResponse, Ending> {
    let topics = request.topics.iter();
    let offsets: Vec<_> = topics
        .flat_map(|topic| {
            topic.partitions.iter().map(|one| OffsetToCommit {
                topic: topic.name.to_string(),
                partition: one.partition_index,
                committed: CommittedOffset {
                    offset: one.committed_offset,
                    leader_epoch: one.committed_leader_epoch,
                    metadata: optional(one.committed_metadata.clone()).unwrap_or_default(),
                },
            })
        })
        .collect();
    let parts = offsets.len();
    let commit = GroupRequest::Commit {
        member: MemberOf {
            group: request.group_id.to_string(),
            generation: request.generation_id_or_member_epoch,
            member: request.member_id.to_string(),
            instance: optional(request.group_instance_id),
        },
        offsets,
    };
    let mut errors = errors_of(context.group(commit).await?, parts).into_iter();
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|one| {
            OffsetCommitResponsePartition::default()
                .with_partition_index(one.partition_index)
                .with_error_code(errors.next().unwrap_or_default())
        });
        let partitions = partitions.collect();
        OffsetCommitResponseTopic::default()
            .with_name(topic.name)
            .with_partitions(partitions)
    });
    Ok(OffsetCommitResponse::default().with_topics(topics.collect()))
}
