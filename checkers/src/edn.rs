//! EDN, the notation in which Jepsen stores histories: read, written, and its operations paired.
//!
//! [`read`] reads one form, [`Reader`] one after the other, [`entries`] the operation maps of a
//! history, and [`operations`] pairs calls with completions. Everything borrows from the text. Errors
//! carry line and column. Nesting deeper than [`DEPTH_MAX`] is an error, so that no input exhausts
//! the stack. Values are written back by `Display`, in one line.
//!
//! The notation is that of `edn-format` with what Clojure's printer adds to it: hexadecimal integers, `##Inf`,
//! `##NaN`, and namespaces before a map (`#:a{:b 1}`). Tags are kept, not interpreted: a record
//! `#jepsen.history.Op{...}` is a tagged map.
//!
//! Clojure's `=` is not equality of texts: see [`EdnValue::canonical`]. The fields of operations are canonical.
//!
//! Clojure also prints what no reader takes back: ratios, `#"regex"`, `#'var`, `#<Object ...>`. They stand in fields
//! that nobody judges, and must not cost the whole file. Each is kept as its text ([`EdnValue::Opaque`]). Who judges a
//! field that has one says so, with its line ([`EdnValue::opaque`]).

mod atoms;
mod borders;
mod budget;
mod canonical;
mod entries;
mod error;
mod objects;
mod opaque;
mod operations;
mod reader;
#[cfg(test)]
mod tests;
mod torn;
mod write;

#[cfg(feature = "linearizability")]
pub(crate) use entries::entry;
pub use entries::{Entry, EntryType, Process, entries};
pub use error::{EdnError, Problem};
pub use operations::{EdnOperation, operations};
pub use reader::{Reader, read};
pub use write::quote;

use std::borrow::Cow;

/// The deepest nesting that is read. Real histories nest less than ten deep.
pub const DEPTH_MAX: usize = 128;

/// One EDN value, borrowed from its text where it can be.
#[derive(Clone, Debug, PartialEq)]
pub enum EdnValue<'a> {
    /// `nil`
    Nil,
    /// `true`, `false`
    Boolean(bool),
    /// An integer of 64 bits.
    Integer(i64),
    /// A longer integer, as its decimal digits with an optional minus sign.
    BigInteger(Cow<'a, str>),
    /// A floating-point number.
    Float(f64),
    /// A decimal number, `1.5M`, as its text without the letter. It equals no floating-point number.
    Decimal(Cow<'a, str>),
    /// `\a`, `\newline`
    Character(char),
    /// `"text"`
    String(Cow<'a, str>),
    /// `:word`, without its colon.
    Keyword(Cow<'a, str>),
    /// `word`
    Symbol(Cow<'a, str>),
    /// `(1 2)`
    List(Vec<EdnValue<'a>>),
    /// `[1 2]`
    Vector(Vec<EdnValue<'a>>),
    /// `{:a 1}`, in the order of the text. A key may appear twice: the lookup decides.
    Map(Vec<(EdnValue<'a>, EdnValue<'a>)>),
    /// `#{1 2}`, in the order of the text.
    Set(Vec<EdnValue<'a>>),
    /// `#tag value`
    Tagged(Cow<'a, str>, Box<EdnValue<'a>>),
    /// `1/3`, as its text.
    Ratio(Cow<'a, str>),
    /// A form that Clojure prints and cannot be read back, as its text: `#"a.*b"`, `#'x`, `#<Object>`, `#(f %)`.
    Opaque(Cow<'a, str>),
}

impl<'a> EdnValue<'a> {
    /// A keyword.
    pub fn keyword(word: &'a str) -> EdnValue<'a> {
        EdnValue::Keyword(Cow::Borrowed(word))
    }

    /// The elements of a list or vector, tagged or not.
    pub fn elements(&self) -> Option<&[EdnValue<'a>]> {
        match self.untagged() {
            EdnValue::List(elements) | EdnValue::Vector(elements) => Some(elements),
            _ => None,
        }
    }

    /// The entries of a map, tagged or not.
    pub fn pairs(&self) -> Option<&[(EdnValue<'a>, EdnValue<'a>)]> {
        match self.untagged() {
            EdnValue::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The value of a keyword in a map, tagged or not; the first if it appears twice.
    pub fn get(&self, keyword: &str) -> Option<&EdnValue<'a>> {
        let named = |key: &EdnValue<'_>| matches!(key, EdnValue::Keyword(word) if word == keyword);
        let (_, value) = self.pairs()?.iter().find(|(key, _)| named(key))?;
        Some(value)
    }

    /// The text of a keyword, symbol or string.
    pub fn word(&self) -> Option<&str> {
        match self {
            EdnValue::Keyword(word) | EdnValue::Symbol(word) | EdnValue::String(word) => Some(word),
            _ => None,
        }
    }

    /// An integer of 64 bits.
    pub fn integer(&self) -> Option<i64> {
        match self {
            EdnValue::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    /// Whether this is `nil`.
    pub fn is_nil(&self) -> bool {
        matches!(self, EdnValue::Nil)
    }

    /// The first form in this one that cannot be read back.
    pub fn opaque(&self) -> Option<&str> {
        match self {
            EdnValue::Opaque(text) => Some(text),
            EdnValue::List(inner) | EdnValue::Vector(inner) | EdnValue::Set(inner) => {
                inner.iter().find_map(EdnValue::opaque)
            }
            EdnValue::Map(pairs) => pairs
                .iter()
                .find_map(|(key, value)| key.opaque().or_else(|| value.opaque())),
            EdnValue::Tagged(_, inner) => inner.opaque(),
            _ => None,
        }
    }

    /// The value below all tags.
    pub fn untagged(&self) -> &EdnValue<'a> {
        let mut value = self;
        while let EdnValue::Tagged(_, inner) = value {
            value = inner;
        }
        value
    }
}
