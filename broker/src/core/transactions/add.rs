//! AddPartitionsToTxn, and partitions that a Produce request adds by itself (transactions V2).

use std::collections::BTreeSet;

use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use super::{Core, Decision};
use crate::command::{AddToTransaction, Command};
use crate::record_batch;
use crate::request::ProducePartition;
use crate::request::transactions::{
    ProduceTransaction, ProducerEpoch, TransactionRefusal, TransactionRequest,
};
use crate::state::transactions::{PARTITIONS_MAX, Transaction};

impl Core {
    pub(super) fn decide_add(
        &self,
        request: &TransactionRequest,
        producer: ProducerEpoch,
        asked: &[(String, i32)],
    ) -> Decision {
        let known = match self.transaction_of(&request.id, producer) {
            Ok(known) => known,
            Err(error) => return Decision::refuse(error),
        };
        let (mut partitions, mut unknown) = (BTreeSet::new(), Vec::new());
        for (at, (topic, partition)) in asked.iter().enumerate() {
            match self.state.partition(topic, *partition) {
                Some((topic, _)) => {
                    partitions.insert((topic, *partition));
                }
                None => unknown.push(at),
            }
        }
        if !unknown.is_empty() {
            return Decision::Answer(Err(TransactionRefusal::UnknownPartitions(unknown)));
        }
        if partitions.len() > PARTITIONS_MAX {
            return Decision::refuse(ResponseError::InvalidRequest);
        }
        if known.is_open() && partitions.is_subset(&known.partitions) {
            return Decision::Answer(Ok(known.producer));
        }
        let add = AddToTransaction {
            id: request.id.clone(),
            producer: known.producer,
            stamp_ms: request.stamp_ms,
            partitions: partitions.difference(&known.partitions).copied().collect(),
            groups: Vec::new(),
        };
        // Clients take REQUEST_TIMED_OUT for a reason to abort.
        Decision::Propose(
            Command::AddToTransaction(add),
            ResponseError::NotCoordinator,
        )
    }

    /// The transactional id's state, if the producer is the one that it has now.
    pub(super) fn transaction_of(
        &self,
        id: &str,
        producer: ProducerEpoch,
    ) -> Result<&Transaction, ResponseError> {
        let known = self.state.transactions.get(id);
        let known = known.filter(|known| known.producer.id == producer.id);
        let known = known.ok_or(ResponseError::InvalidProducerIdMapping)?;
        let fences = self.config.rules.fences_epochs;
        if known.producer.epoch != producer.epoch && fences {
            return Err(ResponseError::ProducerFenced);
        }
        Ok(known)
    }

    /// Adds the partitions of a Produce request that the transaction lacks, by an entry before that of the records. False if
    /// there was no room for that entry.
    pub(in crate::core) fn add_produced(
        &mut self,
        transaction: &ProduceTransaction,
        asked: &[ProducePartition],
    ) -> bool {
        let missing = |asked: &ProducePartition| {
            let header = record_batch::peek(&asked.batch)?;
            let (topic, _) = self.state.partition(&asked.topic, asked.partition)?;
            let at = (topic, asked.partition);
            let is_missing = self.lacks_partition(transaction, &header, at).ok()?;
            is_missing.then_some(at)
        };
        let partitions: BTreeSet<(Uuid, i32)> = asked.iter().filter_map(missing).collect();
        let known = self.state.transactions.get(&transaction.id);
        let Some(known) = known.filter(|_| transaction.adds && !partitions.is_empty()) else {
            return true;
        };
        let add = AddToTransaction {
            id: transaction.id.clone(),
            producer: known.producer,
            stamp_ms: transaction.stamp_ms,
            partitions: partitions.into_iter().collect(),
            groups: Vec::new(),
        };
        let command = Command::AddToTransaction(add);
        self.propose_transaction(&transaction.id, &command)
            .is_some()
    }
}
