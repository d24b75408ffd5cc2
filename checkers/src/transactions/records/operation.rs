//! One operation of a Kafka client: what it sent and polled, at which offsets, or which keys it consumes from then on.

use crate::history::Outcome;

/// A record that was sent or polled.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Placed {
    pub(in super::super) key: u32,
    pub(in super::super) version: u32,
    /// Its offset, where it was stated.
    pub(in super::super) offset: Option<i64>,
}

/// How a client consumes from an operation on.
#[derive(Clone, Debug)]
pub(in super::super) enum Clients {
    /// It goes on: `send`, `poll`, `txn`.
    GoOn,
    /// `assign` or `subscribe`: the positions of other keys are forgotten, and with a seek those of all. Keys are ordered.
    Consume {
        keys: Vec<u32>,
        is_subscribed: bool,
        seeks: bool,
    },
}

/// An operation.
#[derive(Clone, Debug)]
pub(in super::super) struct LogOperation {
    /// The number of its transaction; [`NONE`](super::super::numbers::NONE) for `assign` and `subscribe`.
    pub(in super::super) transaction: u32,
    pub(in super::super) process: i64,
    pub(in super::super) session: usize,
    pub(in super::super) outcome: Outcome,
    /// The place of its completion, whatever that said.
    pub(in super::super) completed: Option<u64>,
    pub(in super::super) sends: Vec<Placed>,
    pub(in super::super) polls: Vec<Placed>,
    /// Keys that a rebalance gave or took during it: where the consumer stood is not known. Ordered.
    pub(in super::super) rebalanced: Vec<u32>,
    /// Where the consumer stood, where that was stated.
    pub(in super::super) positions: Vec<(u32, i64)>,
    pub(in super::super) clients: Clients,
}

impl LogOperation {
    /// What it polled, ordered by key, and as it came within a key.
    pub(in super::super) fn polled(&self) -> Vec<Placed> {
        by_key(&self.polls)
    }

    /// What it sent, likewise.
    pub(in super::super) fn sent(&self) -> Vec<Placed> {
        by_key(&self.sends)
    }
}

fn by_key(records: &[Placed]) -> Vec<Placed> {
    let mut ordered = records.to_vec();
    ordered.sort_by_key(|record| record.key);
    ordered
}
