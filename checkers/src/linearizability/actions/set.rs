//! What can be done to a set: add, remove, ask for one element, read all.

use std::collections::BTreeSet;
use std::fmt::{Display, Formatter};
use std::sync::Arc;

/// What was done to a set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SetAction<V> {
    /// Put an element in.
    Add(V),
    /// Take an element out, whether it was in or not.
    Remove(V),
    /// Asked whether an element is in, and the answer if it is known.
    Contains(V, Option<bool>),
    /// Read all elements, and what was read if it is known.
    Read(Option<Arc<BTreeSet<V>>>),
}

impl<V: std::fmt::Debug> Display for SetAction<V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            SetAction::Add(value) => write!(f, "add {value:?}"),
            SetAction::Remove(value) => write!(f, "remove {value:?}"),
            SetAction::Contains(value, None) => write!(f, "contains {value:?}"),
            SetAction::Contains(value, Some(answer)) => write!(f, "contains {value:?}: {answer}"),
            SetAction::Read(None) => f.write_str("read"),
            SetAction::Read(Some(read)) => write!(f, "read {read:?}"),
        }
    }
}
