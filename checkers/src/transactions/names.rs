//! Names of keys and values, and numbers for them.

use std::fmt;
use std::hash::Hash;

use super::numbers::number;
use hashbrown::{Equivalent, HashMap};
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

/// A key or a value as a history names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Name {
    /// An integer, as in most of Jepsen's workloads.
    Integer(i64),
    /// Anything else, as its text.
    Text(String),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Integer(integer) => write!(f, "{integer}"),
            Name::Text(text) => f.write_str(text),
        }
    }
}

/// Numbers for names, apart for each scope. Never iterated, so that the order of its hashes shows
/// nowhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Interner {
    integers: HashMap<(u32, i64), u32, FxBuildHasher>,
    texts: HashMap<(u32, String), u32, FxBuildHasher>,
}

#[derive(Hash)]
struct ScopedText<'a>(u32, &'a str);

impl Equivalent<(u32, String)> for ScopedText<'_> {
    fn equivalent(&self, (scope, text): &(u32, String)) -> bool {
        self.0 == *scope && self.1 == text
    }
}

impl Interner {
    /// The number of a name in a scope, and whether it is a new one: then it is `next`.
    pub(super) fn number(&mut self, scope: u32, name: &Name, next: usize) -> (u32, bool) {
        let known = match name {
            Name::Integer(integer) => self.integers.get(&(scope, *integer)),
            Name::Text(text) => self.texts.get(&ScopedText(scope, text)),
        };
        if let Some(number) = known {
            return (*number, false);
        }
        let number = number(next);
        match name {
            Name::Integer(integer) => self.integers.insert((scope, *integer), number),
            Name::Text(text) => self.texts.insert((scope, text.clone()), number),
        };
        (number, true)
    }
}
