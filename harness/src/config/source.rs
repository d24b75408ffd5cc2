//! A configuration's text, and where in it a mistake is: every message names file and line and shows the line.

use std::fmt::Display;
use std::ops::Range;

use anyhow::Result;
use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::exit::Stop;

/// A text and the name that errors call it by.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The file's path, or `built-in suite NAME`.
    pub name: &'a str,
    /// What stands in it.
    pub text: &'a str,
}

impl Source<'_> {
    /// Reads the text as TOML of this shape.
    ///
    /// # Errors
    /// If it is no TOML, or a field is unknown, missing or of the wrong type; the message names file and line, and
    /// the fields that there are.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        toml::from_str(self.text).map_err(|error| {
            Stop::usage(format!("{}: {}", self.name, error.to_string().trim_end()))
        })
    }

    /// The error of a value that reads but cannot be meant.
    pub fn mistake(&self, at: &Range<usize>, what: impl Display) -> anyhow::Error {
        let before = &self.text.as_bytes()[..at.start.min(self.text.len())];
        let number = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let line = self.text.lines().nth(number - 1).unwrap_or_default();
        Stop::usage(format!(
            "{}: line {number}: {what}\n  {number} | {line}",
            self.name
        ))
    }

    /// Reads one value by a function that says what is wrong with it.
    ///
    /// # Errors
    /// What the function said, with the value's line.
    pub fn read<T>(
        &self,
        value: &Spanned<String>,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T> {
        read(value.get_ref()).map_err(|what| self.mistake(&value.span(), what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_shows_its_line() {
        let source = Source {
            name: "x.toml",
            text: "a = 1\nb = \"é\"\nc = 3\n",
        };
        let at = source.text.find("3").expect("there");
        let told = source.mistake(&(at..at + 1), "no").to_string();
        assert_eq!(told, "x.toml: line 3: no\n  3 | c = 3");
        // A span beyond the text, as of an empty file, is no reason to panic.
        assert!(
            source
                .mistake(&(999..999), "no")
                .to_string()
                .contains("line 4")
        );
    }
}
