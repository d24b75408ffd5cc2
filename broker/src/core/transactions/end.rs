//! EndTxn: commit and abort. One entry carries the outcome and the markers of all partitions.

use kafka_protocol::error::ResponseError;

use super::{Core, Decision, marker};
use crate::command::{Batch, Command, EndTransaction, Next};
use crate::record_batch::marker::Marker;
use crate::request::transactions::{ProducerEpoch, TransactionRequest};
use crate::rules::Markers;
use crate::state::transactions::{Phase, Transaction, next_epoch};

impl Core {
    pub(super) fn decide_end(
        &self,
        request: &TransactionRequest,
        producer: ProducerEpoch,
        commit: bool,
        raises_epoch: bool,
    ) -> Decision {
        let done = match commit {
            true => Phase::CompleteCommit,
            false => Phase::CompleteAbort,
        };
        if let Some(known) = self.state.transactions.get(&request.id)
            && raises_epoch
            && known.before == Some(producer)
            && known.phase == done
        {
            // It was done, and the answer with the new epoch was lost.
            return Decision::Answer(Ok(known.producer));
        }
        let known = match self.transaction_of(&request.id, producer) {
            Ok(known) => known,
            Err(error) => return Decision::refuse(error),
        };
        let is_abort_of_nothing = raises_epoch && !commit;
        if !known.is_open() && !is_abort_of_nothing {
            return match known.phase == done && !raises_epoch {
                true => Decision::Answer(Ok(known.producer)),
                false => Decision::refuse(ResponseError::InvalidTxnState),
            };
        }
        let (epoch, next) = match raises_epoch {
            true => next_epoch(known.producer.epoch),
            false => (known.producer.epoch, Next::Same),
        };
        let marker = marker(known.producer.id, epoch, commit, request.stamp_ms);
        let end = EndTransaction {
            id: request.id.clone(),
            producer: known.producer,
            commit,
            named: true,
            next,
            markers: self.end_markers(known, marker),
        };
        // Clients take REQUEST_TIMED_OUT for a reason to abort.
        Decision::Propose(Command::EndTransaction(end), ResponseError::NotCoordinator)
    }

    /// The markers of a transaction that ends; all alike, unless a rule says otherwise.
    fn end_markers(&self, transaction: &Transaction, marker: Marker) -> Vec<Batch> {
        let mut markers = self.markers(transaction, marker);
        let tears = self.config.rules.markers == Markers::LastOfOlderTermsAborts;
        if tears && marker.commit && markers.len() > 1 && self.is_of_older_term(transaction) {
            let commit = false;
            let torn = self.markers(transaction, Marker { commit, ..marker });
            markers.pop();
            markers.extend(torn.into_iter().next_back());
        }
        markers
    }

    /// Whether a transaction was begun under another leader.
    pub(super) fn is_of_older_term(&self, transaction: &Transaction) -> bool {
        let begun = self.raft.store().catalog.term(transaction.begun);
        begun != Some(self.raft.raft.term)
    }
}
