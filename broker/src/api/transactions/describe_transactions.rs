//! DescribeTransactions: how far transactional ids have come, linearizably.

use std::collections::BTreeMap;
use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_transactions_response::{TopicData, TransactionState};
use kafka_protocol::messages::{
    DescribeTransactionsRequest, DescribeTransactionsResponse, ProducerId, TransactionalId,
};

use super::super::{string, topic_name};
use super::Context;
use crate::ask::Ending;
use crate::request::transactions::TransactionView;
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, _version: i16) -> Walked {
    shape.array(|id| id.string())?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: DescribeTransactionsRequest,
) -> Result<DescribeTransactionsResponse, Ending> {
    // Once each: an id that is named a thousand times does not multiply its partitions.
    let mut asked: Vec<String> = request
        .transactional_ids
        .iter()
        .map(|id| id.to_string())
        .collect();
    asked.sort();
    asked.dedup();
    let outcome = context.transactions(Some(asked.clone())).await?;
    let refused = |id: String, error: ResponseError| {
        TransactionState::default()
            .with_transactional_id(TransactionalId(string(id)))
            .with_error_code(error.code())
    };
    let states: Vec<TransactionState> = match outcome {
        Err(error) => asked.into_iter().map(|id| refused(id, error)).collect(),
        Ok(views) => {
            let mut known: BTreeMap<String, TransactionView> = views
                .into_iter()
                .map(|view| (view.id.clone(), view))
                .collect();
            let state = |id: String| match known.remove(&id) {
                Some(view) => shown(view),
                None => refused(id, ResponseError::TransactionalIdNotFound),
            };
            asked.into_iter().map(state).collect()
        }
    };
    Ok(DescribeTransactionsResponse::default().with_transaction_states(states))
}

fn shown(view: TransactionView) -> TransactionState {
    let mut topics: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for (topic, partition) in view.partitions {
        topics.entry(topic).or_default().push(partition);
    }
    let topics = topics.into_iter().map(|(topic, partitions)| {
        TopicData::default()
            .with_topic(topic_name(topic))
            .with_partitions(partitions)
    });
    TransactionState::default()
        .with_transactional_id(TransactionalId(string(view.id)))
        .with_transaction_state(string(view.state))
        .with_transaction_timeout_ms(view.timeout_ms)
        .with_transaction_start_time_ms(view.started_ms)
        .with_producer_id(ProducerId(view.producer.id))
        .with_producer_epoch(view.producer.epoch)
        .with_topics(topics.collect())
}
