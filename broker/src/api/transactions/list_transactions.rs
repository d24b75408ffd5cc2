//! ListTransactions: all transactional ids, or those in some states, of some producers, or open for longer than a time.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::list_transactions_response::TransactionState;
use kafka_protocol::messages::{
    ListTransactionsRequest, ListTransactionsResponse, ProducerId, TransactionalId,
};

use super::super::string;
use super::{Context, now_ms};
use crate::ask::Ending;
use crate::request::transactions::TransactionView;
use crate::shape::{Shape, Walked};

/// States that Kafka knows. A transaction here is in few of them.
const STATES: [&str; 8] = [
    "Empty",
    "Ongoing",
    "PrepareCommit",
    "PrepareAbort",
    "CompleteCommit",
    "CompleteAbort",
    "PrepareEpochFence",
    "Dead",
];

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.array(|state| state.string())?;
    shape.array(|producer| producer.skip(8))?;
    shape.skip(if version >= 1 { 8 } else { 0 })?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    request: ListTransactionsRequest,
) -> Result<ListTransactionsResponse, Ending> {
    let views = match context.transactions(None).await? {
        Ok(views) => views,
        // An administrator asks every node for those that it coordinates: here it is none.
        Err(ResponseError::NotCoordinator) => Vec::new(),
        Err(error) => {
            return Ok(ListTransactionsResponse::default().with_error_code(error.code()));
        }
    };
    let states = &request.state_filters;
    let is_state = |view: &TransactionView| {
        states.is_empty() || states.iter().any(|state| state.as_str() == view.state)
    };
    let mut producers: Vec<i64> = request.producer_id_filters.iter().map(|id| id.0).collect();
    producers.sort_unstable();
    let is_producer = |view: &TransactionView| {
        producers.is_empty() || producers.binary_search(&view.producer.id).is_ok()
    };
    let (least, now) = (request.duration_filter, now_ms());
    let is_old = |view: &TransactionView| {
        let age = now.saturating_sub(view.started_ms);
        least < 0 || view.started_ms >= 0 && age > least
    };
    let listed = views
        .into_iter()
        .filter(|view| is_state(view) && is_producer(view) && is_old(view))
        .map(|view| {
            TransactionState::default()
                .with_transactional_id(TransactionalId(string(view.id)))
                .with_producer_id(ProducerId(view.producer.id))
                .with_transaction_state(string(view.state))
        });
    let listed = listed.collect();
    let unknown = states
        .iter()
        .filter(|state| !STATES.contains(&state.as_str()));
    Ok(ListTransactionsResponse::default()
        .with_unknown_state_filters(unknown.cloned().collect())
        .with_transaction_states(listed))
}
