//! A word of a configuration that names something which only a higher floor knows, such as a workload. It keeps its
//! position, so that floor can report a mistake with file and line.

use anyhow::Result;
use toml::Spanned;

use super::source::Source;
use crate::exit::Stop;

/// A word and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    text: String,
    /// The file with line and column, and the line itself. None for a default.
    place: Option<(String, String)>,
}

impl Word {
    /// A default, which is not written in any file.
    pub fn default_of(text: &str) -> Word {
        Word {
            text: text.to_owned(),
            place: None,
        }
    }

    pub(super) fn of(source: &Source<'_>, written: &Spanned<String>) -> Word {
        Word {
            text: written.get_ref().clone(),
            place: Some(source.place(&written.span())),
        }
    }

    /// The word itself.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Reads the word.
    ///
    /// # Errors
    /// The message of `read`, with the position of the word.
    pub fn read<T>(&self, read: impl FnOnce(&str) -> Result<T, String>) -> Result<T> {
        read(&self.text).map_err(|what| match &self.place {
            Some((place, line)) => Stop::usage_with_lines(format!("{place}: {what}"), [line]),
            None => Stop::usage(what),
        })
    }
}
