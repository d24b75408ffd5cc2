//! The only module that prints. Data goes to stdout, messages go to stderr. Colour and bars are used only on a
//! terminal, and never if `NO_COLOR` is set.
//!
//! Everything passes [`reports::visible`] here, so no value can act on a terminal. Only the writer of a text knows which
//! of its line breaks are its own. A message is therefore one line, and a text of several lines must be composed with
//! [`visible()`] around each foreign value.

pub mod arguments;
pub mod comparison;
pub mod plan;
pub mod progress;
mod standard;

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use reports::visible;
use serde::Serialize;

use crate::exit;
use crate::secret::clean_text;

pub use standard::{finish, survive_file_limit, written};

/// Writes a message to stderr, as one line. A closed terminal does not end a run.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", visible::line(&clean_text(line)));
}

/// Writes an error that ends the program to stderr.
pub fn complain(error: &anyhow::Error) {
    let _ = writeln!(
        std::io::stderr(),
        "jepsen: {}",
        clean_text(&exit::message(error))
    );
}

/// Writes lines of data to stdout. Foreign values in it must have passed [`visible()`], because its line breaks stay. A
/// failure is remembered until [`finish`].
pub fn tell(text: &str) {
    standard::write(&visible::lines(text));
}

/// As [`tell`], for a text that may contain colours of this program.
pub fn tell_painted(text: &str) {
    standard::write(&visible::painted(text));
}

/// Writes a value as one line of JSON to stdout.
///
/// # Errors
/// If the value is not JSON, which is a bug.
pub fn tell_json(value: &impl Serialize) -> anyhow::Result<()> {
    tell_data(&serde_json::to_string(value)?);
    Ok(())
}

/// Writes JSON or EDN to stdout. It stays what it is, but nothing in it acts on a terminal.
pub fn tell_data(text: &str) {
    standard::write(&visible::json(text));
}

/// A foreign value within a text of several lines: nothing in it acts, and it breaks no line.
pub fn visible(value: &str) -> Cow<'_, str> {
    visible::line(value)
}

/// Whether stdout supports colour.
pub fn colour() -> bool {
    std::io::stdout().is_terminal() && no_colour_unset()
}

/// Whether stderr is a terminal that can show a bar.
pub fn bars() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

fn no_colour_unset() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A path as the user would type it, relative if it is below the current directory. Nothing in it acts on a terminal.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let relative = here
        .as_deref()
        .and_then(|here| path.strip_prefix(here).ok());
    name(relative.unwrap_or(path))
}

/// A path as it was given. Nothing in it acts on a terminal, and bytes that are not UTF-8 are visible.
pub fn name(path: &Path) -> String {
    visible::bytes(path.as_os_str().as_bytes())
}
