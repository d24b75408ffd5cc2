//! InitProducerId: a producer id that nobody else ever has, for idempotent producers. Transactions
//! are refused.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{InitProducerIdRequest, InitProducerIdResponse, ProducerId};

use super::Context;
use crate::ask::Ending;
use crate::shape::{Shape, Walked};

pub(super) fn shape(shape: &mut Shape<'_>, version: i16) -> Walked {
    shape.string()?;
    shape.skip(if version >= 3 { 14 } else { 4 })?;
    shape.tags()
}

/// A producer that asks to have its epoch raised (KIP-360) gets a fresh id instead, which serves
/// the same end: nothing it sent before under the old id can be confused with what it sends from
/// now on.
pub(super) async fn answer(
    context: &Arc<Context>,
    request: InitProducerIdRequest,
) -> Result<InitProducerIdResponse, Ending> {
    let refused = |error: ResponseError| {
        InitProducerIdResponse::default()
            .with_error_code(error.code())
            .with_producer_id(ProducerId(-1))
            .with_producer_epoch(-1)
    };
    if request.transactional_id.is_some() {
        return Ok(refused(ResponseError::InvalidRequest));
    }
    let deadline = context.core.deadline_in(context.config.forward_deadline());
    Ok(match context.forwarder.producer_id(deadline).await? {
        Ok(id) => InitProducerIdResponse::default()
            .with_producer_id(ProducerId(id))
            .with_producer_epoch(0),
        // Producers do not expect NOT_CONTROLLER here; this one they retry.
        Err(ResponseError::NotController) => refused(ResponseError::CoordinatorNotAvailable),
        Err(error) => refused(error),
    })
}
