//! What can be done to a key of a map of texts: get, put, append.

use std::fmt::{Display, Formatter};
use std::sync::Arc;

/// What was done to one key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyValueAction {
    /// The key.
    pub key: Arc<str>,
    /// What was called.
    pub call: KeyValueCall,
}

/// What can be called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyValueCall {
    /// Read the whole value, and what was read if it is known.
    Get(Option<Arc<str>>),
    /// Replace the value.
    Put(Arc<str>),
    /// Add to the end of the value.
    Append(Arc<str>),
}

impl Display for KeyValueAction {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match &self.call {
            KeyValueCall::Get(Some(text)) => write!(f, "get {}: {text:?}", self.key),
            KeyValueCall::Get(None) => write!(f, "get {}", self.key),
            KeyValueCall::Put(text) => write!(f, "put {} {text:?}", self.key),
            KeyValueCall::Append(text) => write!(f, "append {} {text:?}", self.key),
        }
    }
}
