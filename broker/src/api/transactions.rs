//! The APIs of transactions. The leader alone answers them, and FindCoordinator names it; any other node answers
//! NOT_COORDINATOR.

mod add_offsets;
mod add_partitions;
mod commit_offsets;
mod describe_producers;
mod describe_transactions;
mod end;
mod list_transactions;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use kafka_protocol::ResponseError;
use kafka_protocol::messages::ApiKey;

use super::envelope::{Call, Hangup, Reply};
use super::{Context, respond};
use crate::ask::Ending;
use crate::request::transactions::{
    ProducerEpoch, TransactionRefusal, TransactionRequest, TransactionStep, TransactionView,
};
use crate::request::{Request, Response};

/// Longest transactional id, in bytes.
const ID_BYTES_MAX: usize = 1_024;

/// What became of a request.
pub(super) type Outcome = Result<ProducerEpoch, TransactionRefusal>;

/// Answers one request about transactions; None for another API.
pub(super) async fn dispatch(
    context: &Arc<Context>,
    call: &Call,
) -> Option<Result<Option<Reply>, Hangup>> {
    let version = call.version;
    Some(match call.key {
        ApiKey::AddPartitionsToTxn => {
            let answer = |request| add_partitions::answer(context, version, request);
            respond(context, call, add_partitions::shape, answer).await
        }
        ApiKey::AddOffsetsToTxn => {
            let answer = |request| add_offsets::answer(context, version, request);
            respond(context, call, add_offsets::shape, answer).await
        }
        ApiKey::TxnOffsetCommit => {
            let answer = |request| commit_offsets::answer(context, version, request);
            respond(context, call, commit_offsets::shape, answer).await
        }
        ApiKey::EndTxn => {
            let answer = |request| end::answer(context, version, request);
            respond(context, call, end::shape, answer).await
        }
        ApiKey::DescribeProducers => {
            let answer = |request| describe_producers::answer(context, request);
            respond(context, call, describe_producers::shape, answer).await
        }
        ApiKey::DescribeTransactions => {
            let answer = |request| describe_transactions::answer(context, request);
            respond(context, call, describe_transactions::shape, answer).await
        }
        ApiKey::ListTransactions => {
            let answer = |request| list_transactions::answer(context, request);
            respond(context, call, list_transactions::shape, answer).await
        }
        _ => return None,
    })
}

/// Decodes one request about transactions; None for another API.
#[cfg(feature = "fuzzing")]
pub(super) fn decode_only(call: &Call) -> Option<Result<(), Hangup>> {
    use kafka_protocol::messages as m;

    use super::envelope::decode_alone as decode;
    Some(match call.key {
        ApiKey::AddPartitionsToTxn => {
            decode::<m::AddPartitionsToTxnRequest>(call, add_partitions::shape).map(drop)
        }
        ApiKey::AddOffsetsToTxn => {
            decode::<m::AddOffsetsToTxnRequest>(call, add_offsets::shape).map(drop)
        }
        ApiKey::TxnOffsetCommit => {
            decode::<m::TxnOffsetCommitRequest>(call, commit_offsets::shape).map(drop)
        }
        ApiKey::EndTxn => decode::<m::EndTxnRequest>(call, end::shape).map(drop),
        ApiKey::DescribeProducers => {
            decode::<m::DescribeProducersRequest>(call, describe_producers::shape).map(drop)
        }
        ApiKey::DescribeTransactions => {
            decode::<m::DescribeTransactionsRequest>(call, describe_transactions::shape).map(drop)
        }
        ApiKey::ListTransactions => {
            decode::<m::ListTransactionsRequest>(call, list_transactions::shape).map(drop)
        }
        _ => return None,
    })
}

impl Context {
    /// Asks the coordinator, if this node is it.
    pub(super) async fn transact(
        &self,
        id: &str,
        step: TransactionStep,
    ) -> Result<Outcome, Ending> {
        if id.is_empty() || id.len() > ID_BYTES_MAX {
            return Ok(Err(ResponseError::InvalidRequest.into()));
        }
        let request = TransactionRequest {
            id: id.to_owned(),
            stamp_ms: now_ms(),
            step,
        };
        let deadline = self.core.deadline_in(self.config.request_deadline());
        let question = Request::Transaction { request, deadline };
        match self.core.ask(question).await? {
            Response::Transaction(outcome) => Ok(outcome),
            other => {
                unreachable!("the core answers Transaction with Transaction, not {other:?}")
            }
        }
    }

    /// Transactional ids as they are shown.
    async fn transactions(
        &self,
        ids: Option<Vec<String>>,
    ) -> Result<Result<Vec<TransactionView>, ResponseError>, Ending> {
        let deadline = self.core.deadline_in(self.config.request_deadline());
        let question = Request::Transactions { ids, deadline };
        match self.core.ask(question).await? {
            Response::Transactions(outcome) => Ok(outcome),
            other => {
                unreachable!("the core answers Transactions with Transactions, not {other:?}")
            }
        }
    }
}

/// The wall clock in ms.
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// The error for a client of this version. Before `knows_fenced` clients know PRODUCER_FENCED for nothing that ends them, and
/// would go on; as Kafka does, they are told INVALID_PRODUCER_EPOCH.
pub(super) fn for_version(error: ResponseError, version: i16, knows_fenced: i16) -> ResponseError {
    match error {
        ResponseError::ProducerFenced if version < knows_fenced => {
            ResponseError::InvalidProducerEpoch
        }
        error => error,
    }
}

/// The one error for all that was asked.
pub(super) fn error_of(refusal: &TransactionRefusal) -> ResponseError {
    match refusal {
        TransactionRefusal::Error(error) => *error,
        TransactionRefusal::UnknownPartitions(_) => ResponseError::UnknownTopicOrPartition,
    }
}
