//! What can be done to several registers at once: reads and writes that take effect together.

use std::fmt::{Display, Formatter};
use std::sync::Arc;

/// What one step of an operation does to one register.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegisterStep<K, V> {
    /// Read this key, and what was read if it is known.
    Read(K, Option<V>),
    /// Write this key.
    Write(K, V),
}

impl<K, V> RegisterStep<K, V> {
    /// The register.
    pub fn key(&self) -> &K {
        match self {
            RegisterStep::Read(key, _) | RegisterStep::Write(key, _) => key,
        }
    }
}

/// Reads and writes of several registers that take effect at one moment, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MultiRegisterAction<K, V> {
    /// The steps.
    pub steps: Arc<[RegisterStep<K, V>]>,
}

impl<K, V> MultiRegisterAction<K, V> {
    /// An action of these steps.
    pub fn new(steps: impl IntoIterator<Item = RegisterStep<K, V>>) -> MultiRegisterAction<K, V> {
        MultiRegisterAction {
            steps: steps.into_iter().collect(),
        }
    }
}

impl<K: std::fmt::Debug, V: std::fmt::Debug> Display for MultiRegisterAction<K, V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        for (at, step) in self.steps.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            match step {
                RegisterStep::Read(key, Some(value)) => {
                    write!(f, "{comma}read {key:?}: {value:?}")?
                }
                RegisterStep::Read(key, None) => write!(f, "{comma}read {key:?}")?,
                RegisterStep::Write(key, value) => write!(f, "{comma}write {key:?} {value:?}")?,
            }
        }
        Ok(())
    }
}
