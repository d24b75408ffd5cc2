//! Reads a stored history and returns verdicts and series. `run` judges the history that it just recorded in the same
//! way as `check` judges any file.

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

/// A history and its judgement.
pub struct Judged {
    /// The history.
    pub history: History,
    /// The results of all checks.
    pub judgement: Judgement,
    /// Problems of the file.
    pub warnings: Vec<String>,
}

/// Reads a history file, plain or compressed. Also returns the problems of the file.
///
/// # Errors
/// If the file cannot be read or is not a history. The message names file and line.
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

/// The same by other promises than those in the history, in the syntax of `--promise`.
///
/// # Errors
/// As of [`read`], or if a word is not a promise.
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
    // A torn character can occur only in a torn line, which is reported separately.
    Ok(String::from_utf8_lossy(&unpacked(path)?).into_owned())
}
