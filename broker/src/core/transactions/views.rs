//! Transactions and producers as they are shown: what DescribeTransactions, ListTransactions and DescribeProducers read.
//! That the answer is linearizable is the business of `reads`.

use kafka_protocol::error::ResponseError;

use super::Core;
use crate::request::transactions::{ProducerEpoch, ProducerView, TransactionView};
use crate::state::transactions::Transaction;

/// Producers in one answer, all partitions together.
const PRODUCERS_MAX: usize = 50_000;

impl Core {
    pub(in crate::core) fn transaction_views(
        &self,
        ids: Option<&[String]>,
    ) -> Vec<TransactionView> {
        let transactions = &self.state.transactions;
        match ids {
            None => {
                let all = transactions.iter();
                all.map(|(id, known)| self.transaction_view(id, known, false))
                    .collect()
            }
            Some(ids) => {
                let known = |id: &String| {
                    let known = transactions.get(id)?;
                    Some(self.transaction_view(id, known, true))
                };
                ids.iter().filter_map(known).collect()
            }
        }
    }

    fn transaction_view(
        &self,
        id: &str,
        known: &Transaction,
        with_partitions: bool,
    ) -> TransactionView {
        let named = |(topic, number): &(uuid::Uuid, i32)| {
            let (name, _) = self.state.named(*topic, *number)?;
            Some((name.to_owned(), *number))
        };
        let partitions = known.partitions.iter().filter(|_| with_partitions);
        TransactionView {
            id: id.to_owned(),
            state: known.phase_name(),
            producer: known.producer,
            timeout_ms: known.timeout_ms,
            started_ms: known.started_ms,
            partitions: partitions.filter_map(named).collect(),
        }
    }

    pub(in crate::core) fn producer_views(
        &self,
        partitions: &[(String, i32)],
    ) -> Vec<Result<Vec<ProducerView>, ResponseError>> {
        let mut left = PRODUCERS_MAX;
        let mut view = |(topic, number): &(String, i32)| {
            let found = self.state.partition(topic, *number);
            let (_, partition) = found.ok_or(ResponseError::UnknownTopicOrPartition)?;
            left = left
                .checked_sub(partition.producers.len())
                .ok_or(ResponseError::PolicyViolation)?;
            let producers = partition.producers.iter();
            let views = producers.map(|(id, producer)| ProducerView {
                producer: ProducerEpoch {
                    id: *id,
                    epoch: producer.epoch,
                },
                last_sequence: producer
                    .batches
                    .back()
                    .map_or(-1, |last| last.last_sequence),
                open_since: partition.open.of(*id).map_or(-1, |begin| begin.first),
            });
            Ok(views.collect())
        };
        partitions.iter().map(&mut view).collect()
    }
}
