//! The text of a configuration file, and the positions of mistakes in it. Every message names file, line and column,
//! and shows the line.

use std::fmt::Display;
use std::ops::Range;

use anyhow::Result;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::exit::Stop;

/// A text, and its name in error messages.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The file's path, or `built-in target NAME` for a built-in text.
    pub name: &'a str,
    /// The content.
    pub text: &'a str,
}

impl Source<'_> {
    /// Parses the text as TOML of this type.
    ///
    /// # Errors
    /// If it is not valid TOML, or a field is unknown, missing or of the wrong type. The message names file, line and
    /// column, and lists the allowed fields.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        toml::from_str(self.text).map_err(|error| {
            let what = error.message().trim_end();
            match error.span() {
                Some(at) => self.mistake(&at, what),
                None => Stop::usage(format!("{}: {what}", self.name)),
            }
        })
    }

    /// The error for a value that parses but is not allowed.
    pub fn mistake(&self, at: &Range<usize>, what: impl Display) -> anyhow::Error {
        let (place, line) = self.place(at);
        Stop::usage_with_lines(format!("{place}: {what}"), [line])
    }

    /// The position, for the start of an error message, and the line itself, for its end.
    pub(super) fn place(&self, at: &Range<usize>) -> (String, String) {
        let mut start = at.start.min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &self.text[..start];
        let number = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let line = self.text.lines().nth(number - 1).unwrap_or_default();
        let place = format!("{}: line {number}, column {column}", self.name);
        (place, format!("{number} | {line}"))
    }

    /// Reads one value with a function that reports what is wrong with it.
    ///
    /// # Errors
    /// The function's message, with the position of the value.
    pub fn read<T>(
        &self,
        value: &Spanned<String>,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T> {
        read(value.get_ref()).map_err(|what| self.mistake(&value.span(), what))
    }

    /// The position of the value at this path of keys. A number is an index into an array.
    pub fn value_at(&self, path: &[&str]) -> Option<Range<usize>> {
        let root = DeTable::parse(self.text).ok()?;
        let (first, rest) = path.split_first()?;
        let mut value = root.get_ref().get(*first)?;
        for key in rest {
            value = match value.get_ref() {
                DeValue::Table(table) => table.get(*key)?,
                DeValue::Array(array) => array.get(key.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(value.span())
    }

    /// The keys of a table, each with its position. Empty if there is no such table.
    pub fn keys_of(&self, table: &str) -> Vec<(String, Range<usize>)> {
        let Ok(root) = DeTable::parse(self.text) else {
            return Vec::new();
        };
        match root.get_ref().get(table).map(Spanned::get_ref) {
            Some(DeValue::Table(keys)) => {
                let place =
                    |key: &Spanned<_>| (AsRef::<str>::as_ref(key.get_ref()).to_owned(), key.span());
                keys.keys().map(place).collect()
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a = 1\nb = \"é\"\n[c]\nd = [ 3, 4 ]\n";

    #[test]
    fn a_mistake_shows_its_line() {
        let source = Source {
            name: "x.toml",
            text: TEXT,
        };
        let at = source.value_at(&["c", "d", "1"]).expect("there");
        let told = source.mistake(&at, "no").to_string();
        assert_eq!(told, "x.toml: line 4, column 10: no\n  4 | d = [ 3, 4 ]");
        // A span beyond the text, as of an empty file, must not cause a panic.
        let beyond = source.mistake(&(999..999), "no").to_string();
        assert!(beyond.contains("line 5, column 1"), "{beyond}");
    }

    #[test]
    fn keys_have_places() {
        let source = Source {
            name: "x.toml",
            text: TEXT,
        };
        let keys = source.keys_of("c");
        assert_eq!(keys.len(), 1);
        assert_eq!(&TEXT[keys[0].1.clone()], "d");
        assert!(source.keys_of("a").is_empty() && source.value_at(&["c", "e"]).is_none());
    }
}
