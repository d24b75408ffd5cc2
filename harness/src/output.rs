//! The only module that prints. Data goes to stdout, messages go to stderr. Colour and bars are used only on a
//! terminal, and never if `NO_COLOR` is set.
//!
//! Everything passes [`reports::visible`] here, so no value can act on a terminal. Only the writer of a text knows which
//! of its line breaks are its own. A message is therefore one line, and a text of several lines must be composed with
//! [`visible()`] around each foreign value.

pub mod arguments;
mod bottom;
pub mod comparison;
pub mod level;
pub mod plan;
pub mod progress;
mod standard;
mod status;

use std::borrow::Cow;
use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use reports::visible;
use serde::Serialize;

use crate::exit;
use crate::secret::clean_text;

pub use level::{is_quiet, is_verbose};
pub use standard::{finish, survive_file_limit, written};

/// Whether stdout is for one JSON document alone.
static ONLY_JSON: AtomicBool = AtomicBool::new(false);

/// Writes a message to stderr, as one line, unless only errors are asked for. A closed terminal does not end a run.
pub fn say(line: &str) {
    if !is_quiet() {
        say_always(line);
    }
}

/// As [`say`], for an error that does not end the program or that ends it at once.
pub fn say_always(line: &str) {
    let line = clean_text(line);
    let line = visible::line(&line);
    match std::io::stderr().is_terminal() {
        true => bottom::above(&bottom::broken(&line, bottom::columns())),
        false => bottom::above(&line),
    }
}

/// Writes what the harness does to stderr, with the time since its start, if that is asked for.
pub fn detail(line: impl FnOnce() -> String) {
    if is_verbose() {
        say_always(&format!("  [{:8.3} s] {}", level::seconds(), line()));
    }
}

/// Writes an error that ends the program to stderr.
pub fn complain(error: &anyhow::Error) {
    bottom::above(&format!("jepsen: {}", clean_text(&exit::message(error))));
}

/// Writes lines of data to stdout. Foreign values in it must have passed [`visible()`], because its line breaks stay. A
/// failure is remembered until [`finish`].
pub fn tell(text: &str) {
    told(&visible::lines(text));
}

fn told(text: &str) {
    match ONLY_JSON.load(Ordering::Relaxed) {
        true if is_quiet() => {}
        true => bottom::above(clean_text(text).trim_end_matches('\n')),
        false => standard::write(text),
    }
}

/// As [`tell`], for a text that explains: not if only verdict lines are asked for.
pub fn tell_more(text: &str) {
    if !is_quiet() && !text.is_empty() {
        tell(text);
    }
}

/// As [`tell`], for a text that may contain colours of this program.
pub fn tell_painted(text: &str) {
    told(&visible::painted(text));
}

/// Keeps everything but [`tell_json`] and [`tell_data`] away from stdout: it goes to stderr. For `--json`.
pub fn only_json() {
    ONLY_JSON.store(true, Ordering::Relaxed);
}

/// The version of the documents that `--json` prints. It changes if the meaning of a field changes.
const JSON_SCHEMA: u32 = 1;

/// A document of `--json`: its version before its fields.
#[derive(Serialize)]
struct Document<'a, T: Serialize> {
    schema: u32,
    #[serde(flatten)]
    fields: &'a T,
}

/// Writes a struct as a JSON document to stdout: one line, with the version of its shape.
///
/// # Errors
/// If the value is not an object of JSON, which is a bug.
pub fn tell_json(fields: &impl Serialize) -> anyhow::Result<()> {
    let schema = JSON_SCHEMA;
    tell_data(&serde_json::to_string(&Document { schema, fields })?);
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

/// A text beside its label, in lines of 80 columns that end between words. Nothing if there is no text.
pub fn labelled(label: &str, text: &str) -> String {
    const COLUMNS: usize = 80;
    const INDENT: usize = 13;
    if text.is_empty() {
        return String::new();
    }
    let rows = bottom::broken(text, COLUMNS - INDENT);
    let rows = rows.lines().enumerate().map(|(at, row)| match at {
        0 => format!("  {label:<10} {row}\n"),
        _ => format!("{:INDENT$}{}\n", "", row.trim_start()),
    });
    rows.collect()
}

/// Whether stdout supports colour.
pub fn colour() -> bool {
    !ONLY_JSON.load(Ordering::Relaxed) && std::io::stdout().is_terminal() && no_colour_unset()
}

/// Whether stderr is a terminal that can show a status line.
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
