//! The inodes that the kernel knows: each with a descriptor of the backing file, and with what a power cut would undo.

use std::collections::HashMap;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat};
use nix::sys::stat::{Mode, fstatat};

use super::descriptor::path_of;
use super::names::Name;
use super::undo::Undo;

/// The number by which the kernel calls the root of a FUSE file system, whatever the backing directory's is.
pub(super) const ROOT: u64 = 1;

/// A file or directory of the backing file system.
#[derive(Debug)]
pub(super) struct Inode {
    /// Opened with `O_PATH`: it can be looked at and opened again. While it is held, the number is not used again.
    pub(super) descriptor: Arc<OwnedFd>,
    /// None for what is no regular file.
    pub(super) undo: Option<Mutex<Undo>>,
}

impl Inode {
    /// What a power cut would undo, for a regular file.
    pub(super) fn undo(&self) -> Option<MutexGuard<'_, Undo>> {
        let undo = self.undo.as_ref()?;
        Some(undo.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Its attributes.
    ///
    /// # Errors
    /// Those of `fstat`.
    pub(super) fn stat(&self) -> Result<libc::stat, Errno> {
        fstatat(&self.descriptor, "", AtFlags::AT_EMPTY_PATH)
    }

    /// Opens it again, for real.
    ///
    /// # Errors
    /// Those of `open`.
    pub(super) fn open(&self, flags: OFlag) -> Result<File, Errno> {
        let path = path_of(self.descriptor.as_fd());
        let opened = nix::fcntl::open(&path, flags | OFlag::O_CLOEXEC, Mode::empty())?;
        Ok(File::from(opened))
    }
}

#[derive(Debug)]
struct Entry {
    inode: Arc<Inode>,
    lookups: u64,
}

/// The inodes that the kernel knows, and those that a power cut would change.
#[derive(Debug)]
pub(super) struct Table {
    root: Arc<Inode>,
    entries: HashMap<u64, Entry>,
}

impl Table {
    /// With the backing directory.
    pub(super) fn new(root: OwnedFd) -> Table {
        let root = Arc::new(Inode {
            descriptor: Arc::new(root),
            undo: None,
        });
        Table {
            root,
            entries: HashMap::new(),
        }
    }

    /// The inode with this number.
    ///
    /// # Errors
    /// `ESTALE` if the kernel should have forgotten it.
    pub(super) fn get(&self, number: u64) -> Result<Arc<Inode>, Errno> {
        match number {
            ROOT => Ok(self.root.clone()),
            _ => {
                let entry = self.entries.get(&number).ok_or(Errno::ESTALE)?;
                Ok(entry.inode.clone())
            }
        }
    }

    /// Looks a name up, for the kernel, which will forget it once more. What is met for the first time is durable, because it
    /// was there before, unless it has just been created.
    ///
    /// # Errors
    /// Those of `open`.
    pub(super) fn look_up(&mut self, name: &Name) -> Result<(u64, Arc<Inode>, libc::stat), Errno> {
        let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let found = openat(&name.directory, name.name.as_os_str(), flags, Mode::empty())?;
        let stat = fstatat(&found, "", AtFlags::AT_EMPTY_PATH)?;
        let entry = self.entries.entry(stat.st_ino).or_insert_with(|| {
            let is_file = stat.st_mode & libc::S_IFMT == libc::S_IFREG;
            let length = u64::try_from(stat.st_size).unwrap_or(0);
            let undo = is_file.then(|| Mutex::new(Undo::durable(length)));
            Entry {
                inode: Arc::new(Inode {
                    descriptor: Arc::new(found),
                    undo,
                }),
                lookups: 0,
            }
        });
        entry.lookups += 1;
        Ok((stat.st_ino, entry.inode.clone(), stat))
    }

    /// The kernel forgets so many look-ups. What a power cut would change stays known.
    pub(super) fn forget(&mut self, number: u64, lookups: u64) {
        let Some(entry) = self.entries.get_mut(&number) else {
            return;
        };
        entry.lookups = entry.lookups.saturating_sub(lookups);
        if entry.lookups == 0 && is_durable(&entry.inode) {
            self.entries.remove(&number);
        }
    }

    /// Drops what the kernel does not know any more and a power cut would not change.
    pub(super) fn sweep(&mut self) {
        self.entries
            .retain(|_, entry| entry.lookups > 0 || !is_durable(&entry.inode));
    }

    /// All inodes but the root, with their numbers.
    pub(super) fn all(&self) -> Vec<(u64, Arc<Inode>)> {
        let entries = self.entries.iter();
        entries
            .map(|(number, entry)| (*number, entry.inode.clone()))
            .collect()
    }
}

fn is_durable(inode: &Inode) -> bool {
    let length = inode
        .stat()
        .map_or(0, |stat| u64::try_from(stat.st_size).unwrap_or(0));
    inode.undo().is_none_or(|undo| undo.is_clean(length))
}
