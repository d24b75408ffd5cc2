//! InitProducerId: a producer id that nobody else ever has, for idempotent producers; for transactional ones, the next epoch
//! of the id that belongs to their transactional id.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{InitProducerIdRequest, InitProducerIdResponse, ProducerId};

use super::Context;
use super::transactions::{error_of, for_version};
use crate::ask::Ending;
use crate::request::transactions::{ProducerEpoch, TransactionStep};
use crate::shape::{Shape, Walked};

/// First version whose clients know PRODUCER_FENCED.
const KNOWS_FENCED: i16 = 4;

/// Longest time that a transaction may be open, in ms (Kafka's `transaction.max.timeout.ms`).
const TIMEOUT_MS_MAX: i32 = 900_000;

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.string()?;
    shape.skip(if version >= 3 { 14 } else { 4 })?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    version: i16,
    request: InitProducerIdRequest,
) -> Result<InitProducerIdResponse, Ending> {
    let outcome = match &request.transactional_id {
        None => idempotent(context).await?,
        Some(id) => {
            let outcome = transactional(context, id, &request).await?;
            outcome.map_err(|error| for_version(error, version, KNOWS_FENCED))
        }
    };
    let answer = InitProducerIdResponse::default();
    Ok(match outcome {
        Ok(producer) => answer
            .with_producer_id(ProducerId(producer.id))
            .with_producer_epoch(producer.epoch),
        Err(error) => answer
            .with_error_code(error.code())
            .with_producer_id(ProducerId(-1))
            .with_producer_epoch(-1),
    })
}

/// A producer that asks to have its epoch raised (KIP-360) gets a fresh id instead, which serves
/// the same end: nothing it sent before under the old id can be confused with what it sends from
/// now on.
async fn idempotent(context: &Context) -> Result<Result<ProducerEpoch, ResponseError>, Ending> {
    let deadline = context.core.deadline_in(context.config.forward_deadline());
    Ok(match context.forwarder.producer_id(deadline).await? {
        Ok(id) => Ok(ProducerEpoch { id, epoch: 0 }),
        // Producers do not expect NOT_CONTROLLER here; this one they retry.
        Err(ResponseError::NotController) => Err(ResponseError::CoordinatorNotAvailable),
        Err(error) => Err(error),
    })
}

/// The id stays: consumers tell aborted records by it, and the transactional id is fenced by its epoch.
async fn transactional(
    context: &Context,
    id: &str,
    request: &InitProducerIdRequest,
) -> Result<Result<ProducerEpoch, ResponseError>, Ending> {
    let timeout_ms = request.transaction_timeout_ms;
    if !(1..=TIMEOUT_MS_MAX).contains(&timeout_ms) {
        return Ok(Err(ResponseError::InvalidTransactionTimeout));
    }
    let named = ProducerEpoch {
        id: request.producer_id.0,
        epoch: request.producer_epoch,
    };
    let step = TransactionStep::Init {
        timeout_ms,
        named: (named.id >= 0).then_some(named),
    };
    let outcome = context.transact(id, step).await?;
    Ok(outcome.map_err(|refusal| error_of(&refusal)))
}
