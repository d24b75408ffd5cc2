//! A copy of an EndTxn that arrives late, as from a connection that its client has given up. A correct broker gets such a
//! copy from the network or not at all; a rule makes one here.

use std::time::Duration;

use super::{Core, Decision};
use crate::request::Time;
use crate::request::transactions::{ProducerEpoch, TransactionRequest};

/// An EndTxn that will be executed once more.
#[derive(Debug)]
pub(super) struct LateEnd {
    at: Time,
    request: TransactionRequest,
    producer: ProducerEpoch,
    commit: bool,
}

impl Core {
    /// Remembers an EndTxn that was taken, where the rules want a late copy of it.
    pub(super) fn expect_late_end(
        &mut self,
        request: &TransactionRequest,
        producer: ProducerEpoch,
        commit: bool,
    ) {
        if let Some(after_ms) = self.config.rules.late_end_ms {
            self.transacting.late_ends.push(LateEnd {
                at: self.now + Duration::from_millis(after_ms.into()),
                request: request.clone(),
                producer,
                commit,
            });
        }
    }

    /// Executes the copies that are due.
    pub(super) fn repeat_late_ends(&mut self) {
        let now = self.now;
        let due = self
            .transacting
            .late_ends
            .extract_if(.., |one| one.at <= now);
        let due: Vec<LateEnd> = due.collect();
        for late in due {
            let id = &late.request.id;
            let known = self.state.transactions.get(id);
            let is_open = known.is_some_and(|known| known.is_open());
            if !is_open || self.transacting.in_flight.contains_key(id) {
                continue;
            }
            let decision = self.decide_end(&late.request, late.producer, late.commit, false);
            if let Decision::Propose(command, _) = decision {
                let _ = self.propose_transaction(id, &command);
            }
        }
    }
}
