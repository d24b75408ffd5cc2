//! The file of a history: plain while the run records, compressed with zstd when it closes. Readers accept both, read
//! line by line, and never take a damaged file for a short one.

use std::io::{BufRead, Error, ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use checkers::history::jsonl::{LineReader, Parsed};
use checkers::history::{Event, Header};

use super::layout;
use super::packing::Packing;
use crate::bounded::lines::Lines;
use crate::bounded::{self, input, packed};
use crate::exit::Stop;

/// The maximum size of a history that is judged by a model of objects, decompressed: 1 GiB. It is parsed as one text,
/// because an EDN history may be a single form.
const TEXT_BYTES_MAX: u64 = 1 << 30;

/// How much of a file is looked at for the header of a history. The longest headers have some 10 KiB.
const HEAD_BYTES: u64 = 1 << 16;

/// The history of a run of Jepsen, in a directory of its store.
const JEPSEN: [&str; 3] = ["history.edn", "history.edn.gz", "history.edn.zst"];

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

    /// Whether this is standard input.
    pub fn is_standard_input(&self) -> bool {
        self.run.is_none() && self.path.as_os_str() == input::NAME
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
        if self.is_standard_input() {
            return packed::content_of(input::whole()?);
        }
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

    /// The history, handed over line by line, so that its length does not matter: first the header, which may be changed,
    /// then each event. What is returned has no events.
    ///
    /// # Errors
    /// As of [`HistoryPath::parse`], and where the header is not accepted.
    pub fn stream<T>(
        &self,
        begin: impl FnOnce(&mut Header) -> Result<T>,
        mut take: impl FnMut(&mut T, Event),
    ) -> Result<(Parsed, T)> {
        let mut lines = Lines::of(self.content()?);
        let mut reader = LineReader::default();
        let Some(first) = lines.advance()? else {
            reader.finish()?;
            anyhow::bail!("the file is empty: a history begins with its header line");
        };
        reader.line(first)?;
        let mut header = reader.header().cloned().unwrap_or_else(|| {
            unreachable!("because the first line is a header, or an error");
        });
        let mut taken = begin(&mut header)?;
        while let Some(line) = lines.advance()? {
            reader.line(line)?;
            for event in reader.take() {
                take(&mut taken, event);
            }
        }
        let mut parsed = reader.finish()?;
        parsed.header = header;
        Ok((parsed, taken))
    }

    /// Whether this is a history of our own recorder, by its first line. Others are of another tool. One that is damaged
    /// later is what its beginning says; one of which nothing can be read is taken for one of ours, whose reader says what
    /// is wrong.
    pub fn is_recorded(&self) -> bool {
        let mut content = match self.content() {
            Ok(content) => content,
            Err(_) => return true,
        };
        let mut head = Vec::new();
        // What was read ahead of an error stays in the buffer, and the error comes again to who reads it all.
        let _ = content.by_ref().take(HEAD_BYTES).read_to_end(&mut head);
        head.is_empty() || checkers::foreign::is_recorded(&head)
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

/// Compresses a closed history and removes the plain one, which the compressed one replaces only when it is durable. If
/// anything fails, the plain one stays.
///
/// Returns the SHA-256 of its text.
///
/// # Errors
/// If the compressed file cannot be written.
pub fn compress(plain: &Path, compressed: &Path) -> Result<String> {
    Packing::begin(plain)
        .and_then(|packing| packing.finish(compressed))
        .with_context(|| format!("compress {}", plain.display()))
}

/// The history in a scenario's folder: the compressed one if there are both.
pub fn below(folder: &Path) -> Option<PathBuf> {
    // A link or a pipe counts, too: it must be reported, and not be taken for a scenario without a history.
    [layout::HISTORY_COMPRESSED, layout::HISTORY]
        .iter()
        .map(|name| folder.join(name))
        .find(|file| file.symlink_metadata().is_ok())
}

/// The history files that a path names: the path itself, standard input (`-`), or those of a run directory. A directory
/// of a store of Jepsen holds one, and its `independent` directory one for each key.
///
/// # Errors
/// If the path is neither a file nor a run.
pub fn histories(path: &Path) -> Result<Vec<HistoryPath>> {
    let named = HistoryPath::named(path);
    if named.is_standard_input() || path.metadata().is_ok_and(|meta| !meta.is_dir()) {
        return Ok(vec![named]);
    }
    let mut found: Vec<PathBuf> = below(path).into_iter().collect();
    found.extend(
        folders(&path.join(layout::SCENARIOS))
            .iter()
            .filter_map(|folder| below(folder)),
    );
    if found.is_empty() {
        found.extend(of_jepsen(path));
    }
    if found.is_empty() && path.file_name().is_some_and(|name| name == "independent") {
        found.extend(folders(path).iter().filter_map(|folder| of_jepsen(folder)));
    }
    if found.is_empty() {
        let path = path.display();
        return Err(Stop::usage(format!(
            "{path}: {}",
            without_history(&named.path)
        )));
    }
    let of_run = |file| HistoryPath::of_run(path, file);
    Ok(found.into_iter().map(of_run).collect())
}

/// The entries of a folder, in the order of their names.
fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

fn of_jepsen(folder: &Path) -> Option<PathBuf> {
    let mut files = JEPSEN.iter().map(|name| folder.join(name));
    files.find(|file| file.symlink_metadata().is_ok())
}

/// What a path is that names no history, and what to do about it.
fn without_history(path: &Path) -> String {
    if path.join("test.jepsen").exists() {
        return "a run of Jepsen without history.edn: test.jepsen is binary and not read; write one in a REPL of \
                Jepsen, (spit \"history.edn\" (apply str (map prn-str (:history (jepsen.store/latest)))))"
            .to_owned();
    }
    let inner = folders(path);
    let mut inner = inner
        .iter()
        .filter(|folder| of_jepsen(folder).is_some() || folder.join("test.jepsen").exists());
    match inner.next_back() {
        Some(last) => format!(
            "a store of several runs of Jepsen: name one of them, such as {}",
            last.display()
        ),
        None if !path.exists() => "there is no such file or directory".to_owned(),
        None => "neither a history file nor a run directory with scenarios/*/history.jsonl, nor a run of Jepsen with \
                 history.edn"
            .to_owned(),
    }
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
        assert_eq!(history.parse().expect("whole").events.len(), 200);
        for at in (0..bytes.len()).step_by(3) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            std::fs::write(&packed, &changed).expect("written");
            // A bit that the content does not depend on, such as the window's size, is not damage. Without its magic
            // number the file is plain text, and not a history.
            if history.parse().is_ok() {
                let content = history.bytes().expect("read");
                assert!(content == text.as_bytes(), "byte {at}");
            }
        }
    }
}
