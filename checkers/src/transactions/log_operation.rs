//! One operation of a Kafka client: what it sent and polled, at which offsets, or which keys it consumes from then on.

use crate::history::Outcome;

/// A record that was sent or polled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) key: u32,
    pub(super) version: u32,
    /// Its offset, where it was stated.
    pub(super) offset: Option<i64>,
}

/// How a client consumes from an operation on.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "edn"),
    expect(dead_code, reason = "only files are read into operations of clients")
)]
pub(super) enum Clients {
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
pub(super) struct LogOperation {
    /// The number of its transaction; [`NONE`](super::numbers::NONE) for `assign` and `subscribe`.
    pub(super) transaction: u32,
    pub(super) process: i64,
    pub(super) session: usize,
    pub(super) outcome: Outcome,
    /// The place of its completion, whatever that said.
    pub(super) completed: Option<u64>,
    pub(super) sends: Vec<Placed>,
    pub(super) polls: Vec<Placed>,
    /// Keys that a rebalance gave or took during it: where the consumer stood is not known. Ordered.
    pub(super) rebalanced: Vec<u32>,
    /// Where the consumer stood, where that was stated.
    pub(super) positions: Vec<(u32, i64)>,
    pub(super) clients: Clients,
}

impl LogOperation {
    /// What it polled, ordered by key, and as it came within a key.
    pub(super) fn polled(&self) -> Vec<Placed> {
        by_key(&self.polls)
    }

    /// What it sent, likewise.
    pub(super) fn sent(&self) -> Vec<Placed> {
        by_key(&self.sends)
    }
}

fn by_key(records: &[Placed]) -> Vec<Placed> {
    let mut ordered = records.to_vec();
    ordered.sort_by_key(|record| record.key);
    ordered
}
