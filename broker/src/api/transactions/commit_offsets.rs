//! TxnOffsetCommit: offsets of a consumer group that are committed with the transaction, and not at all if it is aborted.

use std::sync::Arc;

use kafka_protocol::messages::txn_offset_commit_response::{
    TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};
use kafka_protocol::messages::{TxnOffsetCommitRequest, TxnOffsetCommitResponse};

use super::{Context, error_of, for_version};
use crate::ask::Ending;
use crate::request::groups::{CommittedOffset, MemberOf, OffsetToCommit};
use crate::request::transactions::{ProducerEpoch, TransactionStep};
use crate::shape::{Shape, Walked};

/// First version that adds the group to the transaction by itself (KIP-890).
const ADDS: i16 = 5;

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.string()?;
    shape.string()?;
    shape.skip(10)?;
    if version >= 3 {
        shape.skip(4)?;
        shape.string()?;
        shape.string()?;
    }
    shape.array(|topic| {
        topic.string()?;
        topic.array(|partition| {
            partition.skip(if version >= 2 { 16 } else { 12 })?;
            partition.string()?;
            partition.tags()
        })?;
        topic.tags()
    })?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    version: i16,
    request: TxnOffsetCommitRequest,
) -> Result<TxnOffsetCommitResponse, Ending> {
    let offsets = request.topics.iter().flat_map(|topic| {
        topic.partitions.iter().map(|one| {
            let metadata = one.committed_metadata.as_ref();
            OffsetToCommit {
                topic: topic.name.to_string(),
                partition: one.partition_index,
                committed: CommittedOffset {
                    offset: one.committed_offset,
                    leader_epoch: one.committed_leader_epoch,
                    metadata: metadata.map_or(String::new(), ToString::to_string),
                },
            }
        })
    });
    let step = TransactionStep::StageOffsets {
        producer: ProducerEpoch {
            id: request.producer_id.0,
            epoch: request.producer_epoch,
        },
        member: MemberOf {
            group: request.group_id.to_string(),
            generation: request.generation_id,
            member: request.member_id.to_string(),
            instance: request
                .group_instance_id
                .map(|instance| instance.to_string()),
        },
        offsets: offsets.collect(),
        adds: version >= ADDS,
    };
    let outcome = context.transact(&request.transactional_id, step).await?;
    // No version's clients end over PRODUCER_FENCED here.
    let code = outcome.err().map_or(0, |refusal| {
        for_version(error_of(&refusal), version, i16::MAX).code()
    });
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|one| {
            TxnOffsetCommitResponsePartition::default()
                .with_partition_index(one.partition_index)
                .with_error_code(code)
        });
        let partitions = partitions.collect();
        TxnOffsetCommitResponseTopic::default()
            .with_name(topic.name)
            .with_partitions(partitions)
    });
    Ok(TxnOffsetCommitResponse::default().with_topics(topics.collect()))
}
