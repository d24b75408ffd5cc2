//! OffsetDelete: an administrator lets a group forget offsets of topics that nobody in it reads (KIP-496).

use std::sync::Arc;

use kafka_protocol::messages::offset_delete_response::{
    OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use kafka_protocol::messages::{OffsetDeleteRequest, OffsetDeleteResponse};

use super::{Context, error_of, errors_of};
use crate::ask::Ending;
use crate::request::groups::{GroupRequest, GroupResponse};
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, _version: i16) -> Walked {
    shape.string()?;
    shape.array(|topic| {
        topic.string()?;
        topic.array(|partition| partition.skip(4))
    })
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: OffsetDeleteRequest,
) -> Result<OffsetDeleteResponse, Ending> {
    let topics = request.topics.iter();
    let partitions = topics.flat_map(|topic| {
        let name = topic.name.to_string();
        topic
            .partitions
            .iter()
            .map(move |one| (name.clone(), one.partition_index))
    });
    let delete = GroupRequest::DeleteOffsets {
        group: request.group_id.to_string(),
        partitions: partitions.collect(),
    };
    let mut errors = match context.group(delete).await? {
        GroupResponse::Partitions(results) => {
            errors_of(GroupResponse::Partitions(results), 0).into_iter()
        }
        other => return Ok(OffsetDeleteResponse::default().with_error_code(error_of(other))),
    };
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|one| {
            OffsetDeleteResponsePartition::default()
                .with_partition_index(one.partition_index)
                .with_error_code(errors.next().unwrap_or_default())
        });
        let partitions = partitions.collect();
        OffsetDeleteResponseTopic::default()
            .with_name(topic.name)
            .with_partitions(partitions)
    });
    Ok(OffsetDeleteResponse::default().with_topics(topics.collect()))
}
