//! What can be done to a register: reads, writes, compare-and-set.

use std::fmt::{Display, Formatter};

/// What was done to a register.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RegisterAction<V> {
    /// Read, and what was read if it is known.
    Read(Option<V>),
    /// Write.
    Write(V),
    /// Write `to` if the register holds `from`.
    CompareAndSet {
        /// What it must hold.
        from: V,
        /// What it holds then.
        to: V,
        /// Whether it held `from`, if that is known.
        took: Option<bool>,
    },
}

impl<V: std::fmt::Debug> Display for RegisterAction<V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            RegisterAction::Read(Some(value)) => write!(f, "read {value:?}"),
            RegisterAction::Read(None) => f.write_str("read"),
            RegisterAction::Write(value) => write!(f, "write {value:?}"),
            RegisterAction::CompareAndSet { from, to, took } => {
                write!(f, "compare-and-set {from:?} to {to:?}")?;
                match took {
                    Some(false) => f.write_str(", refused"),
                    _ => Ok(()),
                }
            }
        }
    }
}
