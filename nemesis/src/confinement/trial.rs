//! Tries the confinement: a child is confined as a node would be, attempts what a node must not do, and reports what
//! succeeded. So `jepsen doctor` states what was seen, not what a version number promises.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use serde::{Deserialize, Serialize};
use strum::VariantArray;

use super::{Confined, Confinement, Room, privileges};
use crate::node::Node;

/// An exit code from here on is an error number: the confinement itself failed.
const FAILED: i32 = 128;

/// What a node must not be able to do.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::FromRepr,
    strum::VariantArray,
)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum Attempt {
    /// Write to a file of the same user outside its room.
    #[strum(to_string = "write outside its directory")]
    Write = 0,
    /// Open the memory of its parent.
    #[strum(to_string = "read the harness's memory")]
    Memory = 1,
    /// Send its parent a signal.
    #[strum(to_string = "signal the harness and other nodes")]
    Signal = 2,
    /// Have a capability.
    #[strum(to_string = "use capabilities")]
    Capabilities = 3,
    /// Mount something, in a namespace of its own if need be.
    #[strum(to_string = "mount file systems")]
    Mount = 4,
}

impl Attempt {
    /// All of them.
    pub(super) fn all() -> Vec<Attempt> {
        Attempt::VARIANTS.to_vec()
    }
}

/// Confines a child and returns what it could do; or why it could not be confined. Needs a process with one thread.
pub(super) fn perform(confinement: &Confinement) -> Result<Vec<Attempt>, String> {
    let probe = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    let file = CString::new(probe.path().as_os_str().as_bytes()).map_err(|e| e.to_string())?;
    let node = Node::from_index(0).ok_or("there is no node")?;
    let confined = confinement.prepare(node, &Room::default(), None);
    let confined = confined.map_err(|error| error.to_string())?;
    let parent = nix::unistd::getpid();
    let memory = CString::new(format!("/proc/{parent}/mem")).map_err(|e| e.to_string())?;
    // SAFETY: this process has a single thread.
    match unsafe { fork() }.map_err(|errno| errno.to_string())? {
        ForkResult::Child => {
            let code = attempt(&confined, parent, &file, &memory);
            // SAFETY: ends the process at once.
            unsafe { libc::_exit(code) }
        }
        ForkResult::Parent { child } => match waitpid(child, None) {
            Ok(WaitStatus::Exited(_, code)) if code < FAILED => {
                let open = Attempt::all().into_iter();
                Ok(open.filter(|one| code >> (*one as u8) & 1 == 1).collect())
            }
            Ok(WaitStatus::Exited(_, code)) => {
                Err(nix::errno::Errno::from_raw(code - FAILED).to_string())
            }
            other => Err(format!("the trial ended with {other:?}")),
        },
    }
}

/// Which attempts succeed, one bit for each.
fn attempt(confined: &Confined, parent: Pid, file: &CString, memory: &CString) -> i32 {
    if let Err(error) = confined.apply() {
        return FAILED + error.raw_os_error().unwrap_or(0).min(FAILED - 1);
    }
    let opens = |path: &CString, how| open(path.as_c_str(), how, Mode::empty()).is_ok();
    let mut done = 0;
    let mut note = |one: Attempt, succeeded: bool| done |= i32::from(succeeded) << (one as u8);
    note(Attempt::Write, opens(file, OFlag::O_WRONLY));
    note(Attempt::Memory, opens(memory, OFlag::O_RDONLY));
    note(
        Attempt::Signal,
        nix::sys::signal::kill(parent, None).is_ok(),
    );
    note(Attempt::Capabilities, privileges::has_capabilities());
    note(Attempt::Mount, can_mount());
    done
}

/// Whatever is mounted here is seen by this process only.
fn can_mount() -> bool {
    let own = CloneFlags::CLONE_NEWNS;
    let entered = unshare(own).is_ok() || unshare(own | CloneFlags::CLONE_NEWUSER).is_ok();
    let no = None::<&std::ffi::CStr>;
    entered && mount(no, c"/tmp", Some(c"tmpfs"), MsFlags::empty(), no).is_ok()
}
