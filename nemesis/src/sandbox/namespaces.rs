//! Making the namespaces: one clone with all flags, the identity map, private mounts, a fresh
//! `/proc`, own hosts. As an ordinary user through a user namespace; as real root without one.

use std::fs;
use std::io::Write;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::unistd::{Gid, Pid, Uid, getegid, geteuid};

use crate::address;
use crate::link::End;
use crate::node::Nodes;

/// Who called, as seen before any namespace.
pub(super) struct Identity {
    user: Uid,
    group: Gid,
}

impl Identity {
    pub(super) fn of_caller() -> Identity {
        Identity {
            user: geteuid(),
            group: getegid(),
        }
    }
}

/// Which namespaces the clone makes.
pub(super) struct Split {
    pub(super) flags: i32,
    pub(super) user_namespace: bool,
}

/// Which side of the clone this is.
pub(super) enum Cloned {
    Parent { init: Pid },
    Child { user_namespace: bool },
}

const PRIVATE: i32 = libc::CLONE_NEWNET
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS;

/// The machine's name inside. The real one is nobody's business in a log that leaves the machine.
const HOST_NAME: &str = "jepsen";

impl Split {
    /// Root needs no user namespace.
    pub(super) fn preferred(identity: &Identity) -> Split {
        if identity.user.is_root() {
            Split {
                flags: PRIVATE,
                user_namespace: false,
            }
        } else {
            Split {
                flags: PRIVATE | libc::CLONE_NEWUSER,
                user_namespace: true,
            }
        }
    }

    /// Forks into new namespaces. Root without the capability (a container) is tried as an ordinary
    /// user.
    pub(super) fn clone_process(self, identity: &Identity) -> Result<Cloned, Errno> {
        match clone_once(self.flags) {
            Err(Errno::EPERM) if identity.user.is_root() && self.flags & PRIVATE != 0 => {
                let flags = self.flags | libc::CLONE_NEWUSER;
                clone_once(flags).map(|side| side.resolve(true))
            }
            other => other.map(|side| side.resolve(self.user_namespace)),
        }
    }
}

struct Raw(libc::c_long);

impl Raw {
    fn resolve(self, user_namespace: bool) -> Cloned {
        match i32::try_from(self.0) {
            Ok(0) | Err(_) => Cloned::Child { user_namespace },
            Ok(init) => Cloned::Parent {
                init: Pid::from_raw(init),
            },
        }
    }
}

/// The system call itself, because `unshare` would leave the caller half inside: its children, but
/// not itself, in the process namespace, and no way back from a step that fails later.
fn clone_once(flags: i32) -> Result<Raw, Errno> {
    let flags = libc::c_long::from(flags | libc::SIGCHLD);
    // SAFETY: without CLONE_VM and without a stack this is a fork: the child has its own copy of
    // everything. The caller has made sure that no other thread holds a lock.
    let result = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    Errno::result(result).map(Raw)
}

/// Maps the caller's own user and group onto themselves, so that files keep their owner.
pub(super) fn map_identity(identity: &Identity) -> Result<(), Errno> {
    let Identity { user, group } = identity;
    // Absent before Linux 3.19, where it is not needed either.
    match write_once("/proc/self/setgroups", "deny") {
        Ok(()) | Err(Errno::ENOENT) => {}
        Err(errno) => return Err(errno),
    }
    write_once("/proc/self/uid_map", &format!("{user} {user} 1"))?;
    write_once("/proc/self/gid_map", &format!("{group} {group} 1"))
}

fn write_once(path: &str, text: &str) -> Result<(), Errno> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .open(path)
        .map_err(errno_of)?;
    file.write_all(text.as_bytes()).map_err(errno_of)
}

fn errno_of(error: std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

/// Nothing mounted from here on is seen outside.
pub(super) fn make_mounts_private() -> Result<(), Errno> {
    mount(
        None::<&str>,
        "/",
        None::<&str>,
        MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        None::<&str>,
    )
}

/// A `/proc` that shows this process namespace. Refused where parts of the old one are masked, as
/// in containers.
pub(super) fn mount_proc() -> Result<(), String> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), "/proc", Some("proc"), flags, None::<&str>)
        .map_err(|errno| format!("a fresh /proc could not be mounted: {errno}"))
}

/// A neutral name of the machine. The old one stays where that is refused.
pub(super) fn set_host_name() {
    let _ = nix::unistd::sethostname(HOST_NAME);
}

/// No process below can make a user namespace, in which it would have every capability. The setting belongs to the
/// sandbox's own user namespace and ends with it.
pub(super) fn forbid_user_namespaces() {
    let _ = write_once("/proc/sys/user/max_user_namespaces", "0");
}

/// Names for the nodes. The file is bound over the machine's and unlinked at once: the mount keeps
/// it alive, and nothing stays behind.
pub(super) fn bind_hosts(nodes: Nodes) -> Result<(), String> {
    let file = hosts_file(nodes).map_err(|error| format!("a file for names: {error}"))?;
    mount(
        Some(file.path()),
        "/etc/hosts",
        None::<&str>,
        MsFlags::MS_BIND,
        None::<&str>,
    )
    .map_err(|errno| format!("/etc/hosts could not be replaced: {errno}"))
}

/// Nobody can foretell its name, and it is created exclusively, so no link is followed.
fn hosts_file(nodes: Nodes) -> std::io::Result<tempfile::NamedTempFile> {
    let readable = fs::Permissions::from_mode(0o644);
    let mut builder = tempfile::Builder::new();
    let mut file = builder.permissions(readable).tempfile()?;
    file.write_all(hosts_text(nodes).as_bytes())?;
    Ok(file)
}

fn hosts_text(nodes: Nodes) -> String {
    let own_name = nix::unistd::gethostname()
        .ok()
        .and_then(|name| name.into_string().ok())
        .unwrap_or_default();
    let mut text = format!(
        "{} localhost {own_name}\n::1 localhost\n",
        Ipv4Addr::LOCALHOST
    );
    for node in nodes {
        text.push_str(&format!("{} {node}\n", address::private(End::Node(node))));
    }
    text.push_str(&format!("{} harness\n", address::private(End::Clients)));
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn hosts_name_every_node() {
        let text = super::hosts_text(crate::Nodes::new(5).expect("possible"));
        for line in [
            "10.77.0.1 n1",
            "10.77.0.2 n2",
            "10.77.0.5 n5",
            "10.77.0.100 harness",
        ] {
            assert!(text.lines().any(|have| have == line), "{text}");
        }
    }
}
