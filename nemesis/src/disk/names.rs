//! The changes of directories that a power cut would undo: what was created, removed, renamed and linked since the last
//! time that such changes became durable, in their order.
//!
//! What is removed is moved to a trash directory on the same file system, so that it can come back.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use nix::errno::Errno;
use nix::fcntl::AtFlags;
use nix::unistd::{UnlinkatFlags, linkat, unlinkat};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rustix::fs::{RenameFlags, renameat_with};

use super::descriptor::{errno, path_of};

/// A directory of the backing file system, held open.
pub(super) type Directory = Arc<OwnedFd>;

/// A name in a directory.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) directory: Directory,
    pub(super) name: OsString,
}

impl Name {
    pub(super) fn new(directory: &Directory, name: &OsStr) -> Name {
        Name {
            directory: directory.clone(),
            name: name.to_owned(),
        }
    }
}

/// One change.
#[derive(Debug)]
enum Change {
    /// A file, a directory or a link appeared.
    Appeared { at: Name, is_directory: bool },
    /// It went to the trash under this number.
    Removed {
        from: Name,
        trash: u64,
        is_directory: bool,
    },
    /// It got another name. What had that name before is in the trash.
    Renamed {
        from: Name,
        to: Name,
        victim: Option<(u64, bool)>,
    },
    /// Two names were exchanged.
    Exchanged { one: Name, other: Name },
}

/// The changes since the last commit.
#[derive(Debug)]
pub(super) struct Names {
    trash: Directory,
    next: u64,
    changes: Vec<Change>,
}

impl Names {
    /// None yet. The trash must be an empty directory.
    pub(super) fn new(trash: OwnedFd) -> Names {
        Names {
            trash: Arc::new(trash),
            next: 0,
            changes: Vec::new(),
        }
    }

    /// How many changes a power cut could undo.
    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// Something appeared under a name.
    pub(super) fn appeared(&mut self, at: Name, is_directory: bool) {
        self.changes.push(Change::Appeared { at, is_directory });
    }

    /// Removes a name.
    ///
    /// # Errors
    /// Those of `unlink` and `rmdir`.
    pub(super) fn remove(&mut self, from: Name, is_directory: bool) -> Result<(), Errno> {
        let trash = self.discard(&from, is_directory)?;
        self.changes.push(Change::Removed {
            from,
            trash,
            is_directory,
        });
        Ok(())
    }

    /// Renames, over what has the new name.
    ///
    /// # Errors
    /// Those of `renameat2`.
    pub(super) fn rename(&mut self, from: Name, to: Name, flags: RenameFlags) -> Result<(), Errno> {
        if flags.contains(RenameFlags::EXCHANGE) {
            rename(&from, &to, flags)?;
            self.changes.push(Change::Exchanged {
                one: from,
                other: to,
            });
            return Ok(());
        }
        let victim = match flags.contains(RenameFlags::NOREPLACE) {
            true => None,
            false => self.keep_victim(&from, &to)?,
        };
        if let Err(errno) = rename(&from, &to, flags) {
            self.forget_victim(&to, victim);
            return Err(errno);
        }
        self.changes.push(Change::Renamed { from, to, victim });
        Ok(())
    }

    /// All changes so far are durable.
    pub(super) fn commit(&mut self) {
        for change in std::mem::take(&mut self.changes) {
            let (trash, is_directory) = match change {
                Change::Removed {
                    trash,
                    is_directory,
                    ..
                } => (trash, is_directory),
                Change::Renamed {
                    victim: Some(victim),
                    ..
                } => victim,
                _ => continue,
            };
            // What stays in the trash for whatever reason costs space until the end of the run and nothing else.
            let _ = unlinkat(&self.trash, trash.to_string().as_str(), kind(is_directory));
        }
    }

    /// Undoes the changes from the last one back: all, or with `tearing` back to a drawn one. Returns how many.
    ///
    /// # Errors
    /// If one cannot be undone.
    pub(super) fn roll_back(&mut self, tearing: Option<&mut ChaCha8Rng>) -> io::Result<usize> {
        let durable = match tearing {
            Some(draw) => draw.random_range(0..=self.changes.len()),
            None => 0,
        };
        let undone = self.changes.split_off(durable);
        for change in undone.iter().rev() {
            self.undo(change)?;
        }
        self.commit();
        Ok(undone.len())
    }

    fn undo(&self, change: &Change) -> io::Result<()> {
        match change {
            Change::Appeared { at, is_directory } => {
                unlinkat(&at.directory, at.name.as_os_str(), kind(*is_directory))?;
            }
            Change::Removed { from, trash, .. } => self.restore(*trash, from)?,
            Change::Renamed { from, to, victim } => {
                rename(to, from, RenameFlags::empty())?;
                if let Some((trash, _)) = victim {
                    self.restore(*trash, to)?;
                }
            }
            Change::Exchanged { one, other } => rename(one, other, RenameFlags::EXCHANGE)?,
        }
        Ok(())
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn discard(&mut self, from: &Name, is_directory: bool) -> Result<u64, Errno> {
        if is_directory && !is_empty(from)? {
            return Err(Errno::ENOTEMPTY);
        }
        let trash = self.number();
        let name = trash.to_string();
        let to = Name::new(&self.trash, name.as_ref());
        rename(from, &to, RenameFlags::NOREPLACE)?;
        Ok(trash)
    }

    fn restore(&self, trash: u64, to: &Name) -> Result<(), Errno> {
        let from = Name::new(&self.trash, trash.to_string().as_ref());
        rename(&from, to, RenameFlags::NOREPLACE)
    }

    /// Keeps what a rename replaces. A file gets a second name, so that the rename still happens at once; an empty directory
    /// has to make room.
    fn keep_victim(&mut self, from: &Name, to: &Name) -> Result<Option<(u64, bool)>, Errno> {
        let Some(victim) = stat(to)? else {
            return Ok(None);
        };
        let Some(moved) = stat(from)? else {
            return Err(Errno::ENOENT);
        };
        if (moved.st_dev, moved.st_ino) == (victim.st_dev, victim.st_ino) {
            return Ok(None);
        }
        match (is_directory(&moved), is_directory(&victim)) {
            (true, false) => Err(Errno::ENOTDIR),
            (false, true) => Err(Errno::EISDIR),
            (true, true) => Ok(Some((self.discard(to, true)?, true))),
            (false, false) => {
                let trash = self.number();
                let name = trash.to_string();
                linkat(
                    &to.directory,
                    to.name.as_os_str(),
                    &self.trash,
                    name.as_str(),
                    AtFlags::empty(),
                )?;
                Ok(Some((trash, false)))
            }
        }
    }

    /// What cannot be taken back costs space until the end of the run and nothing else.
    fn forget_victim(&self, to: &Name, victim: Option<(u64, bool)>) {
        match victim {
            Some((trash, true)) => {
                let _ = self.restore(trash, to);
            }
            Some((trash, false)) => {
                let _ = unlinkat(&self.trash, trash.to_string().as_str(), kind(false));
            }
            None => {}
        }
    }
}

/// By rustix, because nix has `renameat2` for glibc only, and a static program is built with musl.
fn rename(from: &Name, to: &Name, flags: RenameFlags) -> Result<(), Errno> {
    let (old, new) = (from.name.as_os_str(), to.name.as_os_str());
    renameat_with(&from.directory, old, &to.directory, new, flags)
        .map_err(|errno| Errno::from_raw(errno.raw_os_error()))
}

fn kind(is_directory: bool) -> UnlinkatFlags {
    match is_directory {
        true => UnlinkatFlags::RemoveDir,
        false => UnlinkatFlags::NoRemoveDir,
    }
}

/// What has this name, if anything has.
pub(super) fn stat(name: &Name) -> Result<Option<libc::stat>, Errno> {
    let flags = AtFlags::AT_SYMLINK_NOFOLLOW;
    match nix::sys::stat::fstatat(&name.directory, name.name.as_os_str(), flags) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::ENOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Whether it is a directory.
pub(super) fn is_directory(stat: &libc::stat) -> bool {
    stat.st_mode & libc::S_IFMT == libc::S_IFDIR
}

fn is_empty(name: &Name) -> Result<bool, Errno> {
    let path = path_of(name.directory.as_fd());
    let mut entries = std::fs::read_dir(path.join(&name.name)).map_err(errno)?;
    Ok(entries.next().is_none())
}
