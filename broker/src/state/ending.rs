//! How transactions end: the markers of an entry are appended in all partitions or in none, and the table changes with them.

use kafka_protocol::error::ResponseError;

use super::State;
use crate::command::groups::GroupChange;
use crate::command::{Batch, EndTransaction, InitTransaction, Next};
use crate::record_batch::{marker, peek};
use crate::request::transactions::ProducerEpoch;

impl State {
    pub(super) fn init_transaction(
        &mut self,
        index: u64,
        init: &InitTransaction,
    ) -> Result<ProducerEpoch, ResponseError> {
        self.transactions.may_init(init)?;
        self.append_markers(index, &init.markers)?;
        let fresh = self.fresh(init.next);
        Ok(self.transactions.init(index, init, fresh))
    }

    pub(super) fn end_transaction(
        &mut self,
        index: u64,
        end: &EndTransaction,
    ) -> Result<ProducerEpoch, ResponseError> {
        self.transactions.may_end(end)?;
        self.append_markers(index, &end.markers)?;
        if end.commit {
            self.commit_staged(index, &end.id);
        }
        let fresh = self.fresh(end.next);
        self.transactions.end(index, end, fresh)
    }

    /// Commits the offsets of a transaction. Its commit decides where they stand among other commits; in Kafka it is the
    /// place where they were staged.
    fn commit_staged(&mut self, index: u64, id: &str) {
        let known = self.transactions.get(id);
        let groups = known.map_or(Default::default(), |known| known.groups.clone());
        for (group, staged) in groups {
            if !staged.is_empty() {
                let offsets = staged.into_iter().collect();
                let change = self.of_topics_that_are(GroupChange::Commit { offsets });
                self.groups.execute(index, &group, change);
            }
        }
    }

    fn fresh(&mut self, next: Next) -> Option<i64> {
        (next == Next::Fresh).then(|| self.hand_out_producer_id())
    }

    /// Appends the markers in all partitions that still exist, unless one of them does not come next.
    fn append_markers(&mut self, index: u64, markers: &[Batch]) -> Result<(), ResponseError> {
        let comes_next = |batch: &Batch| {
            let partition = self.named(batch.topic, batch.partition);
            let header = peek(&batch.bytes);
            partition.is_none_or(|(_, partition)| {
                header.is_some_and(|header| header.base_offset == partition.next)
            })
        };
        if !markers.iter().all(comes_next) {
            return Err(ResponseError::ConcurrentTransactions);
        }
        for batch in markers {
            let (Some(header), Some(commit)) = (peek(&batch.bytes), marker::outcome(&batch.bytes))
            else {
                continue;
            };
            // The second marker of one partition, which no leader writes, does not come next.
            if self.append(index, batch)
                && let Some(partition) = self.partition_of(batch.topic, batch.partition)
            {
                let last = header.last_offset();
                partition.open.end(header.producer_id, commit, last, index);
            }
        }
        Ok(())
    }
}
