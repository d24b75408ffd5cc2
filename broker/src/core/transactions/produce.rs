//! Whether a record batch may be appended as far as transactions are concerned. Everything is in one table, so a batch never
//! enters a partition that its transaction does not comprise, and none is left open there.

use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use super::Core;
use crate::record_batch::Header;
use crate::request::ProducePartition;
use crate::request::transactions::ProduceTransaction;

impl Core {
    /// Checks a batch against the transaction that its request names.
    pub(in crate::core) fn check_transaction(
        &self,
        transaction: Option<&ProduceTransaction>,
        asked: &ProducePartition,
        header: &Header,
    ) -> Result<(), ResponseError> {
        if header.producer_id < 0 {
            return Ok(());
        }
        let owner = self.state.transactions.of_producer(header.producer_id);
        match (header.is_transactional(), owner) {
            (false, None) => return Ok(()),
            (false, Some(_)) => return Err(ResponseError::InvalidTxnState),
            (true, _) => {}
        }
        let transaction = transaction.ok_or(ResponseError::InvalidTxnState)?;
        // What does not exist is refused as that.
        let Some((topic, _)) = self.state.partition(&asked.topic, asked.partition) else {
            return Ok(());
        };
        match self.lacks_partition(transaction, header, (topic, asked.partition))? {
            false => Ok(()),
            true => Err(ResponseError::InvalidTxnState),
        }
    }

    /// Whether the transaction of a batch lacks this partition. An error if the batch may not be appended whatever it
    /// comprises.
    pub(super) fn lacks_partition(
        &self,
        transaction: &ProduceTransaction,
        header: &Header,
        at: (Uuid, i32),
    ) -> Result<bool, ResponseError> {
        let owner = self.state.transactions.of_producer(header.producer_id);
        let owner = owner.filter(|(id, _)| *id == transaction.id && header.is_transactional());
        let (id, known) = owner.ok_or(ResponseError::InvalidProducerIdMapping)?;
        if header.producer_epoch != known.producer.epoch && self.config.rules.fences_epochs {
            return Err(ResponseError::InvalidProducerEpoch);
        }
        let in_flight = self.transacting.in_flight.get(id);
        let added = match in_flight.map(|in_flight| &in_flight.adds) {
            // It ends, or begins anew.
            Some(None) => return Err(ResponseError::InvalidTxnState),
            // In the log before this batch.
            Some(Some(adds)) => adds.contains(&at),
            None => false,
        };
        let is_open = known.is_open() && known.partitions.contains(&at);
        Ok(!added && !is_open)
    }
}
