//! What is asked of a mounted disk, executed on the backing directory. Before a change, what a power cut would bring back is
//! remembered; a sync forgets it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use fuser::{INodeNo, TimeOrNow};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, FallocateFlags, OFlag, fallocate, openat, readlinkat};
use nix::sys::stat::{Mode, SFlag, mkdirat, mknodat, utimensat};
use nix::unistd::{Gid, Uid, linkat, symlinkat};
use rustix::fs::RenameFlags;

use super::attributes::{Entry, FOLLOWED, time_to_set};
use super::descriptor::{errno, path_of};
use super::names::Name;
use super::state::{Handle, State};

/// What a node opens with has nothing to do with how a backing file is opened: its pages must be readable before they are
/// overwritten, and appending, syncing and the cache are the kernel's business.
const NOT_PASSED_ON: i32 = libc::O_ACCMODE
    | libc::O_APPEND
    | libc::O_TRUNC
    | libc::O_CREAT
    | libc::O_EXCL
    | libc::O_SYNC
    | libc::O_DSYNC
    | libc::O_DIRECT
    | libc::O_NOATIME
    | libc::O_NOFOLLOW;

/// The file system of a disk.
#[derive(Debug)]
pub(super) struct BackedFiles {
    pub(super) state: Arc<State>,
}

impl BackedFiles {
    pub(super) fn new(state: Arc<State>) -> BackedFiles {
        BackedFiles { state }
    }

    pub(super) fn name(&self, parent: INodeNo, name: &OsStr) -> Result<Name, Errno> {
        let parent = self.state.table().get(parent.0)?;
        Ok(Name::new(&parent.descriptor, name))
    }

    /// Looks up what has just been created, and gives it the mode that was asked for whatever the umask here.
    fn created(&self, name: &Name, mode: Option<u32>) -> Result<(u64, libc::stat), Errno> {
        let (number, inode, stat) = self.state.table().look_up(name)?;
        let Some(mode) = mode else {
            return Ok((number, stat));
        };
        set_mode(&path_of(inode.descriptor.as_fd()), mode)?;
        Ok((number, inode.stat()?))
    }

    /// Creates something under a name with `make`.
    pub(super) fn appear(
        &self,
        name: Name,
        mode: Option<u32>,
        is_directory: bool,
        make: impl FnOnce(&Name) -> Result<(), Errno>,
    ) -> Result<(u64, libc::stat), Errno> {
        let _power = self.state.powered()?;
        self.state.room()?;
        let mut names = self.state.names();
        make(&name)?;
        names.appeared(name.clone(), is_directory);
        drop(names);
        self.created(&name, mode)
    }

    pub(super) fn open_file(&self, number: u64, flags: i32) -> Result<u64, Errno> {
        let _power = self.state.powered()?;
        let inode = self.state.table().get(number)?;
        let mode = match flags & libc::O_ACCMODE {
            libc::O_RDONLY => OFlag::O_RDONLY,
            _ => OFlag::O_RDWR,
        };
        let others = OFlag::from_bits_truncate(flags & !NOT_PASSED_ON);
        let file = inode.open(mode | others)?;
        if flags & libc::O_TRUNC != 0 {
            self.set_length(number, 0)?;
        }
        Ok(self.state.opened(Handle::File(Arc::new(file))))
    }

    fn set_length(&self, number: u64, length: u64) -> Result<(), Errno> {
        let inode = self.state.table().get(number)?;
        let file = inode.open(OFlag::O_RDWR)?;
        let mut undo = inode.undo().ok_or(Errno::EINVAL)?;
        let now = file.metadata().map_err(errno)?.len();
        if length > now {
            self.state.room()?;
        }
        undo.before_length(&file, length).map_err(errno)?;
        file.set_len(length).map_err(errno)?;
        if length < now {
            self.state.became_shorter();
        }
        Ok(())
    }

    pub(super) fn write_file(
        &self,
        number: u64,
        handle: u64,
        from: u64,
        data: &[u8],
    ) -> Result<(), Errno> {
        let _power = self.state.powered()?;
        self.state.room()?;
        let file = self.state.file(handle)?;
        let inode = self.state.table().get(number)?;
        let mut undo = inode.undo().ok_or(Errno::EINVAL)?;
        undo.before_write(&file, from, data.len() as u64)
            .map_err(errno)?;
        file.write_all_at(data, from).map_err(errno)
    }

    pub(super) fn list(&self, number: u64) -> Result<Vec<Entry>, Errno> {
        let _power = self.state.powered()?;
        let inode = self.state.table().get(number)?;
        let mut entries = vec![
            entry(number, fuser::FileType::Directory, "."),
            entry(number, fuser::FileType::Directory, ".."),
        ];
        for found in std::fs::read_dir(path_of(inode.descriptor.as_fd())).map_err(errno)? {
            let found = found.map_err(errno)?;
            entries.push(Entry {
                number: std::os::unix::fs::DirEntryExt::ino(&found),
                kind: fuser::FileType::from_std(found.file_type().map_err(errno)?)
                    .unwrap_or(fuser::FileType::RegularFile),
                name: found.file_name(),
            });
        }
        Ok(entries)
    }

    pub(super) fn reserve(
        &self,
        number: u64,
        handle: u64,
        from: u64,
        length: u64,
        mode: i32,
    ) -> Result<(), Errno> {
        let _power = self.state.powered()?;
        self.state.room()?;
        let mode = FallocateFlags::from_bits(mode).ok_or(Errno::EOPNOTSUPP)?;
        let moves =
            FallocateFlags::FALLOC_FL_COLLAPSE_RANGE | FallocateFlags::FALLOC_FL_INSERT_RANGE;
        if mode.intersects(moves) {
            return Err(Errno::EOPNOTSUPP);
        }
        let file = self.state.file(handle)?;
        let inode = self.state.table().get(number)?;
        let mut undo = inode.undo().ok_or(Errno::EINVAL)?;
        if mode
            .intersects(FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_ZERO_RANGE)
        {
            undo.before_write(&file, from, length).map_err(errno)?;
        }
        let signed = |value: u64| i64::try_from(value).map_err(|_| Errno::EFBIG);
        fallocate(&*file, mode, signed(from)?, signed(length)?)
    }

    pub(super) fn set_attributes(
        &self,
        number: u64,
        mode: Option<u32>,
        owner: (Option<u32>, Option<u32>),
        size: Option<u64>,
        accessed: Option<TimeOrNow>,
        modified: Option<TimeOrNow>,
    ) -> Result<libc::stat, Errno> {
        let _power = self.state.powered()?;
        let inode = self.state.table().get(number)?;
        let path = path_of(inode.descriptor.as_fd());
        if let Some(mode) = mode {
            set_mode(&path, mode)?;
        }
        if owner != (None, None) {
            let (user, group) = (owner.0.map(Uid::from_raw), owner.1.map(Gid::from_raw));
            nix::unistd::fchownat(&inode.descriptor, "", user, group, AtFlags::AT_EMPTY_PATH)?;
        }
        if let Some(size) = size {
            self.set_length(number, size)?;
        }
        if accessed.is_some() || modified.is_some() {
            let (accessed, modified) = (time_to_set(accessed), time_to_set(modified));
            utimensat(AT_FDCWD, &path, &accessed, &modified, FOLLOWED)?;
        }
        inode.stat()
    }

    pub(super) fn attributes_of(&self, number: u64) -> Result<libc::stat, Errno> {
        let _power = self.state.powered()?;
        let inode = self.state.table().get(number)?;
        inode.stat()
    }

    pub(super) fn read_file(
        &self,
        number: u64,
        handle: u64,
        from: u64,
        size: u32,
    ) -> Result<Vec<u8>, Errno> {
        let _power = self.state.powered()?;
        let file = self.state.file(handle)?;
        let mut bytes = vec![0; usize::try_from(size).map_err(|_| Errno::EINVAL)?];
        let mut read = 0;
        while read < bytes.len() {
            match file.read_at(&mut bytes[read..], from + read as u64) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(errno(error)),
            }
        }
        bytes.truncate(read);
        self.state.rot(number, from, &mut bytes);
        Ok(bytes)
    }

    pub(super) fn make_file(
        &self,
        name: Name,
        mode: u32,
        flags: i32,
    ) -> Result<(u64, libc::stat, u64), Errno> {
        let exclusive = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_RDWR | OFlag::O_CLOEXEC;
        let made = self.appear(name.clone(), Some(mode), false, |name| {
            let mode = Mode::from_bits_truncate(0o600);
            openat(&name.directory, name.name.as_os_str(), exclusive, mode).map(drop)
        });
        let (number, stat) = match made {
            Err(Errno::EEXIST) if flags & libc::O_EXCL == 0 => {
                let (number, _, stat) = self.state.table().look_up(&name)?;
                (number, stat)
            }
            made => made?,
        };
        let handle = self.open_file(number, flags)?;
        Ok((number, stat, handle))
    }

    pub(super) fn move_name(&self, from: Name, to: Name, flags: RenameFlags) -> Result<(), Errno> {
        let _power = self.state.powered()?;
        self.state.names().rename(from, to, flags)
    }

    pub(super) fn remove(
        &self,
        parent: INodeNo,
        name: &OsStr,
        is_directory: bool,
    ) -> Result<(), Errno> {
        let _power = self.state.powered()?;
        let name = self.name(parent, name)?;
        self.state.names().remove(name, is_directory)
    }

    pub(super) fn look_up(&self, name: &Name) -> Result<(u64, libc::stat), Errno> {
        let _power = self.state.powered()?;
        let (number, _, stat) = self.state.table().look_up(name)?;
        Ok((number, stat))
    }

    pub(super) fn target_of(&self, number: u64) -> Result<OsString, Errno> {
        let _power = self.state.powered()?;
        let inode = self.state.table().get(number)?;
        readlinkat(&inode.descriptor, "")
    }

    pub(super) fn make_node(&self, name: Name, mode: u32) -> Result<(u64, libc::stat), Errno> {
        let kind = SFlag::from_bits_truncate(mode & libc::S_IFMT);
        if kind == SFlag::S_IFCHR || kind == SFlag::S_IFBLK {
            return Err(Errno::EPERM);
        }
        self.appear(name, Some(mode & 0o7777), false, |name| {
            let mode = Mode::from_bits_truncate(0o600);
            mknodat(&name.directory, name.name.as_os_str(), kind, mode, 0)
        })
    }

    pub(super) fn make_directory(&self, name: Name, mode: u32) -> Result<(u64, libc::stat), Errno> {
        self.appear(name, Some(mode), true, |name| {
            let mode = Mode::from_bits_truncate(0o700);
            mkdirat(&name.directory, name.name.as_os_str(), mode)
        })
    }

    pub(super) fn make_symlink(
        &self,
        name: Name,
        target: &Path,
    ) -> Result<(u64, libc::stat), Errno> {
        self.appear(name, None, false, |name| {
            symlinkat(target, &name.directory, name.name.as_os_str())
        })
    }

    pub(super) fn make_link(&self, number: u64, name: Name) -> Result<(u64, libc::stat), Errno> {
        let inode = self.state.table().get(number)?;
        self.appear(name, None, false, |name| {
            let path = path_of(inode.descriptor.as_fd());
            let to = name.name.as_os_str();
            linkat(
                AT_FDCWD,
                &path,
                &name.directory,
                to,
                AtFlags::AT_SYMLINK_FOLLOW,
            )
        })
    }

    pub(super) fn sync_directory(&self, number: u64) -> Result<(), Errno> {
        let _power = self.state.powered()?;
        let inode = self.state.table().get(number)?;
        let directory = inode.open(OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
        directory.sync_all().map_err(errno)?;
        self.state.directory_synced();
        Ok(())
    }
}

/// The kernel itself keeps writes to a file away while it is synced.
pub(super) fn sync_file(
    state: &State,
    number: u64,
    file: &File,
    data_only: bool,
) -> Result<(), Errno> {
    let _power = state.powered()?;
    let inode = state.table().get(number)?;
    if let Some(mut undo) = inode.undo() {
        let length = file.metadata().map_err(errno)?.len();
        if !undo.is_clean(length) && state.fails_now(number) {
            undo.sync_failed(length);
            return Err(Errno::EIO);
        }
        let synced = match data_only {
            true => file.sync_data(),
            false => file.sync_all(),
        };
        synced.map_err(errno)?;
        undo.synced(length);
    }
    state.file_synced();
    Ok(())
}

fn entry(number: u64, kind: fuser::FileType, name: &str) -> Entry {
    Entry {
        number,
        kind,
        name: name.into(),
    }
}

fn set_mode(path: &Path, mode: u32) -> Result<(), Errno> {
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode & 0o7777);
    std::fs::set_permissions(path, permissions).map_err(errno)
}
