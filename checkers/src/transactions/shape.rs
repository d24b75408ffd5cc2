//! What the objects of transactions are.

use serde::{Deserialize, Serialize};

use super::models::ConsistencyModel;

/// What the objects of transactions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Lists, written by appends: `list-append`.
    Lists,
    /// Registers, written as a whole: `rw-register`.
    Registers,
    /// Partitions of Kafka topics, written by sends, whose offsets order them.
    Logs,
}

impl Shape {
    /// The strongest model that histories over such objects are judged by. A poll of a log that
    /// shows no record says nothing of it, so nothing beyond reads of committed records can be decided.
    pub fn strongest(self) -> ConsistencyModel {
        match self {
            Shape::Lists | Shape::Registers => ConsistencyModel::StrictSerializable,
            Shape::Logs => ConsistencyModel::StrongReadCommitted,
        }
    }
}
