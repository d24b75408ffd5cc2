//! What the kernel asks of a mounted disk, answered from the backing directory. Before a change, what a power cut would bring
//! back is remembered; a sync forgets it.
//!
//! The kernel itself keeps locks, permissions and the page cache. It must not keep writes back (no `WRITEBACK_CACHE`), or what
//! a node wrote would not be known here.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fuser::{
    FileHandle, Filesystem, FopenFlags, Generation, INodeNo, InitFlags, KernelConfig, LockOwner,
    OpenFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry,
    ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};
use nix::errno::Errno;
use nix::fcntl::{
    AT_FDCWD, AtFlags, FallocateFlags, OFlag, RenameFlags, fallocate, openat, readlinkat,
};
use nix::sys::stat::{Mode, SFlag, mkdirat, mknodat, utimensat};
use nix::unistd::{Gid, Uid, linkat, symlinkat};

use super::SyncTrouble;
use super::attributes::{self, Entry, FOLLOWED, attributes, time_to_set};
use super::names::Name;
use super::state::{Handle, State};
use super::table::{errno, path_of};

/// How long the kernel may remember what it was told. Nobody else changes these files.
const REMEMBERED: Duration = Duration::from_secs(3_600);

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

/// The largest write and the longest reading ahead.
const REQUEST_MAX: u32 = 1 << 20;

/// The file system of a disk.
#[derive(Debug)]
pub(super) struct BackedFiles {
    state: Arc<State>,
}

impl BackedFiles {
    pub(super) fn new(state: Arc<State>) -> BackedFiles {
        BackedFiles { state }
    }

    fn name(&self, parent: INodeNo, name: &OsStr) -> Result<Name, Errno> {
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
    fn appear(
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

    fn open_file(&self, number: u64, flags: i32) -> Result<u64, Errno> {
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

    fn write_file(&self, number: u64, handle: u64, from: u64, data: &[u8]) -> Result<(), Errno> {
        let _power = self.state.powered()?;
        self.state.room()?;
        let file = self.state.file(handle)?;
        let inode = self.state.table().get(number)?;
        let mut undo = inode.undo().ok_or(Errno::EINVAL)?;
        undo.before_write(&file, from, data.len() as u64)
            .map_err(errno)?;
        file.write_all_at(data, from).map_err(errno)
    }

    fn list(&self, number: u64) -> Result<Vec<Entry>, Errno> {
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

    fn reserve(
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

    fn set_attributes(
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

    fn attributes_of(&self, number: u64) -> Result<libc::stat, Errno> {
        let _power = self.state.powered()?;
        let inode = self.state.table().get(number)?;
        inode.stat()
    }

    fn read_file(&self, number: u64, handle: u64, from: u64, size: u32) -> Result<Vec<u8>, Errno> {
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

    fn make_file(
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

    fn move_name(&self, from: Name, to: Name, flags: RenameFlags) -> Result<(), Errno> {
        let _power = self.state.powered()?;
        self.state.names().rename(from, to, flags)
    }

    fn remove(&self, parent: INodeNo, name: &OsStr, is_directory: bool) -> Result<(), Errno> {
        let _power = self.state.powered()?;
        let name = self.name(parent, name)?;
        self.state.names().remove(name, is_directory)
    }
}

impl Filesystem for BackedFiles {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        for wanted in [
            InitFlags::FUSE_ASYNC_READ,
            InitFlags::FUSE_BIG_WRITES,
            InitFlags::FUSE_PARALLEL_DIROPS,
        ] {
            // An older kernel does without.
            let _ = config.add_capabilities(wanted);
        }
        let _ = config.set_max_write(REQUEST_MAX);
        let _ = config.set_max_readahead(REQUEST_MAX);
        Ok(())
    }

    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let found = self.state.powered().and_then(|_power| {
            let name = self.name(parent, name)?;
            let (number, _, stat) = self.state.table().look_up(&name)?;
            Ok((number, stat))
        });
        entered(found, reply);
    }

    fn forget(&self, _: &Request, number: INodeNo, lookups: u64) {
        self.state.table().forget(number.0, lookups);
    }

    fn getattr(&self, _: &Request, number: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        attributed(number, self.attributes_of(number.0), reply);
    }

    fn setattr(
        &self,
        _: &Request,
        number: INodeNo,
        mode: Option<u32>,
        user: Option<u32>,
        group: Option<u32>,
        size: Option<u64>,
        accessed: Option<TimeOrNow>,
        modified: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<fuser::BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let owner = (user, group);
        let set = self.set_attributes(number.0, mode, owner, size, accessed, modified);
        attributed(number, set, reply);
    }

    fn readlink(&self, _: &Request, number: INodeNo, reply: ReplyData) {
        let read = self.state.powered().and_then(|_power| {
            let inode = self.state.table().get(number.0)?;
            readlinkat(&inode.descriptor, "")
        });
        match read {
            Ok(target) => reply.data(target.as_bytes()),
            Err(errno) => reply.error(failed(errno)),
        }
    }

    fn mknod(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _: u32,
        _: u32,
        reply: ReplyEntry,
    ) {
        let made = self.name(parent, name).and_then(|name| {
            let kind = SFlag::from_bits_truncate(mode & libc::S_IFMT);
            if kind == SFlag::S_IFCHR || kind == SFlag::S_IFBLK {
                return Err(Errno::EPERM);
            }
            self.appear(name, Some(mode & 0o7777), false, |name| {
                let mode = Mode::from_bits_truncate(0o600);
                mknodat(&name.directory, name.name.as_os_str(), kind, mode, 0)
            })
        });
        entered(made, reply);
    }

    fn mkdir(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _: u32,
        reply: ReplyEntry,
    ) {
        let made = self.name(parent, name).and_then(|name| {
            self.appear(name, Some(mode & 0o7777), true, |name| {
                let mode = Mode::from_bits_truncate(0o700);
                mkdirat(&name.directory, name.name.as_os_str(), mode)
            })
        });
        entered(made, reply);
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        done(self.remove(parent, name, false), reply);
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        done(self.remove(parent, name, true), reply);
    }

    fn symlink(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        target: &Path,
        reply: ReplyEntry,
    ) {
        let made = self.name(parent, name).and_then(|name| {
            self.appear(name, None, false, |name| {
                symlinkat(target, &name.directory, name.name.as_os_str())
            })
        });
        entered(made, reply);
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        new_parent: INodeNo,
        new_name: &OsStr,
        flags: fuser::RenameFlags,
        reply: ReplyEmpty,
    ) {
        let renamed = self.name(parent, name).and_then(|from| {
            let to = self.name(new_parent, new_name)?;
            let flags = RenameFlags::from_bits(flags.bits()).ok_or(Errno::EINVAL)?;
            self.move_name(from, to, flags)
        });
        done(renamed, reply);
    }

    fn link(&self, _: &Request, number: INodeNo, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let linked = self.name(parent, name).and_then(|name| {
            let inode = self.state.table().get(number.0)?;
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
        });
        entered(linked, reply);
    }

    fn open(&self, _: &Request, number: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        match self.open_file(number.0, flags.0) {
            Ok(handle) => reply.opened(FileHandle(handle), FopenFlags::FOPEN_KEEP_CACHE),
            Err(errno) => reply.error(failed(errno)),
        }
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _: u32,
        flags: i32,
        reply: ReplyCreate,
    ) {
        let made = self.name(parent, name);
        match made.and_then(|name| self.make_file(name, mode & 0o7777, flags)) {
            Ok((number, stat, handle)) => reply.created(
                &REMEMBERED,
                &attributes(number, &stat),
                Generation(0),
                FileHandle(handle),
                FopenFlags::FOPEN_KEEP_CACHE,
            ),
            Err(errno) => reply.error(failed(errno)),
        }
    }

    fn read(
        &self,
        _: &Request,
        number: INodeNo,
        handle: FileHandle,
        from: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.read_file(number.0, handle.0, from, size) {
            Ok(bytes) => reply.data(&bytes),
            Err(errno) => reply.error(failed(errno)),
        }
    }

    fn write(
        &self,
        _: &Request,
        number: INodeNo,
        handle: FileHandle,
        from: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.write_file(number.0, handle.0, from, data) {
            Ok(()) => reply.written(u32::try_from(data.len()).unwrap_or(u32::MAX)),
            Err(errno) => reply.error(failed(errno)),
        }
    }

    /// Asked once and then never again. A process that ends would otherwise wait here for a file system that may wait for it.
    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.error(fuser::Errno::ENOSYS);
    }

    fn release(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        self.state.released(handle.0);
        reply.ok();
    }

    fn fsync(
        &self,
        _: &Request,
        number: INodeNo,
        handle: FileHandle,
        data_only: bool,
        reply: ReplyEmpty,
    ) {
        let file = match self.state.file(handle.0) {
            Ok(file) => file,
            Err(errno) => return reply.error(failed(errno)),
        };
        match self.state.sync_trouble() {
            Some(SyncTrouble::Lie) => reply.ok(),
            Some(SyncTrouble::Late(delay)) => {
                // One that waits must not keep one of the few threads here. Syncs that take so long are few.
                let state = self.state.clone();
                std::thread::spawn(move || {
                    std::thread::sleep(delay);
                    done(sync_file(&state, number.0, &file, data_only), reply);
                });
            }
            None => done(sync_file(&self.state, number.0, &file, data_only), reply),
        }
    }

    fn opendir(&self, _: &Request, number: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        match self.list(number.0) {
            Ok(entries) => {
                let handle = self.state.opened(Handle::Directory(Arc::new(entries)));
                reply.opened(FileHandle(handle), FopenFlags::empty());
            }
            Err(errno) => reply.error(failed(errno)),
        }
    }

    fn readdir(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        from: u64,
        mut reply: ReplyDirectory,
    ) {
        let Ok(Handle::Directory(entries)) = self.state.handle(handle.0) else {
            reply.error(fuser::Errno::EBADF);
            return;
        };
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        for (at, entry) in entries.iter().enumerate().skip(from) {
            let next = at as u64 + 1;
            if reply.add(INodeNo(entry.number), next, entry.kind, &entry.name) {
                break;
            }
        }
        reply.ok();
    }

    fn releasedir(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        reply: ReplyEmpty,
    ) {
        self.state.released(handle.0);
        reply.ok();
    }

    fn fsyncdir(&self, _: &Request, number: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        let synced = self.state.powered().and_then(|_power| {
            let inode = self.state.table().get(number.0)?;
            let directory = inode.open(OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
            directory.sync_all().map_err(errno)?;
            self.state.directory_synced();
            Ok(())
        });
        done(synced, reply);
    }

    fn statfs(&self, _: &Request, number: INodeNo, reply: ReplyStatfs) {
        let found = self.state.table().get(number.0);
        let found = found.and_then(|inode| nix::sys::statvfs::fstatvfs(&*inode.descriptor));
        let found = match found {
            Ok(found) => found,
            Err(errno) => return reply.error(failed(errno)),
        };
        let short = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let free = |blocks: u64| if self.state.is_full() { 0 } else { blocks };
        reply.statfs(
            found.blocks(),
            free(found.blocks_free()),
            free(found.blocks_available()),
            found.files(),
            found.files_free(),
            short(found.block_size()),
            short(found.name_max()),
            short(found.fragment_size()),
        );
    }

    fn fallocate(
        &self,
        _: &Request,
        number: INodeNo,
        handle: FileHandle,
        from: u64,
        length: u64,
        mode: i32,
        reply: ReplyEmpty,
    ) {
        done(self.reserve(number.0, handle.0, from, length, mode), reply);
    }
}

/// The kernel itself keeps writes to a file away while it is synced.
fn sync_file(state: &State, number: u64, file: &File, data_only: bool) -> Result<(), Errno> {
    let _power = state.powered()?;
    let inode = state.table().get(number)?;
    if let Some(mut undo) = inode.undo() {
        let length = file.metadata().map_err(errno)?.len();
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

fn failed(errno: Errno) -> fuser::Errno {
    fuser::Errno::from_i32(errno as i32)
}

fn done(result: Result<(), Errno>, reply: ReplyEmpty) {
    match result {
        Ok(()) => reply.ok(),
        Err(errno) => reply.error(failed(errno)),
    }
}

fn entered(found: Result<(u64, libc::stat), Errno>, reply: ReplyEntry) {
    match found {
        Ok((number, stat)) => reply.entry(
            &REMEMBERED,
            &attributes::attributes(number, &stat),
            Generation(0),
        ),
        Err(errno) => reply.error(failed(errno)),
    }
}

fn attributed(number: INodeNo, found: Result<libc::stat, Errno>, reply: ReplyAttr) {
    match found {
        Ok(stat) => reply.attr(&REMEMBERED, &attributes::attributes(number.0, &stat)),
        Err(errno) => reply.error(failed(errno)),
    }
}
