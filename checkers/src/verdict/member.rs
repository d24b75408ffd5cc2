//! What findings about transactions are made of: a transaction's name, where a record is, what fenced a producer.

use serde::{Deserialize, Serialize};

use crate::history::{Moment, NodeName, Offset};

/// A transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionNamed {
    /// Its transactional id.
    pub transactional_id: String,
    /// Its producer id; -1 if it is not known.
    pub producer_id: i64,
    /// Its epoch; -1 if it is not known.
    pub epoch: i32,
    /// Its invoke.
    pub operation: u64,
}

/// A record and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// Topic name.
    pub topic: String,
    /// Partition index.
    pub partition: i32,
    /// Its offset, if it is known.
    pub offset: Option<Offset>,
    /// Its value.
    pub value: String,
}

/// What took over a transactional id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fenced {
    /// The InitProducerId's invoke.
    pub operation: u64,
    /// The epoch that it was given.
    pub epoch: i32,
    /// When it was answered.
    pub at: Moment,
}

/// What a node holds at an offset, or about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marked {
    /// The node.
    pub node: NodeName,
    /// What it holds: a value, `commit`, `abort`, or nothing.
    pub holds: Option<String>,
    /// The producer id.
    pub producer_id: Option<i64>,
}
