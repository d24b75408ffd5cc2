//! Files written in one piece. A reader sees the old content or the new one, also after a power cut, and two writers of
//! one file never destroy each other's work.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

use super::durable::{directory_of, sync_directory};
use super::reserve;
use super::space::is_full;
use crate::secret::written;

/// The start of a temporary file's name. The rest is random.
pub(super) const TEMPORARY: &str = ".jepsen-";
/// The end of a temporary file's name.
pub(super) const PART: &str = ".part";

/// Writes a file in one piece: under a new name beside it, synced, then renamed, then the directory is synced. On a full
/// disk the space is used that the run set aside ([`reserve`]).
///
/// The temporary name is random and created exclusively. With a fixed name (`report.part` served both report.json and
/// report.html), two writers of one run destroyed each other's files, and a user's own `out.part` was overwritten.
///
/// Secrets are replaced by their placeholders.
///
/// # Errors
/// If it cannot be written. The previous content stays.
pub fn write_whole(path: &Path, text: &str) -> Result<()> {
    let text = &*written(path, text);
    write_by(path, |file| file.write_all(text.as_bytes()))
        .or_else(|error| match is_full(&error) {
            true => reserve::write(path, text.as_bytes()).unwrap_or(Err(error)),
            false => Err(error),
        })
        .with_context(|| format!("write {}", path.display()))
}

/// The same with a function that writes the content.
///
/// # Errors
/// As of [`write_whole`], without use of the reserve.
fn write_by(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let directory = directory_of(path);
    let mut file = temporary(directory)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    sync_directory(directory)
}

/// A file under a new name, which [`sweep`] knows.
pub(super) fn temporary(directory: &Path) -> io::Result<NamedTempFile> {
    // The crate's own way to open the file hides the number of an error.
    tempfile::Builder::new()
        .prefix(TEMPORARY)
        .suffix(PART)
        .make_in(directory, |temporary| File::create_new(temporary))
}

/// Removes the temporary files that a killed writer left in a directory tree. Only the holder of the run's lock may call
/// it, because a living writer's file looks the same.
pub fn sweep(directory: &Path) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => sweep(&entry.path()),
            Ok(_) if name.starts_with(TEMPORARY) && name.ends_with(PART) => {
                let _ = std::fs::remove_file(entry.path());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_file_is_not_consumed_and_nothing_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let names = || {
            let names = std::fs::read_dir(folder.path()).expect("a folder");
            let mut names: Vec<_> = names.flatten().map(|entry| entry.file_name()).collect();
            names.sort();
            names
        };
        let (page, part) = (
            folder.path().join("out.html"),
            folder.path().join("out.part"),
        );
        std::fs::write(&part, "a user's").expect("written");
        write_whole(&page, "page").expect("written");
        write_whole(&page, "another").expect("written");
        assert_eq!(std::fs::read_to_string(&part).expect("there"), "a user's");
        assert_eq!(std::fs::read_to_string(&page).expect("there"), "another");
        assert_eq!(names(), ["out.html", "out.part"]);
        std::fs::create_dir(folder.path().join("taken")).expect("made");
        assert!(write_whole(&folder.path().join("taken"), "x").is_err());
        assert_eq!(names(), ["out.html", "out.part", "taken"]);
    }

    #[test]
    fn writers_of_one_file_leave_one_content_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let page = folder.path().join("page");
        let content = |writer: usize| writer.to_string().repeat(100_000);
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let page = &page;
                scope.spawn(move || write_whole(page, &content(writer)).expect("written"));
            }
        });
        let text = std::fs::read_to_string(&page).expect("there");
        assert!(
            (0..8).any(|writer| text == content(writer)),
            "{} bytes",
            text.len()
        );
    }

    #[test]
    fn the_number_of_the_error_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("none/page");
        let error = write_whole(&missing, "x").expect_err("no such directory");
        assert_eq!(
            crate::exit::of_error(&error),
            crate::exit::USAGE,
            "{error:#}"
        );
    }
}
