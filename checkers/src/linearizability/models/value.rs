//! Values that objects hold: whatever a program uses, or what foreign histories contain.

use std::fmt::{Debug, Display, Formatter, Result};
use std::hash::Hash;
use std::sync::Arc;

/// What a value must be able to do: be compared, ordered, hashed and shown. Every such type is one.
pub trait Datum: Clone + Ord + Hash + Debug + Send + Sync {}
impl<T: Clone + Ord + Hash + Debug + Send + Sync> Datum for T {}

/// A value of a foreign history.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Nothing: EDN's `nil`, JSON's `null`.
    Nil,
    /// A whole number.
    Integer(i64),
    /// Anything else, as its text.
    Text(Arc<str>),
}

impl Value {
    /// A text.
    pub fn text(text: &str) -> Value {
        Value::Text(text.into())
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Value::Nil => f.write_str("nil"),
            Value::Integer(number) => write!(f, "{number}"),
            Value::Text(text) => f.write_str(text),
        }
    }
}

impl Debug for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        Display::fmt(self, f)
    }
}
