//! The log format of the etcd histories that Knossos, Porcupine and others are measured with.
//!
//! ```text
//! INFO  jepsen.util - 3   :invoke :cas    [1 4]
//! INFO  jepsen.util - 3   :fail   :cas    [1 4]
//! ```
//!
//! Lines of other loggers, and of the nemesis, are skipped. Fields are separated by tabs or spaces.

use std::borrow::Cow;

use super::error::ForeignError;
use crate::edn::{self, Entry, EntryType, Process};

/// What an event's line has before its fields.
const MARK: &str = "jepsen.util - ";

/// Whether a line is an event of this format.
pub(super) fn is_event(line: &str) -> bool {
    line.starts_with("INFO") && line.contains(MARK)
}

/// The events of a log.
///
/// # Errors
/// If a line is an event and cannot be read.
pub(super) fn entries(text: &str) -> Result<Vec<Entry<'_>>, ForeignError> {
    let mut entries = Vec::new();
    for (line, event) in (1..).zip(text.lines()).filter(|(_, line)| is_event(line)) {
        let fields = event.split_once(MARK).map_or("", |(_, fields)| fields);
        entries.extend(entry(line, entries.len(), fields)?);
    }
    Ok(entries)
}

/// None if it is the nemesis that speaks.
fn entry(line: usize, place: usize, fields: &str) -> Result<Option<Entry<'_>>, ForeignError> {
    let error = |problem: &str| ForeignError::line(line, problem);
    let (process, rest) = word(fields);
    if process.starts_with(':') {
        return Ok(None);
    }
    let process = process.parse();
    let process = process.map_err(|_| error("the process is not a number"))?;
    let (entry_type, rest) = word(rest);
    let entry_type = match entry_type {
        ":invoke" => EntryType::Invoke,
        ":ok" => EntryType::Ok,
        ":fail" => EntryType::Fail,
        ":info" => EntryType::Info,
        _ => return Err(error("the type is none of :invoke, :ok, :fail, :info")),
    };
    let (function, rest) = word(rest);
    let function = function.strip_prefix(':');
    let function = function.ok_or_else(|| error("the function is not a keyword"))?;
    if rest.trim().is_empty() {
        return Err(error("the value is missing: the line is torn"));
    }
    let value = edn::read(rest).map_err(|e| error(&e.problem.to_string()))?;
    Ok(Some(Entry {
        line,
        place,
        entry_type,
        process: Process::Client(process),
        function: Some(Cow::Borrowed(function)),
        value: value.canonical(),
        index: None,
        time_ns: None,
        others: Vec::new(),
    }))
}

/// The next word, and what follows it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    text.split_at(end)
}
