//! How a producer with many records on their way sends them: what its appends have in common.

use serde::{Deserialize, Serialize};

/// What a producer with several appends on their way has in common with its other appends. A worker has one append
/// open, so such a producer is several workers, and its order is that of the calls that name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sending {
    /// The producer: one client with one session.
    pub producer: u64,
    /// How many requests it may have in flight on a connection.
    pub in_flight: u32,
    /// Whether it sends a record again by itself.
    pub retries: bool,
    /// The timestamps of the records in ms, one for each value; empty if they are not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timestamps: Vec<i64>,
}
