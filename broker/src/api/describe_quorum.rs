//! DescribeQuorum: the Raft group, shown under the name that KRaft gives it.
//!
//! Each node answers from what it knows itself: term, leader and commit index are its own, and only
//! the leader knows how far the voters are (-1 elsewhere). KRaft passes the question on to the
//! leader; asking each node for its own idea shows more, above all whether they agree.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_quorum_response::{PartitionData, ReplicaState, TopicData};
use kafka_protocol::messages::{DescribeQuorumRequest, DescribeQuorumResponse};

use super::{Context, broker_id, leader_id};
use crate::ask::Ending;
use crate::request::{QuorumView, Request, Response};
use crate::shape::{Shape, Walked};

/// The one topic that has a quorum, as KRaft calls it.
const METADATA_TOPIC: &str = "__cluster_metadata";

pub(super) fn shape(shape: &mut Shape<'_>, _version: i16) -> Walked {
    shape.array(|topic| {
        topic.string()?;
        topic.array(|partition| {
            partition.skip(4)?;
            partition.tags()
        })?;
        topic.tags()
    })?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: DescribeQuorumRequest,
) -> Result<DescribeQuorumResponse, Ending> {
    let quorum = match context.core.ask(Request::Quorum).await? {
        Response::Quorum(quorum) => quorum,
        other => unreachable!("the core answers Quorum with Quorum, not {other:?}"),
    };
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| {
            let index = partition.partition_index;
            if topic.topic_name.as_str() == METADATA_TOPIC && index == 0 {
                shown(&quorum)
            } else {
                let error = ResponseError::UnknownTopicOrPartition.code();
                PartitionData::default()
                    .with_partition_index(index)
                    .with_error_code(error)
            }
        });
        let partitions = partitions.collect();
        TopicData::default()
            .with_topic_name(topic.topic_name)
            .with_partitions(partitions)
    });
    Ok(DescribeQuorumResponse::default().with_topics(topics.collect()))
}

fn shown(quorum: &QuorumView) -> PartitionData {
    let voters = quorum.voters.iter().map(|(id, last_index)| {
        // The offset after the last entry, as KRaft has it; unknown stays -1.
        let end = if *last_index < 0 { -1 } else { last_index + 1 };
        ReplicaState::default()
            .with_replica_id(broker_id(*id))
            .with_log_end_offset(end)
    });
    PartitionData::default()
        .with_leader_id(leader_id(quorum.leader))
        .with_leader_epoch(i32::try_from(quorum.term).unwrap_or(i32::MAX))
        .with_high_watermark(i64::try_from(quorum.commit).unwrap_or(i64::MAX))
        .with_current_voters(voters.collect())
}
