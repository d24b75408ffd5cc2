//! The little that the log asks of a file system: files that are read and written at positions, and one directory.
//!
//! Two implementations: [`Directory`] over real files, and the simulation's disk, which forgets what was not
//! synced. A write is durable only after [`DiskFile::sync`] returned, a name (created, renamed, removed) only
//! after [`Disk::sync_directory`] returned; the log relies on nothing stronger, in particular on no order
//! between unsynced writes. Not asynchronous and not buffered: every call goes to the operating system.

use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

#[cfg(any(test, feature = "simulation"))]
pub mod simulated;

/// Bytes that can be read at any position by several threads at once.
pub trait ReadAt: Debug + Send + Sync {
    /// Fills `buffer` from `position`; an error if the file ends before.
    fn read_exact_at(&self, buffer: &mut [u8], position: u64) -> io::Result<()>;
}

/// An open file of the log.
pub trait DiskFile: ReadAt {
    /// The file's length in bytes.
    fn length(&self) -> io::Result<u64>;
    /// Writes all of `bytes` at `position`, growing the file where needed. Not durable before [`DiskFile::sync`].
    fn write_all_at(&self, bytes: &[u8], position: u64) -> io::Result<()>;
    /// Cuts the file to `length` bytes. Not durable before [`DiskFile::sync`].
    fn truncate(&self, length: u64) -> io::Result<()>;
    /// Makes everything written before durable. After an error nothing may be assumed about any of it.
    fn sync(&self) -> io::Result<()>;
}

/// One flat directory of files.
pub trait Disk: Debug + Send + Sync {
    /// All file names, sorted.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Creates an empty file, replacing one of that name.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Opens an existing file for reading and writing.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;
    /// Renames a file, replacing one of the new name.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file's name; who has it open can still read it.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes all creations, renames and removals durable.
    fn sync_directory(&self) -> io::Result<()>;
}

/// A directory of real files.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    handle: File,
}

impl Directory {
    /// Opens the directory at `path`, creating it (and its parents) first if it is missing.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Directory> {
        let path = path.into();
        std::fs::create_dir_all(&path)?;
        let handle = File::open(&path)?;
        // The directory's own name has to survive a power loss as well as the names in it.
        if let Some(parent) = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            File::open(parent)?.sync_all()?;
        }
        Ok(Directory { path, handle })
    }
}

impl Disk for Directory {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_type()?.is_file()
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        Ok(Arc::new(options.open(self.path.join(name))?))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        Ok(Arc::new(options.open(self.path.join(name))?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path.join(name))
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.handle.sync_all()
    }
}

impl ReadAt for File {
    fn read_exact_at(&self, buffer: &mut [u8], position: u64) -> io::Result<()> {
        FileExt::read_exact_at(self, buffer, position)
    }
}

impl DiskFile for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn write_all_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        FileExt::write_all_at(self, bytes, position)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}
