//! EndTxn: commits or aborts a transaction. It is acknowledged once the outcome and all markers are committed and applied,
//! so that whoever reads after the answer sees them.

use std::sync::Arc;

use kafka_protocol::messages::{EndTxnRequest, EndTxnResponse, ProducerId};

use super::{Context, error_of, for_version};
use crate::ask::Ending;
use crate::request::transactions::{ProducerEpoch, TransactionStep};
use crate::shape::{Shape, Walked};

/// First version whose clients know PRODUCER_FENCED.
const KNOWS_FENCED: i16 = 2;

/// First version whose answer gives the producer its next epoch (KIP-890): a late copy of the request then names an older
/// one, and cannot end a later transaction.
const RAISES_EPOCH: i16 = 5;

pub(super) fn shape(shape: &mut Shape<'_>, _version: i16) -> Walked {
    shape.string()?;
    shape.skip(11)?;
    shape.tags()
}

pub(super) async fn answer(
    context: &Arc<Context>,
    version: i16,
    request: EndTxnRequest,
) -> Result<EndTxnResponse, Ending> {
    let raises_epoch = version >= RAISES_EPOCH;
    let step = TransactionStep::End {
        producer: ProducerEpoch {
            id: request.producer_id.0,
            epoch: request.producer_epoch,
        },
        commit: request.committed,
        raises_epoch,
    };
    let answer = EndTxnResponse::default()
        .with_producer_id(ProducerId(-1))
        .with_producer_epoch(-1);
    Ok(
        match context.transact(&request.transactional_id, step).await? {
            Ok(producer) if raises_epoch => answer
                .with_producer_id(ProducerId(producer.id))
                .with_producer_epoch(producer.epoch),
            // Older versions have no place for them.
            Ok(_) => answer,
            Err(refusal) => {
                let error = for_version(error_of(&refusal), version, KNOWS_FENCED);
                answer.with_error_code(error.code())
            }
        },
    )
}
