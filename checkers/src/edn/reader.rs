//! Forms, one after the other: brackets, tags, discards and comments. Atoms are read next door.

use std::borrow::Cow;

use super::error::{EdnError, Problem};
use super::objects::Objects;
use super::{DEPTH_MAX, EdnValue};

/// Reads the one form of a text.
///
/// # Errors
/// If the text is not EDN, or holds no form or several.
pub fn read(text: &str) -> Result<EdnValue<'_>, EdnError> {
    let mut reader = Reader::new(text);
    let value = reader.form()?;
    match reader.more()? {
        false => Ok(value),
        true => Err(reader.error(reader.at, Problem::Trailing)),
    }
}

/// Reads forms from a text. After an error the place is unspecified, and reading on is useless.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    pub(super) text: &'a str,
    /// Invariant: a character boundary of `text`, at most its length.
    pub(super) at: usize,
    /// How many forms enclose the place. Invariant: at most [`DEPTH_MAX`].
    depth: usize,
    /// What is done with objects.
    pub(super) objects: Objects,
}

impl<'a> Reader<'a> {
    /// A reader at the beginning of a text. A byte order mark there is skipped.
    pub fn new(text: &'a str) -> Reader<'a> {
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Reader::within(text, at, Objects::Balanced)
    }

    /// A reader at a place of a text.
    pub(super) fn within(text: &'a str, at: usize, objects: Objects) -> Reader<'a> {
        Reader {
            text,
            at,
            depth: 0,
            objects,
        }
    }

    /// The next form; an error if there is none.
    ///
    /// # Errors
    /// If the text from here on is not EDN.
    pub fn form(&mut self) -> Result<EdnValue<'a>, EdnError> {
        if !self.more()? {
            return Err(self.error(self.at, Problem::Missing));
        }
        let start = self.at;
        match self.text.as_bytes()[start] {
            b'(' => Ok(EdnValue::List(self.sequence("list", b')')?)),
            b'[' => Ok(EdnValue::Vector(self.sequence("vector", b']')?)),
            b'{' => Ok(EdnValue::Map(self.map()?)),
            close @ (b')' | b']' | b'}') => {
                Err(self.error(start, Problem::Unopened(char::from(close))))
            }
            b'#' => self.dispatch(),
            _ => self.atom(),
        }
    }

    /// Whether another form, or a closing bracket, follows. Skips what has no meaning: white space,
    /// commas, comments, discarded forms.
    ///
    /// # Errors
    /// If a discarded form is not EDN.
    pub fn more(&mut self) -> Result<bool, EdnError> {
        loop {
            match self.peek() {
                Some(b' ' | b',' | b'\n' | b'\r' | b'\t' | 0x0b..=0x0c) => self.at += 1,
                Some(b';') => {
                    let rest = &self.text.as_bytes()[self.at..];
                    self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                }
                Some(b'#') if self.text.as_bytes().get(self.at + 1) == Some(&b'_') => {
                    let start = self.at;
                    self.at += 2;
                    self.nested(start, Reader::form)?;
                }
                Some(_) => return Ok(true),
                None => return Ok(false),
            }
        }
    }

    /// The offset of the next byte, in bytes.
    pub fn offset(&self) -> usize {
        self.at
    }

    pub(super) fn error(&self, at: usize, problem: Problem) -> EdnError {
        EdnError::at(self.text, at, problem)
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// One level deeper.
    pub(super) fn nested<T>(
        &mut self,
        start: usize,
        inside: impl FnOnce(&mut Self) -> Result<T, EdnError>,
    ) -> Result<T, EdnError> {
        if self.depth == DEPTH_MAX {
            return Err(self.error(start, Problem::TooDeep));
        }
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        result
    }

    /// Everything from the opening bracket here to its closing one.
    fn sequence(&mut self, what: &'static str, close: u8) -> Result<Vec<EdnValue<'a>>, EdnError> {
        let start = self.at;
        self.at += 1;
        self.nested(start, |reader| {
            let mut elements = Vec::new();
            while !reader.closes(start, what, close)? {
                elements.push(reader.form()?);
            }
            Ok(elements)
        })
    }

    /// Whether `close` follows, and if so steps over it. `start` is where the bracket was opened.
    pub(super) fn closes(
        &mut self,
        start: usize,
        inside: &'static str,
        close: u8,
    ) -> Result<bool, EdnError> {
        if !self.more()? {
            return Err(self.error(start, Problem::Torn { inside }));
        }
        match self.peek() {
            Some(found) if found == close => {
                self.at += 1;
                Ok(true)
            }
            Some(found @ (b')' | b']' | b'}')) => {
                let (expected, found) = (char::from(close), char::from(found));
                Err(self.error(self.at, Problem::Mismatched { expected, found }))
            }
            _ => Ok(false),
        }
    }

    fn map(&mut self) -> Result<Vec<(EdnValue<'a>, EdnValue<'a>)>, EdnError> {
        let start = self.at;
        self.at += 1;
        let is_operation = self.objects.is_operation();
        self.nested(start, |reader| {
            let mut pairs = Vec::new();
            while !reader.closes(start, "map", b'}')? {
                let key = reader.form()?;
                if is_operation && !matches!(key, EdnValue::Keyword(_)) {
                    return Err(reader.error(start, Problem::OddMap));
                }
                if reader.closes(start, "map", b'}')? {
                    return Err(reader.error(start, Problem::OddMap));
                }
                pairs.push((key, reader.form()?));
            }
            Ok(pairs)
        })
    }

    /// `#{set}`, `##Inf`, `#:namespace{map}`, `#tag form`.
    fn dispatch(&mut self) -> Result<EdnValue<'a>, EdnError> {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            Some(b'{') => Ok(EdnValue::Set(self.sequence("set", b'}')?)),
            Some(b'#') => {
                self.at += 1;
                match self.token() {
                    "Inf" => Ok(EdnValue::Float(f64::INFINITY)),
                    "-Inf" => Ok(EdnValue::Float(f64::NEG_INFINITY)),
                    "NaN" => Ok(EdnValue::Float(f64::NAN)),
                    _ => Ok(self.opaque_from(start)),
                }
            }
            Some(b':') => {
                self.at += 1;
                let namespace = self.token();
                if namespace.is_empty() || !self.more()? || self.peek() != Some(b'{') {
                    return Err(self.error(start, Problem::Dispatch));
                }
                let mut pairs = self.map()?;
                for (key, _) in &mut pairs {
                    qualify(key, namespace);
                }
                Ok(EdnValue::Map(pairs))
            }
            Some(b'"') => self.regex(start),
            Some(b'<') => self.object(start),
            Some(b'(' | b'\'' | b'=' | b'?') => self.unreadable(start),
            // Metadata in its old form.
            Some(b'^') => self.metadata(),
            Some(byte) if byte.is_ascii_alphabetic() => {
                let tag = self.token();
                if !self.more()? {
                    let inside = "tagged value";
                    return Err(self.error(start, Problem::Torn { inside }));
                }
                let value = self.nested(start, Reader::form)?;
                Ok(EdnValue::Tagged(Cow::Borrowed(tag), Box::new(value)))
            }
            _ => Err(self.error(start, Problem::Dispatch)),
        }
    }
}

/// What `#:namespace` before a map does to a keyword in it: `:a` becomes `:namespace/a`, `:_/a`
/// becomes `:a`, and one with a namespace of its own stays.
fn qualify(key: &mut EdnValue<'_>, namespace: &str) {
    if let EdnValue::Keyword(word) = key {
        if let Some(bare) = word.strip_prefix("_/") {
            *word = Cow::Owned(bare.to_owned());
        } else if !word.contains('/') {
            *word = Cow::Owned(format!("{namespace}/{word}"));
        }
    }
}
