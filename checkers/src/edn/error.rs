//! Why a text is not EDN, or no history in EDN, and where.

use std::fmt;

use super::DEPTH_MAX;

/// An error with its place. Lines and columns count from 1; columns count characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct EdnError {
    /// Which line.
    pub line: usize,
    /// Which character of it.
    pub column: usize,
    /// What is wrong there.
    pub problem: Problem,
}

impl EdnError {
    /// The error at a byte offset of a text.
    pub(super) fn at(text: &str, offset: usize, problem: Problem) -> EdnError {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        EdnError {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            problem,
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The text ends inside something that begins at the error's place.
    Torn {
        /// Inside what: `map`, `string`, ...
        inside: &'static str,
    },
    /// The text ends where a form is required.
    Missing,
    /// A closing bracket that nothing opened.
    Unopened(char),
    /// A closing bracket of another kind than the opening one.
    Mismatched {
        /// What would close it.
        expected: char,
        /// What was found.
        found: char,
    },
    /// A map with a key and no value.
    OddMap,
    /// An object, `#<...>`, whose end does not show: see [`entries`](super::entries()).
    Object,
    /// Nested deeper than [`DEPTH_MAX`].
    TooDeep,
    /// An escape that strings do not have.
    Escape(String),
    /// A keyword without a name.
    Keyword,
    /// Something after `#` that is not a tag, set or discard.
    Dispatch,
    /// A second form where there must be one.
    Trailing,
    /// A form of a history that is not a map.
    NotAMap,
    /// An operation map that lacks a field.
    NoField(&'static str),
    /// An operation map that has a field twice.
    FieldTwice(&'static str),
    /// A field with a value of the wrong kind.
    Field {
        /// Which field.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it is, shortened.
        found: String,
    },
    /// A field that is judged, with a form in it that cannot be read back.
    Opaque {
        /// Which field.
        field: &'static str,
        /// The form, shortened.
        found: String,
    },
    /// An index that is not above the one ahead of it: the lines were shuffled.
    Shuffled {
        /// The index.
        index: i64,
        /// The one ahead of it.
        last: i64,
    },
    /// A process calls while a call of its own is still open.
    StillOpen {
        /// The process.
        process: i64,
        /// The line of the open call.
        line: usize,
    },
    /// A process completes what it never called.
    NeverCalled {
        /// The process.
        process: i64,
    },
    /// A completion of another function than the call.
    OtherFunction {
        /// The function that completes.
        completed: String,
        /// The function that was called.
        called: String,
        /// The line of the call.
        line: usize,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Torn { inside } => {
                write!(f, "the text ends inside the {inside} that begins here")
            }
            Problem::Missing => f.write_str("the text ends where a value is required"),
            Problem::Unopened(close) => write!(f, "`{close}` closes nothing"),
            Problem::Mismatched { expected, found } => {
                write!(f, "`{found}` was found where `{expected}` must close")
            }
            Problem::OddMap => f.write_str("the map that begins here has a key without a value"),
            Problem::Object => f.write_str(
                "the object that begins here has no end after which the operation goes on: put it in quotes, or remove it",
            ),
            Problem::TooDeep => write!(f, "nested deeper than {DEPTH_MAX}"),
            Problem::Escape(escape) => write!(f, "strings have no escape `{escape}`"),
            Problem::Keyword => f.write_str("a keyword needs a name after its colon"),
            Problem::Dispatch => f.write_str("`#` must be followed by a tag, `{`, `_`, `#` or `:`"),
            Problem::Trailing => f.write_str("a further form follows, and only one is allowed"),
            Problem::NotAMap => {
                f.write_str("a history consists of operation maps, and this is not a map")
            }
            Problem::NoField("process") => f.write_str(
                "the operation has no :process: without it, calls and completions cannot be paired. A history has an \
                 :invoke and a completion for each operation, each with its :process",
            ),
            Problem::NoField(field) => write!(f, "the operation has no :{field}"),
            Problem::FieldTwice(field) => write!(f, "the operation has :{field} twice"),
            Problem::Field {
                field,
                expected,
                found,
            } => write!(f, ":{field} must be {expected}, and is {found}"),
            Problem::Opaque { field, found } => write!(
                f,
                ":{field} is judged and has `{found}` in it, which Clojure prints and nobody can read back"
            ),
            Problem::Shuffled { index, last } => write!(
                f,
                ":index {index} follows :index {last}: the operations are not in their order"
            ),
            Problem::StillOpen { process, line } => write!(
                f,
                "process {process} calls while its call of line {line} is still open"
            ),
            Problem::NeverCalled { process } => write!(
                f,
                "process {process} completes an operation, and has none open: the history needs the :invoke of each \
                 operation, too"
            ),
            Problem::OtherFunction {
                completed,
                called,
                line,
            } => write!(
                f,
                "`{completed}` completes, but line {line} called `{called}`"
            ),
        }
    }
}
