//! DescribeProducers: the producers of partitions, and since which offset each has a transaction open. The leader alone
//! answers, linearizably.

use std::sync::Arc;

use kafka_protocol::messages::describe_producers_response::{
    PartitionResponse, ProducerState, TopicResponse,
};
use kafka_protocol::messages::{DescribeProducersRequest, DescribeProducersResponse, ProducerId};

use super::Context;
use crate::ask::Ending;
use crate::request::transactions::ProducerView;
use crate::request::{Request, Response};
use crate::shape::{Shape, Walked};

/// In place of what is not known here.
const UNKNOWN: i32 = -1;

pub(super) fn shape(shape: &mut Shape<'_>, _version: i16) -> Walked {
    shape.array(|topic| {
        topic.string()?;
        topic.array(|partition| partition.skip(4))?;
        topic.tags()
    })?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: DescribeProducersRequest,
) -> Result<DescribeProducersResponse, Ending> {
    let partitions = request.topics.iter().flat_map(|topic| {
        let name = topic.name.to_string();
        let numbers = topic.partition_indexes.iter();
        numbers.map(move |number| (name.clone(), *number))
    });
    let question = Request::Producers {
        partitions: partitions.collect(),
        deadline: context.core.deadline_in(context.config.request_deadline()),
    };
    let outcomes = match context.core.ask(question).await? {
        Response::Producers(outcomes) => outcomes,
        other => unreachable!("the core answers Producers with Producers, not {other:?}"),
    };
    let mut outcomes = outcomes.into_iter();
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partition_indexes.iter().map(|number| {
            let answer = PartitionResponse::default().with_partition_index(*number);
            match outcomes.next().expect("the core answers every partition") {
                Ok(producers) => {
                    answer.with_active_producers(producers.into_iter().map(shown).collect())
                }
                Err(error) => answer.with_error_code(error.code()),
            }
        });
        let partitions = partitions.collect();
        TopicResponse::default()
            .with_name(topic.name)
            .with_partitions(partitions)
    });
    Ok(DescribeProducersResponse::default().with_topics(topics.collect()))
}

fn shown(view: ProducerView) -> ProducerState {
    ProducerState::default()
        .with_producer_id(ProducerId(view.producer.id))
        .with_producer_epoch(view.producer.epoch.into())
        .with_last_sequence(view.last_sequence)
        .with_last_timestamp(UNKNOWN.into())
        .with_coordinator_epoch(UNKNOWN)
        .with_current_txn_start_offset(view.open_since)
}
