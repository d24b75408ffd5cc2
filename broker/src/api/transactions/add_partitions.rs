//! AddPartitionsToTxn: partitions become part of a transaction, all or none. From version 4 on it is only for brokers.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::add_partitions_to_txn_response::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnTopicResult,
};
use kafka_protocol::messages::{AddPartitionsToTxnRequest, AddPartitionsToTxnResponse};

use super::{Context, error_of, for_version};
use crate::ask::Ending;
use crate::request::transactions::{ProducerEpoch, TransactionRefusal, TransactionStep};
use crate::shape::{Shape, Walked};

/// First version whose clients know PRODUCER_FENCED.
const KNOWS_FENCED: i16 = 2;

pub(super) fn shape(shape: &mut Shape<'_>, _version: i16) -> Walked {
    shape.string()?;
    shape.skip(10)?;
    shape.array(|topic| {
        topic.string()?;
        topic.array(|partition| partition.skip(4))?;
        topic.tags()
    })?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    version: i16,
    request: AddPartitionsToTxnRequest,
) -> Result<AddPartitionsToTxnResponse, Ending> {
    let topics = request.v3_and_below_topics;
    let partitions = topics.iter().flat_map(|topic| {
        let name = topic.name.to_string();
        let numbers = topic.partitions.iter();
        numbers.map(move |number| (name.clone(), *number))
    });
    let step = TransactionStep::AddPartitions {
        producer: ProducerEpoch {
            id: request.v3_and_below_producer_id.0,
            epoch: request.v3_and_below_producer_epoch,
        },
        partitions: partitions.collect(),
    };
    let id = request.v3_and_below_transactional_id;
    let outcome = context.transact(&id, step).await?;
    let error_at = |at: usize| match &outcome {
        Ok(_) => 0,
        Err(TransactionRefusal::UnknownPartitions(unknown)) => {
            match unknown.binary_search(&at).is_ok() {
                true => ResponseError::UnknownTopicOrPartition.code(),
                false => ResponseError::OperationNotAttempted.code(),
            }
        }
        Err(refusal) => for_version(error_of(refusal), version, KNOWS_FENCED).code(),
    };
    let mut at = 0;
    let results = topics.into_iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|number| {
            let result = AddPartitionsToTxnPartitionResult::default()
                .with_partition_index(*number)
                .with_partition_error_code(error_at(at));
            at += 1;
            result
        });
        let partitions = partitions.collect();
        AddPartitionsToTxnTopicResult::default()
            .with_name(topic.name)
            .with_results_by_partition(partitions)
    });
    let results = results.collect();
    Ok(AddPartitionsToTxnResponse::default().with_results_by_topic_v3_and_below(results))
}
