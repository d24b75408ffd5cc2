//! Memory that cannot be allocated ends the process with a message and exit code 253, and never by a signal.
//!
//! Two ways lead to a signal. If the kernel refuses memory, Rust aborts (SIGABRT). If it does not refuse, it kills the
//! process later (SIGKILL), or another one. Commands that only read limit themselves to what is free, so that the
//! kernel refuses in time; the allocator then reports it.

use std::alloc::{GlobalAlloc, Layout};

use nix::libc;
use tikv_jemallocator::Jemalloc;

use crate::exit;

/// The part of the free memory that a command may use, in percent. The rest is for other processes.
const PART: u64 = 90;

/// The allocator, which serves librdkafka as well. A failure ends the process.
///
/// jemalloc, because the judge keeps and forgets a million small lines again and again: glibc's allocator spends most of that
/// time in joining free pieces (4 million lines of a soak: 372 s with it, 143 s with jemalloc, at the same memory).
pub struct OrEnd;

impl OrEnd {
    fn checked(pointer: *mut u8) -> *mut u8 {
        if pointer.is_null() {
            end();
        }
        pointer
    }
}

// SAFETY: every call is jemalloc's, with the same arguments.
unsafe impl GlobalAlloc for OrEnd {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        OrEnd::checked(unsafe { Jemalloc.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        OrEnd::checked(unsafe { Jemalloc.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promises are passed on.
        OrEnd::checked(unsafe { Jemalloc.realloc(pointer, layout, size) })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { Jemalloc.dealloc(pointer, layout) }
    }
}

/// Ends the process. Nothing here allocates.
#[cold]
fn end() -> ! {
    const WHAT: &[u8] = b"jepsen: not enough memory: a history is held completely in memory. Judge it on a machine \
        with more memory, or raise the limit (ulimit -v, ulimit -d, the cgroup's memory.max)\n";
    // SAFETY: the pointer and the length are those of a static text; `_exit` never returns.
    unsafe {
        libc::write(libc::STDERR_FILENO, WHAT.as_ptr().cast(), WHAT.len());
        libc::_exit(exit::MACHINE)
    }
}

/// Limits this process to the memory that is free now. Only for commands that start no nodes, because children inherit
/// the limit.
pub fn limit_to_what_is_free() {
    let Some(free) = free() else { return };
    let used = status("VmData:").unwrap_or(0);
    let most = used.saturating_add(free / 100 * PART);
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointers are to a value that lives here. A limit that cannot be read or set stays as it is.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_DATA, &raw mut limit) == 0 {
            // A lower limit that the user has set stays.
            limit.rlim_cur = limit.rlim_cur.min(most);
            libc::setrlimit(libc::RLIMIT_DATA, &raw const limit);
        }
    }
}

/// The free memory in bytes: that of the machine, or of the cgroup if it has less. None if it is unknown.
fn free() -> Option<u64> {
    let machine = kibibytes("/proc/meminfo", "MemAvailable:");
    machine.into_iter().chain(cgroups()).min()
}

/// What the limits of this process's cgroup and of those above it leave (version 2).
fn cgroups() -> Vec<u64> {
    let own = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let path = own.lines().find_map(|line| line.strip_prefix("0::/"));
    let number =
        |file: String| -> Option<u64> { std::fs::read_to_string(file).ok()?.trim().parse().ok() };
    let mut path = path.unwrap_or_default();
    let mut left = Vec::new();
    loop {
        let folder = format!("/sys/fs/cgroup/{path}");
        let max = number(format!("{folder}/memory.max"));
        let used = number(format!("{folder}/memory.current"));
        left.extend(max.zip(used).map(|(max, used)| max.saturating_sub(used)));
        if path.is_empty() {
            return left;
        }
        path = path.rsplit_once('/').map_or("", |(above, _)| above);
    }
}

fn status(field: &str) -> Option<u64> {
    kibibytes("/proc/self/status", field)
}

fn kibibytes(file: &str, field: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    let number: u64 = line.split_whitespace().next()?.parse().ok()?;
    number.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_is_known() {
        assert!(free().is_some_and(|free| free > 1 << 20));
        assert!(status("VmData:").is_some_and(|used| used > 0));
    }
}
