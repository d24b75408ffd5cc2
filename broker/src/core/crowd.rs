//! Produce requests while many others wait for their commit. A correct broker takes them like any other; two rules say
//! otherwise.

use super::Core;
use crate::request::transactions::ProduceTransaction;
use crate::request::{Acks, ProducePartition, RequestId, Time};
use crate::rules::{AppendOrder, Crowded};

/// So many requests that wait for their commit are few.
const FEW: usize = 8;

/// A Produce request as it came.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) id: RequestId,
    pub(super) partitions: Vec<ProducePartition>,
    pub(super) acks: Acks,
    pub(super) deadline: Time,
    pub(super) transaction: Option<ProduceTransaction>,
}

impl Core {
    pub(super) fn produce(&mut self, arrived: Arrived) {
        let is_few = self.appends.produces.len() < FEW;
        match self.appends.overtaken.take() {
            Some(overtaken) => {
                self.take_produce(arrived);
                self.take_produce(overtaken);
            }
            None if is_few || self.config.rules.append_order == AppendOrder::Kept => {
                self.take_produce(arrived);
            }
            None => self.appends.overtaken = Some(arrived),
        }
    }

    /// Takes a request that a later one was to overtake, and none came.
    pub(super) fn release_overtaken(&mut self) {
        if let Some(overtaken) = self.appends.overtaken.take() {
            self.take_produce(overtaken);
        }
    }

    /// Whether a rule has this request acknowledged and not appended.
    pub(super) fn is_crowded(&self) -> bool {
        match self.config.rules.crowded {
            Crowded::Appended => false,
            Crowded::AcknowledgedBeyond(most) => self.appends.produces.len() > most,
        }
    }
}
