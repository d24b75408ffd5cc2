//! Space that a run sets aside at its start, so that its end can be written on a full disk: verdict, results and page.
//!
//! Files of blocks are allocated in advance below the run directory. When a write fails for lack of space, one of them
//! gets the content and is renamed to its place. Its blocks are never given back in between: on a disk that another
//! program fills, freed space is gone before it can be used.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{FallocateFlags, fallocate};

use super::durable::{directory_of, sync_directory};
use super::space::is_full;

/// The folder of the reserve, in a run directory.
const FOLDER: &str = ".reserve";
/// How many files can be written.
const FILES: usize = 10;
/// Their size. The page of a million operations has 2.7 MB.
const BYTES: i64 = 6 << 20;
/// A run directory is at most this many folders above a file of the run.
const DEPTH: usize = 5;

/// Sets the space aside.
///
/// # Errors
/// If there is none, or the file system cannot allocate in advance. A run without a reserve still runs.
pub fn set_aside(run: &Path) -> io::Result<()> {
    let folder = run.join(FOLDER);
    std::fs::create_dir(&folder)?;
    for number in 0..FILES {
        let file = File::create_new(folder.join(number.to_string()))?;
        fallocate(file.as_fd(), FallocateFlags::empty(), 0, BYTES)?;
    }
    Ok(())
}

/// Gives back what was not used.
pub fn release(run: &Path) {
    let _ = std::fs::remove_dir_all(run.join(FOLDER));
}

/// Writes a file in one piece with reserved space. None if there is no reserve.
pub(super) fn write(path: &Path, content: &[u8]) -> Option<io::Result<()>> {
    let folder = folder_above(path)?;
    let reserved = take(&folder)?;
    let written = fill(&reserved, content, &folder).and_then(|()| {
        std::fs::rename(&reserved, path)?;
        sync_directory(directory_of(path))
    });
    Some(written)
}

fn fill(reserved: &Path, content: &[u8], folder: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(reserved)?;
    let mut at = 0;
    while at < content.len() {
        match file.write_at(&content[at..], at as u64) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => at += written,
            // Longer than one reserved file: another one gives its blocks back.
            Err(error) if is_full(&error) => match take(folder).filter(|other| other != reserved) {
                Some(other) => std::fs::remove_file(other)?,
                None => return Err(error),
            },
            Err(error) => return Err(error),
        }
    }
    file.set_len(content.len() as u64)?;
    (&file).flush()?;
    file.sync_all()
}

/// The last of the reserved files.
fn take(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    entries.flatten().map(|entry| entry.path()).max()
}

fn folder_above(path: &Path) -> Option<PathBuf> {
    let above = path.ancestors().skip(1).take(DEPTH);
    above
        .map(|folder| folder.join(FOLDER))
        .find(|folder| folder.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_files_become_what_is_written() {
        let run = tempfile::tempdir().expect("a folder");
        let scenario = run.path().join("scenarios/default");
        std::fs::create_dir_all(&scenario).expect("made");
        set_aside(run.path()).expect("space");
        let left = || {
            std::fs::read_dir(run.path().join(FOLDER))
                .expect("there")
                .count()
        };
        assert_eq!(left(), FILES);
        let verdict = scenario.join("verdict.json");
        write(&verdict, b"{}").expect("a reserve").expect("written");
        assert_eq!(
            (std::fs::read(&verdict).expect("there"), left()),
            (b"{}".to_vec(), FILES - 1)
        );
        // A longer content than one reserved file fits where the disk has space, and stays whole.
        let long = vec![b'x'; BYTES as usize + 9];
        write(&run.path().join("page"), &long)
            .expect("a reserve")
            .expect("written");
        assert_eq!(std::fs::read(run.path().join("page")).expect("there"), long);
        release(run.path());
        assert!(write(&verdict, b"{}").is_none());
    }
}
