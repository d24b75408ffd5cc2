//! InitProducerId with a transactional id: the open transaction is aborted and the producer gets its next epoch, in one
//! entry.

use kafka_protocol::error::ResponseError;

use super::{Core, Decision, marker};
use crate::command::{Command, InitTransaction, Next};
use crate::request::transactions::{ProducerEpoch, TransactionRequest};
use crate::state::transactions::next_epoch;

impl Core {
    pub(super) fn decide_init(
        &self,
        request: &TransactionRequest,
        timeout_ms: i32,
        named: Option<ProducerEpoch>,
    ) -> Decision {
        let known = self.state.transactions.get(&request.id);
        let init = |known, next, markers| {
            let init = InitTransaction {
                id: request.id.clone(),
                known,
                named: named.is_some() && known.is_some(),
                timeout_ms,
                next,
                ends_open: self.config.rules.init_ends_open,
                markers,
            };
            Decision::Propose(
                Command::InitTransaction(init),
                ResponseError::RequestTimedOut,
            )
        };
        let Some(known) = known else {
            // Also if it names an identity: its transactional id was forgotten, and it begins anew.
            return init(None, Next::Fresh, Vec::new());
        };
        match named {
            None => {}
            Some(named) if named == known.producer => {}
            // The answer to its last question was lost.
            Some(named) if Some(named) == known.before => {
                return Decision::Answer(Ok(known.producer));
            }
            Some(named) if named.id != known.producer.id => {
                return Decision::refuse(ResponseError::InvalidProducerIdMapping);
            }
            Some(_) => return Decision::refuse(ResponseError::ProducerFenced),
        }
        let (epoch, next) = next_epoch(known.producer.epoch);
        let markers = match known.is_open() && self.config.rules.init_ends_open {
            true => {
                let marker = marker(known.producer.id, epoch, false, request.stamp_ms);
                self.markers(known, marker)
            }
            false => Vec::new(),
        };
        init(Some(known.producer), next, markers)
    }
}
