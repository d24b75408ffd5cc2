//! Mounting a FUSE file system by hand, inside the sandbox, without a helper program: a user namespace may mount FUSE, and
//! nothing else that keeps files.

use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use fuser::{BackgroundSession, Config, Session, SessionACL};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{getegid, geteuid};

use super::operations::BackedFiles;

/// Threads that answer the kernel. One that syncs must not keep all others waiting.
const THREADS: usize = 4;

/// A mounted file system. When it is dropped its threads go on until the kernel has no use for it any more.
pub(super) struct Mounted {
    session: BackgroundSession,
}

impl Mounted {
    /// Mounts the files over a directory.
    ///
    /// # Errors
    /// If `/dev/fuse` cannot be opened, or the kernel refuses the mount.
    pub(super) fn new(files: BackedFiles, over: &Path) -> io::Result<Mounted> {
        let said =
            |what: &str, error: io::Error| io::Error::new(error.kind(), format!("{what}: {error}"));
        // Opened here and not earlier: the kernel wants the file's user namespace to be that of the mount.
        let device = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(libc::O_CLOEXEC)
            .open("/dev/fuse")
            .map_err(|error| said("/dev/fuse", error))?;
        let options = format!(
            "fd={},rootmode=40000,user_id={},group_id={},default_permissions,max_read={}",
            device.as_raw_fd(),
            geteuid(),
            getegid(),
            1 << 20,
        );
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOATIME;
        mount(Some("disk"), over, Some("fuse"), flags, Some(&*options))
            .map_err(|errno| said("mount a FUSE file system", errno.into()))?;
        let mut config = Config::default();
        config.n_threads = Some(THREADS);
        let started = Session::from_fd(files, OwnedFd::from(device), SessionACL::Owner, config);
        match started.and_then(Session::spawn) {
            Ok(session) => Ok(Mounted { session }),
            Err(error) => {
                let _ = umount2(over, MntFlags::MNT_DETACH);
                Err(said("answer the kernel's first request", error))
            }
        }
    }

    /// Lets the kernel forget the pages of these files, so that it asks for them again.
    pub(super) fn forget_pages(&self, numbers: impl Iterator<Item = u64>) {
        let notifier = self.session.notifier();
        for number in numbers {
            // A file that the kernel does not know has no pages there.
            let _ = notifier.inval_inode(fuser::INodeNo(number), 0, 0);
        }
    }
}

/// Takes the mount over a directory away. Namespaces that were made before still have it.
///
/// # Errors
/// If nothing is mounted there.
pub(super) fn unmount(over: &Path) -> io::Result<()> {
    umount2(over, MntFlags::MNT_DETACH).map_err(io::Error::from)
}
