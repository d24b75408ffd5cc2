//! AddOffsetsToTxn: the offsets of a consumer group become part of a transaction.

use std::sync::Arc;

use kafka_protocol::messages::{AddOffsetsToTxnRequest, AddOffsetsToTxnResponse};

use super::{Context, error_of, for_version};
use crate::ask::Ending;
use crate::request::transactions::{ProducerEpoch, TransactionStep};
use crate::shape::{Shape, Walked};

/// First version whose clients know PRODUCER_FENCED.
const KNOWS_FENCED: i16 = 2;

pub(super) fn shape(shape: &mut Shape<'_>, _version: i16) -> Walked {
    shape.string()?;
    shape.skip(10)?;
    shape.string()?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    version: i16,
    request: AddOffsetsToTxnRequest,
) -> Result<AddOffsetsToTxnResponse, Ending> {
    let step = TransactionStep::AddGroup {
        producer: ProducerEpoch {
            id: request.producer_id.0,
            epoch: request.producer_epoch,
        },
        group: request.group_id.to_string(),
    };
    let outcome = context.transact(&request.transactional_id, step).await?;
    let code = outcome.err().map_or(0, |refusal| {
        for_version(error_of(&refusal), version, KNOWS_FENCED).code()
    });
    Ok(AddOffsetsToTxnResponse::default().with_error_code(code))
}
