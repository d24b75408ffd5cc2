//! The file of a history: plain while the run records, compressed with zstd when it closes. Readers accept both, read
//! line by line, and never take a damaged file for a short one.

use std::fs::File;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use checkers::history::jsonl::{LineReader, Parsed};

use super::layout;
use crate::bounded::lines::Lines;
use crate::bounded::{self, packed};
use crate::exit::Stop;

/// The compression level. Histories shrink tenfold at the lowest levels already.
const COMPRESSION: i32 = 3;

/// The maximum size of a history that is judged by a model of objects, decompressed: 1 GiB. It is parsed as one text,
/// because an EDN history may be a single form.
const TEXT_BYTES_MAX: u64 = 1 << 30;

/// A history file, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPath {
    /// The file.
    pub path: PathBuf,
    /// The run directory in which it was found. None for a file that the user named.
    pub run: Option<PathBuf>,
}

impl HistoryPath {
    /// A file that the user named. Links to it are followed.
    pub fn named(path: &Path) -> HistoryPath {
        HistoryPath {
            path: path.to_owned(),
            run: None,
        }
    }

    /// A file in a run directory. Links in it are not followed.
    pub fn of_run(run: &Path, path: PathBuf) -> HistoryPath {
        HistoryPath {
            path,
            run: Some(run.to_owned()),
        }
    }

    /// The content, decompressed.
    ///
    /// # Errors
    /// If it cannot be opened, or is not a regular file.
    pub fn content(&self) -> std::io::Result<Box<dyn BufRead + Send>> {
        let below = self.run.as_ref();
        let below = below.and_then(|run| Some((run, self.path.strip_prefix(run).ok()?)));
        packed::content(match below {
            Some((run, relative)) => bounded::open_below(run, relative)?,
            None => bounded::open(&self.path)?,
        })
    }

    /// The history, read line by line.
    ///
    /// # Errors
    /// If it cannot be read, is damaged, or is not a history. The message names the line, and not the file.
    pub fn parse(&self) -> Result<Parsed> {
        let mut lines = Lines::of(self.content()?);
        let mut reader = LineReader::default();
        while let Some(line) = lines.advance()? {
            reader.line(line)?;
        }
        Ok(reader.finish()?)
    }

    /// The content as one piece, for histories in other notations.
    ///
    /// # Errors
    /// If it cannot be read, is damaged, or is too large.
    pub fn bytes(&self) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut content = self.content()?.take(TEXT_BYTES_MAX + 1);
        content.read_to_end(&mut bytes)?;
        if bytes.len() as u64 > TEXT_BYTES_MAX {
            let what = format!(
                "it is larger than {} MiB, the most for a history that is judged by a model",
                TEXT_BYTES_MAX >> 20
            );
            return Err(Error::new(ErrorKind::InvalidData, what));
        }
        Ok(bytes)
    }
}

/// The path of a scenario's compressed history, given the path of the plain one.
pub fn compressed(history: &Path) -> PathBuf {
    history.with_extension("jsonl.zst")
}

/// Compresses a closed history and removes the plain one. If anything fails, the plain one stays.
///
/// The frame states the content's size and its checksum, so that the decoder reports a changed bit.
///
/// # Errors
/// If the compressed file cannot be written.
pub fn compress(plain: &Path, compressed: &Path) -> Result<()> {
    let beside = compressed.with_extension("part");
    let copy = || -> std::io::Result<()> {
        let source = File::open(plain)?;
        let mut encoder = zstd::stream::write::Encoder::new(File::create(&beside)?, COMPRESSION)?;
        encoder.include_checksum(true)?;
        encoder.include_contentsize(true)?;
        encoder.set_pledged_src_size(Some(source.metadata()?.len()))?;
        std::io::copy(&mut BufReader::new(source), &mut encoder)?;
        encoder.finish()?.flush()?;
        std::fs::rename(&beside, compressed)?;
        std::fs::remove_file(plain)
    };
    copy().with_context(|| format!("compress {}", plain.display()))
}

/// The history in a scenario's folder: the compressed one if there are both.
pub fn below(folder: &Path) -> Option<PathBuf> {
    // A link or a pipe counts, too: it must be reported, and not be taken for a scenario without a history.
    [layout::HISTORY_COMPRESSED, layout::HISTORY]
        .iter()
        .map(|name| folder.join(name))
        .find(|file| file.symlink_metadata().is_ok())
}

/// The history files that a path names: the path itself, or those of a run directory.
///
/// # Errors
/// If the path is neither a file nor a run.
pub fn histories(path: &Path) -> Result<Vec<HistoryPath>> {
    if path.metadata().is_ok_and(|meta| !meta.is_dir()) {
        return Ok(vec![HistoryPath::named(path)]);
    }
    let mut found: Vec<PathBuf> = below(path).into_iter().collect();
    if let Ok(entries) = std::fs::read_dir(path.join(layout::SCENARIOS)) {
        let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        folders.sort();
        found.extend(folders.iter().filter_map(|folder| below(folder)));
    }
    if found.is_empty() {
        return Err(Stop::usage(format!(
            "{}: neither a history file nor a run directory with scenarios/*/history.jsonl",
            path.display()
        )));
    }
    let of_run = |file| HistoryPath::of_run(path, file);
    Ok(found.into_iter().map(of_run).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_bit_of_a_compressed_history_is_reported() {
        let folder = tempfile::tempdir().expect("a folder");
        let (plain, packed) = (
            folder.path().join("h.jsonl"),
            folder.path().join("h.jsonl.zst"),
        );
        let lines: String = (0..200)
            .map(|i| {
                format!(
                    "{{\"i\":{i},\"t\":{},\"type\":\"late\",\"who\":\"n{i}\",\"by_ms\":7}}\n",
                    i * i
                )
            })
            .collect();
        let text = format!("{{\"format\":\"jepsen-history\",\"version\":1}}\n{lines}");
        std::fs::write(&plain, &text).expect("written");
        compress(&plain, &packed).expect("compressed");
        assert!(!plain.exists());
        let bytes = std::fs::read(&packed).expect("read");
        let history = HistoryPath::named(&packed);
        let whole = history.parse().expect("whole");
        assert_eq!(whole.events.len(), 200);
        for at in (0..bytes.len()).step_by(3) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            std::fs::write(&packed, &changed).expect("written");
            // A bit that the content does not depend on, such as the window's size, is not damage.
            if let Ok(parsed) = history.parse() {
                assert_eq!(parsed.events, whole.events, "byte {at}");
            }
        }
    }
}
