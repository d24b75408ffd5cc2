//! What a node tells of transactions that are not the asker's: which are open and since when (ListTransactions,
//! DescribeTransactions), and which producers have something open in a partition (DescribeProducers).

use checkers::history::{ListedProducer, ListedTransaction};
use kafka_protocol::messages::describe_producers_request::TopicRequest;
use kafka_protocol::messages::{
    DescribeProducersRequest, DescribeTransactionsRequest, ListTransactionsRequest, TransactionalId,
};
use kafka_protocol::protocol::StrBytes;

use super::super::{NoAnswer, refused, topic_name};
use super::not_in_the_answer;
use crate::kafka::wire::Wire;

const LIST_VERSION: i16 = 0;
const DESCRIBE_VERSION: i16 = 0;
const DESCRIBE_PRODUCERS_VERSION: i16 = 0;

/// The states of transactions that are not over.
const OPEN: [&str; 3] = ["Ongoing", "PrepareCommit", "PrepareAbort"];

/// Transactions that a node lists as not over.
pub type Listed = Vec<ListedTransaction>;

/// Asks a node for the transactions that it coordinates and that are not over, and for how long each has been open, by the
/// wall clock `now_ms`, which must be the node's.
///
/// # Errors
/// If the node does not answer or refuses.
pub fn list(wire: &mut Wire, now_ms: i64) -> Result<Listed, NoAnswer> {
    let states = OPEN.map(StrBytes::from_static_str).to_vec();
    let request = ListTransactionsRequest::default().with_state_filters(states);
    let answer = wire.call(&request, LIST_VERSION)?;
    if let Some(refusal) = refused(answer.error_code) {
        return Err(refusal);
    }
    let mut listed: Listed = answer
        .transaction_states
        .iter()
        .map(|one| ListedTransaction {
            transactional_id: one.transactional_id.0.as_str().into(),
            producer_id: one.producer_id.0,
            state: one.transaction_state.as_str().into(),
            open_ms: None,
        })
        .collect();
    if listed.is_empty() {
        return Ok(listed);
    }
    let ids = listed.iter().map(|one| {
        let id = one.transactional_id.to_string();
        TransactionalId(StrBytes::from_string(id))
    });
    let request = DescribeTransactionsRequest::default().with_transactional_ids(ids.collect());
    let answer = wire.call(&request, DESCRIBE_VERSION)?;
    let described = answer.transaction_states;
    for one in &mut listed {
        // It may have ended since, and another one may have begun: then the answer to the later question counts.
        let found = described.iter().find(|described| {
            described.error_code == 0
                && described.transactional_id.0.as_str() == one.transactional_id
        });
        if let Some(found) = found {
            one.state = found.transaction_state.as_str().into();
            one.producer_id = found.producer_id.0;
            let begun_ms = found.transaction_start_time_ms;
            let age_ms = (begun_ms >= 0).then(|| now_ms.saturating_sub(begun_ms));
            one.open_ms = age_ms.map(|age| u64::try_from(age).unwrap_or(0));
        }
    }
    Ok(listed)
}

/// Asks a node which producers have an open transaction in a partition.
///
/// # Errors
/// If the node does not answer or refuses, as one that does not lead must.
pub fn producers(
    wire: &mut Wire,
    (topic, partition): (&str, i32),
) -> Result<Vec<ListedProducer>, NoAnswer> {
    let topic = TopicRequest::default()
        .with_name(topic_name(topic))
        .with_partition_indexes(vec![partition]);
    let request = DescribeProducersRequest::default().with_topics(vec![topic]);
    let answer = wire.call(&request, DESCRIBE_PRODUCERS_VERSION)?;
    let row = answer
        .topics
        .into_iter()
        .next()
        .and_then(|topic| topic.partitions.into_iter().next());
    let row = row.ok_or_else(not_in_the_answer)?;
    if let Some(refusal) = refused(row.error_code) {
        return Err(refusal);
    }
    let open = row.active_producers.iter();
    let open = open.filter(|one| one.current_txn_start_offset >= 0);
    let shown = open.map(|one| ListedProducer {
        producer_id: one.producer_id.0,
        epoch: one.producer_epoch,
        open_from: Some(one.current_txn_start_offset),
    });
    Ok(shown.collect())
}
