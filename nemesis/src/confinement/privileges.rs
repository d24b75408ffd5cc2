//! What a process gives up before it runs a node's program: capabilities, a way to gain them again, core files,
//! inherited descriptors and keys. System calls only, because it runs between fork and exec.

use std::io;

use nix::errno::Errno;

/// The first descriptor after the standard streams.
const FIRST_OTHER: libc::c_uint = 3;

/// The highest descriptor that is looked at where the kernel cannot mark a range.
const DESCRIPTORS_MAX: libc::c_uint = 65_536;

/// More capabilities than any kernel has; the first one that does not exist ends the loop.
const CAPABILITIES_MAX: libc::c_int = 64;

/// Root gains no capability by executing a program, and this cannot be changed any more: NOROOT and its lock.
const NO_ROOT_FOR_GOOD: libc::c_ulong = 0b11;

/// `_LINUX_CAPABILITY_VERSION_3`.
const CAPABILITY_VERSION: u32 = 0x2008_0522;

/// `KEYCTL_JOIN_SESSION_KEYRING`.
const JOIN_SESSION_KEYRING: libc::c_int = 1;

#[repr(C)]
struct Header {
    version: u32,
    process: libc::c_int,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Sets {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

const NOTHING: Sets = Sets {
    effective: 0,
    permitted: 0,
    inheritable: 0,
};

/// No core file of this process and its children.
pub(crate) fn forbid_core_files() -> io::Result<()> {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer is to a live value.
    done(libc::c_long::from(unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &none)
    }))
}

/// Descriptors of this program and of whoever started it do not survive the exec. They are marked and not closed: the
/// standard library needs one of its own until then.
pub(super) fn leave_descriptors_behind() {
    // SAFETY: changes flags of descriptors only.
    let marked = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            FIRST_OTHER,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    if marked == 0 {
        return;
    }
    for descriptor in FIRST_OTHER..DESCRIPTORS_MAX {
        // SAFETY: changes the flags of a descriptor; one that is not open is an error without effect.
        unsafe { libc::fcntl(descriptor as libc::c_int, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// The user's session keyring (tickets, tokens) is not the node's. Not every kernel has keyrings.
pub(super) fn leave_keys_behind() {
    // SAFETY: takes no pointer that it reads: a null name makes a keyring without one.
    unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            JOIN_SESSION_KEYRING,
            std::ptr::null::<libc::c_char>(),
        )
    };
}

/// Empties every set of capabilities. A process that may not change its bounding set has no capability to lose there,
/// and [`forbid_new_privileges`] keeps it from using the set.
pub(super) fn drop_capabilities() -> io::Result<()> {
    for capability in 0..CAPABILITIES_MAX {
        // SAFETY: takes numbers only.
        let dropped = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
        if dropped != 0 {
            break;
        }
    }
    // SAFETY: take numbers only. Refused to a process without capabilities, which needs neither.
    unsafe {
        libc::prctl(
            libc::PR_CAP_AMBIENT,
            libc::PR_CAP_AMBIENT_CLEAR_ALL,
            0,
            0,
            0,
        );
        libc::prctl(libc::PR_SET_SECUREBITS, NO_ROOT_FOR_GOOD, 0, 0, 0);
    }
    let header = Header {
        version: CAPABILITY_VERSION,
        process: 0,
    };
    let sets = [NOTHING; 2];
    // SAFETY: version 3 reads a header and two sets.
    done(unsafe { libc::syscall(libc::SYS_capset, &header, sets.as_ptr()) })
}

/// Whether this process has a capability that it could use.
pub(super) fn has_capabilities() -> bool {
    let header = Header {
        version: CAPABILITY_VERSION,
        process: 0,
    };
    let mut sets = [NOTHING; 2];
    // SAFETY: version 3 reads a header and writes two sets.
    let read = unsafe { libc::syscall(libc::SYS_capget, &header, sets.as_mut_ptr()) };
    read != 0 || sets.iter().any(|set| set.permitted != 0)
}

/// No program that this process executes gains a privilege, whatever its owner, mode and attributes.
pub(super) fn forbid_new_privileges() -> io::Result<()> {
    nix::sys::prctl::set_no_new_privs().map_err(io::Error::from)
}

/// The result of a system call.
pub(super) fn done(result: libc::c_long) -> io::Result<()> {
    Errno::result(result).map(drop).map_err(io::Error::from)
}
