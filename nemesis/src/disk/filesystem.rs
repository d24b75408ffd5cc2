//! What the kernel asks of a mounted disk, and how it is answered.
//!
//! The kernel itself keeps locks, permissions and the page cache. It must not keep writes back (no `WRITEBACK_CACHE`), or what
//! a node wrote would not be known here.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fuser::{
    FileHandle, Filesystem, FopenFlags, Generation, INodeNo, InitFlags, KernelConfig, LockOwner,
    OpenFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry,
    ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};
use nix::errno::Errno;
use rustix::fs::RenameFlags;

use super::SyncTrouble;
use super::attributes::{self, attributes};
use super::operations::{BackedFiles, sync_file};
use super::state::Handle;

/// How long the kernel may remember what it was told. Nobody else changes these files.
const REMEMBERED: Duration = Duration::from_secs(3_600);

/// The largest write and the longest reading ahead.
const REQUEST_MAX: u32 = 1 << 20;

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
        let found = self.name(parent, name);
        entered(found.and_then(|name| self.look_up(&name)), reply);
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
        match self.target_of(number.0) {
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
        let made = self.name(parent, name);
        entered(made.and_then(|name| self.make_node(name, mode)), reply);
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
        let made = self.name(parent, name);
        entered(
            made.and_then(|name| self.make_directory(name, mode & 0o7777)),
            reply,
        );
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
        let made = self.name(parent, name);
        entered(made.and_then(|name| self.make_symlink(name, target)), reply);
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
            self.move_name(from, to, RenameFlags::from_bits_retain(flags.bits()))
        });
        done(renamed, reply);
    }

    fn link(&self, _: &Request, number: INodeNo, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let made = self.name(parent, name);
        entered(made.and_then(|name| self.make_link(number.0, name)), reply);
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
            None | Some(SyncTrouble::FailOnce) => {
                done(sync_file(&self.state, number.0, &file, data_only), reply);
            }
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
        done(self.sync_directory(number.0), reply);
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
