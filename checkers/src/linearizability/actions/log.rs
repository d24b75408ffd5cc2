//! What can be done to a log: appends, fetches, end offsets, reads of the whole.

use std::fmt::{Display, Formatter};
use std::sync::Arc;

/// What was done to a log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogAction<V> {
    /// Append a value; at this offset, if one was answered.
    Append {
        /// The value.
        value: V,
        /// The offset.
        offset: Option<u64>,
    },
    /// Fetched this value at this offset.
    Fetch {
        /// The offset.
        offset: u64,
        /// The value.
        value: V,
    },
    /// Asked for the offset after the last record.
    End(u64),
    /// Read the whole log.
    Read(Arc<[V]>),
}

impl<V: std::fmt::Debug> Display for LogAction<V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            LogAction::Append {
                value,
                offset: Some(offset),
            } => write!(f, "append {value:?} at {offset}"),
            LogAction::Append {
                value,
                offset: None,
            } => write!(f, "append {value:?}"),
            LogAction::Fetch { offset, value } => write!(f, "fetch {value:?} at {offset}"),
            LogAction::End(end) => write!(f, "end offset {end}"),
            LogAction::Read(values) => write!(f, "read {values:?}"),
        }
    }
}
