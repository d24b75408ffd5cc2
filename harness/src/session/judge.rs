//! A stored history in, verdicts and series out. `run` judges what it has just recorded by the same path as `check`
//! judges a file that it never saw.

pub mod series;

use std::path::Path;

use anyhow::Result;
use checkers::history::{History, jsonl};
use checkers::judgement::Judgement;

use crate::config::promises::lay_over;
use crate::exit::Stop;
use crate::store::Asked;
use crate::store::history_file::unpacked;

pub use series::measure;

/// A history and what all checks say of it.
pub struct Judged {
    /// The history.
    pub history: History,
    /// What is said of it.
    pub judgement: Judgement,
    /// What was odd in the file.
    pub warnings: Vec<String>,
}

/// Reads a history file, plain or compressed; with it, what was odd in the file.
///
/// # Errors
/// If the file cannot be read or is no history; the message names file and line.
pub fn read(path: &Path) -> Result<(History, Vec<String>)> {
    read_by(path, &[])
}

fn read_by(path: &Path, promises: &[String]) -> Result<(History, Vec<String>)> {
    let name = path.display();
    let wrong = |what: String| Stop::usage(format!("{name}: {what}"));
    let text = text(path).map_err(|error| wrong(error.to_string()))?;
    let mut parsed = jsonl::parse(&text).map_err(|error| wrong(error.to_string()))?;
    let warnings = parsed
        .warnings
        .iter()
        .map(|warning| format!("{name}: {warning}"))
        .collect();
    lay_over(&mut parsed.header.promises, promises)?;
    Ok((History::new(parsed.header, parsed.events), warnings))
}

/// Reads and judges a history file by the checks that its scenario asked for.
///
/// # Errors
/// As of [`read`].
pub fn file(path: &Path) -> Result<Judged> {
    file_by(path, &[])
}

/// The same by other promises than those that the history carries: words as `--promise` takes them.
///
/// # Errors
/// As of [`read`]; and if a word names no promise.
pub fn file_by(path: &Path, promises: &[String]) -> Result<Judged> {
    let (history, warnings) = read_by(path, promises)?;
    let mut judgement = checkers::judge(&history);
    let asked = Asked::beside(path);
    judgement
        .verdicts
        .retain(|verdict| asked.includes(&verdict.check));
    Ok(Judged {
        history,
        judgement,
        warnings,
    })
}

fn text(path: &Path) -> std::io::Result<String> {
    // A torn character can only be in a torn line, which is told as such.
    Ok(String::from_utf8_lossy(&unpacked(path)?).into_owned())
}
