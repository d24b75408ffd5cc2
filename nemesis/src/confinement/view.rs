//! A node's view of the machine: a mount namespace of its own, in which everything is read-only except the node's room.
//! Entered between fork and exec, so it makes system calls only; every path is prepared before.

use std::ffi::{CStr, CString};
use std::io;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use super::privileges::done;
use super::stage::{DEV, DEV_SHARED, DEVICES, EMPTY, shared_memory};
use super::{Room, c_string};
use crate::node::Node;

/// Nothing can be changed, no device works, and no program changes its user.
const HARMLESS: u64 = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NODEV | libc::MOUNT_ATTR_NOSUID;

/// The paths of one view.
pub(super) struct View {
    /// What stays writable.
    writable: Vec<CString>,
    /// What the node sees as `/tmp`.
    temporary: Option<CString>,
    /// What it sees as empty.
    hidden: Vec<CString>,
    /// What it sees as `/dev/shm`.
    shared: CString,
    /// Where its program starts.
    working: CString,
    /// The devices that work.
    devices: Vec<CString>,
    stage: Stage,
}

/// Fixed paths.
struct Stage {
    root: CString,
    empty: CString,
    dev: CString,
    dev_shared: CString,
    real_dev: CString,
    real_shared: CString,
    real_temporary: CString,
}

impl View {
    /// The view of a node with this room. Without a working directory the program starts in `/`.
    pub(super) fn new(node: Node, room: &Room, working: Option<&Path>) -> io::Result<View> {
        let path = |text: &str| c_string(Path::new(text));
        let writable = room.directories.iter().chain(&room.files);
        Ok(View {
            writable: writable
                .map(|path| c_string(path))
                .collect::<io::Result<_>>()?,
            temporary: room.temporary.as_deref().map(c_string).transpose()?,
            hidden: room
                .hidden
                .iter()
                .map(|path| c_string(path))
                .collect::<io::Result<_>>()?,
            shared: c_string(&shared_memory(node))?,
            working: c_string(working.unwrap_or(Path::new("/")))?,
            devices: DEVICES.into_iter().map(path).collect::<io::Result<_>>()?,
            stage: Stage {
                root: path("/")?,
                empty: path(EMPTY)?,
                dev: path(DEV)?,
                dev_shared: path(DEV_SHARED)?,
                real_dev: path("/dev")?,
                real_shared: path("/dev/shm")?,
                real_temporary: path("/tmp")?,
            },
        })
    }

    /// Moves this process into the view.
    pub(super) fn enter(&self) -> io::Result<()> {
        let stage = &self.stage;
        unshare(CloneFlags::CLONE_NEWNS)?;
        for path in &self.writable {
            bind(path, path, MsFlags::empty())?;
        }
        for path in &self.hidden {
            bind(&stage.empty, path, MsFlags::empty())?;
        }
        bind(&self.shared, &stage.dev_shared, MsFlags::empty())?;
        // Hides the machine's devices: a disk, a terminal, another node's shared memory.
        bind(&stage.dev, &stage.real_dev, MsFlags::MS_REC)?;
        if let Some(temporary) = &self.temporary {
            bind(temporary, &stage.real_temporary, MsFlags::empty())?;
        }
        change(&stage.root, libc::AT_RECURSIVE, HARMLESS, 0)?;
        for device in &self.devices {
            let clear = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NODEV;
            change(device, 0, 0, clear)?;
        }
        let temporary = self.temporary.as_ref().map(|_| &stage.real_temporary);
        let writable = self.writable.iter().chain([&stage.real_shared]);
        for path in writable.chain(temporary) {
            change(path, 0, 0, libc::MOUNT_ATTR_RDONLY)?;
        }
        // The directory that the process is in lies below the mounts that were just laid over it.
        nix::unistd::chdir(self.working.as_c_str())?;
        Ok(())
    }
}

fn bind(from: &CStr, to: &CStr, flags: MsFlags) -> io::Result<()> {
    let no = None::<&CStr>;
    mount(Some(from), to, no, MsFlags::MS_BIND | flags, no).map_err(io::Error::from)
}

/// Sets and clears attributes of the mount at a path.
fn change(path: &CStr, flags: libc::c_int, set: u64, clear: u64) -> io::Result<()> {
    let attributes = libc::mount_attr {
        attr_set: set,
        attr_clr: clear,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: both pointers are to live values, and the size is that of the second.
    done(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            flags,
            &attributes,
            size_of::<libc::mount_attr>(),
        )
    })
}
