//! A stored history in, verdicts and series out. `run` judges what it has just recorded by the same path as `check`
//! judges a file that it never saw.

pub mod series;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use anyhow::{Context, Result};
use checkers::history::{History, jsonl};
use checkers::judgement::Judgement;

use crate::config::promises::lay_over;
use crate::config::scenario::Asked;
use crate::exit::Stop;

pub use series::measure;

/// How hard compression tries: histories compress tenfold at the lowest levels already.
const COMPRESSION: i32 = 3;

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

/// A file's bytes, unpacked if they are compressed by zstd, whatever the file is called.
///
/// # Errors
/// If it cannot be read.
pub fn unpacked(path: &Path) -> std::io::Result<Vec<u8>> {
    const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    let mut file = BufReader::new(File::open(path)?);
    let mut bytes = Vec::new();
    if file.fill_buf()?.starts_with(&ZSTD) {
        let mut decoder = zstd::stream::read::Decoder::with_buffer(file)?;
        if let Err(error) = decoder.read_to_end(&mut bytes) {
            // A file that is cut in the middle still has what came before.
            if bytes.is_empty() {
                return Err(error);
            }
        }
    } else {
        file.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Compresses a closed history and removes the plain one, which stays if anything fails.
///
/// # Errors
/// If the compressed file cannot be written.
pub fn compress(plain: &Path, compressed: &Path) -> Result<()> {
    let beside = compressed.with_extension("part");
    let copy = || -> std::io::Result<()> {
        let mut encoder = zstd::stream::write::Encoder::new(File::create(&beside)?, COMPRESSION)?;
        std::io::copy(&mut BufReader::new(File::open(plain)?), &mut encoder)?;
        encoder.finish()?.flush()?;
        std::fs::rename(&beside, compressed)?;
        std::fs::remove_file(plain)
    };
    copy().with_context(|| format!("compress {}", plain.display()))
}
