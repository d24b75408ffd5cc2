//! Whether a disk can be mounted here, tried with a small one: written, synced, written again, cut and read.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::{Disk, Durability};

/// Tries it, in a directory of its own for temporary files. Blocks for some milliseconds.
///
/// # Errors
/// Why it cannot be done here.
pub(crate) fn attempt() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let (directory, trash) = (folder.path().join("disk"), folder.path().join("trash"));
    std::fs::create_dir(&directory)?;
    let disk = Disk::mount(&directory, &trash, Durability::Journal)?;
    let path = directory.join("file");
    let file = File::create_new(&path)?;
    file.write_all_at(b"synced", 0)?;
    file.sync_all()?;
    file.write_all_at(b"unsynced", 6)?;
    drop(file);
    disk.cut(None)?;
    match std::fs::read(&path)?.as_slice() {
        b"synced" => Ok(()),
        other => Err(io::Error::other(format!(
            "a power cut left {} bytes instead of 6",
            other.len()
        ))),
    }
}
