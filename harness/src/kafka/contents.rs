//! The contents of a record: everything but its place.

use bytes::Bytes;

/// A record without its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value.
    pub value: Option<Bytes>,
    /// Its headers, in order.
    pub headers: Vec<(String, Option<Bytes>)>,
    /// Its timestamp in ms.
    pub timestamp: i64,
}
