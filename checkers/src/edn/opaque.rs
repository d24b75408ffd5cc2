//! Forms that Clojure prints and EDN does not have: each is passed over as a whole, and kept as its text.
//!
//! | form | is |
//! |---|---|
//! | `#"a.*b"` | a regular expression, whose backslashes are no escapes |
//! | `#<Object text>` | an object, as Clojure up to 1.6 printed it: where it ends is the matter of [`super::objects`] |
//! | `#'name`, `#(f %)`, `#=(f)`, `#?(:clj 1)`, `@x` | a form after marks |
//! | `'x`, `^{:a 1} x` | quoted, and with metadata: just `x` |

use std::borrow::Cow;

use super::EdnValue;
use super::error::{EdnError, Problem};
use super::objects::Objects;
use super::reader::Reader;

impl<'a> Reader<'a> {
    /// Everything from an offset to here.
    pub(super) fn opaque_from(&self, start: usize) -> EdnValue<'a> {
        EdnValue::Opaque(Cow::Borrowed(&self.text[start..self.at]))
    }

    /// `#"..."`, from its `#`. A backslash keeps the character after it, whichever it is.
    pub(super) fn regex(&mut self, start: usize) -> Result<EdnValue<'a>, EdnError> {
        let bytes = self.text.as_bytes();
        self.at = start + 2;
        while let Some(byte) = bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'"' => return Ok(self.opaque_from(start)),
                b'\\' => self.at = (self.at + 1).min(bytes.len()),
                _ => {}
            }
        }
        let inside = "regular expression";
        Err(self.error(start, Problem::Torn { inside }))
    }

    /// `#<...>`, from its `#`.
    pub(super) fn object(&mut self, start: usize) -> Result<EdnValue<'a>, EdnError> {
        let end = match &mut self.objects {
            Objects::Balanced => self.balanced(start),
            Objects::PutOff { met } => {
                *met = true;
                None
            }
            Objects::Tried(tries) => tries.next(self.text, start),
        };
        let torn = Problem::Torn { inside: "object" };
        self.at = end.ok_or_else(|| self.error(start, torn))?;
        Ok(self.opaque_from(start))
    }

    /// Where the angle brackets of an object are balanced: `#<Fn #<Box 1>>` is one form. Arrows (`->`, `=>`) close
    /// nothing.
    fn balanced(&self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut open = 0_usize;
        for at in start + 1..bytes.len() {
            match bytes[at] {
                b'<' => open += 1,
                b'>' if !matches!(bytes[at - 1], b'-' | b'=') => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Some(at + 1);
            }
        }
        None
    }

    /// `#'x`, `#(...)`, `#=(...)`, `#?(...)`, `#?@(...)`, from its `#`.
    pub(super) fn unreadable(&mut self, start: usize) -> Result<EdnValue<'a>, EdnError> {
        let rest = &self.text.as_bytes()[start + 1..];
        let marks = rest
            .iter()
            .take_while(|byte| b"'=?@".contains(byte))
            .count();
        self.at = start;
        self.prefixed(1 + marks)
    }

    /// A form after this many bytes of marks.
    pub(super) fn prefixed(&mut self, marks: usize) -> Result<EdnValue<'a>, EdnError> {
        let start = self.at;
        self.at += marks;
        self.nested(start, Reader::form)?;
        Ok(self.opaque_from(start))
    }

    /// `'x` is `x`.
    pub(super) fn quoted(&mut self) -> Result<EdnValue<'a>, EdnError> {
        let start = self.at;
        self.at += 1;
        self.nested(start, Reader::form)
    }

    /// `^meta x` is `x`.
    pub(super) fn metadata(&mut self) -> Result<EdnValue<'a>, EdnError> {
        let start = self.at;
        self.at += 1;
        self.nested(start, |reader| {
            reader.form()?;
            reader.form()
        })
    }
}
