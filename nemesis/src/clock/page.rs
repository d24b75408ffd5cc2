//! The control page of a node's clock: memory that the harness and the node's processes share. The harness writes by how
//! much the clock is wrong, the stub reads that and counts.
//!
//! There are two slots, and the generation says which is valid. So a reader needs no lock, and a harness that dies while
//! it writes stops nobody. The node could write here, too; what it says is evidence of an effect, and nothing more.

use std::io;
use std::os::fd::OwnedFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU64, Ordering};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

use super::shift::Shift;

/// The size of a page, and of what is shared.
pub(super) const PAGE_BYTES: usize = 4096;

/// What the stub knows by offsets: see `stub`.
#[repr(C)]
struct Shared {
    generation: AtomicU64,
    wall: AtomicU64,
    moved: AtomicU64,
    other: AtomicU64,
    last_ns: AtomicI64,
    /// The error number of a process that could not be traced.
    refusal: AtomicI32,
    unused: [u32; 5],
    slots: [Slot; 2],
}

#[repr(C)]
struct Slot {
    offset_ns: AtomicI64,
    base_ns: AtomicI64,
    rate: AtomicI64,
    period_ns: AtomicI64,
}

/// What a node read of its clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Reads of the wall clock.
    pub wall: u64,
    /// Those of them that were told another time than the true one.
    pub moved: u64,
    /// Reads of other clocks: monotonic time, processor time.
    pub other: u64,
    /// What was added to the true time in the last read of the wall clock, in ns.
    pub last_ns: i64,
}

impl Reads {
    /// What was read since then.
    pub fn since(&self, before: &Reads) -> Reads {
        Reads {
            wall: self.wall.saturating_sub(before.wall),
            moved: self.moved.saturating_sub(before.moved),
            other: self.other.saturating_sub(before.other),
            last_ns: self.last_ns,
        }
    }
}

/// The page, mapped for the life of this value.
#[derive(Debug)]
pub(super) struct Page {
    descriptor: OwnedFd,
    shared: NonNull<Shared>,
}

// SAFETY: what is shared consists of atomics, and the mapping lives as long as the page.
unsafe impl Send for Page {}
// SAFETY: as above.
unsafe impl Sync for Page {}

/// Where a process that may not be traced leaves its error number, between fork and exec.
#[derive(Clone, Copy)]
pub(super) struct Refusal(NonNull<AtomicI32>);

// SAFETY: it is a pointer to an atomic that outlives its use.
unsafe impl Send for Refusal {}
// SAFETY: as above.
unsafe impl Sync for Refusal {}

impl Refusal {
    /// Leaves it. Only the child of whoever holds the page may call this, before its exec.
    pub(super) fn tell(self, errno: Errno) {
        // SAFETY: the mapping is shared with the child, and exists until its exec.
        unsafe { self.0.as_ref() }.store(errno as i32, Ordering::SeqCst);
    }
}

impl Page {
    /// A page that says: the right time.
    pub(super) fn new() -> io::Result<Page> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let descriptor = memfd_create(c"clock", flags)?;
        nix::unistd::ftruncate(&descriptor, PAGE_BYTES as i64)?;
        // A node that cut it shorter would end the harness with a bus error.
        let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
        fcntl(&descriptor, FcntlArg::F_ADD_SEALS(seals))?;
        let length = std::num::NonZeroUsize::new(PAGE_BYTES).ok_or(Errno::EINVAL)?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping of a file that stays as long as it is.
        let mapped = unsafe { mmap(None, length, access, MapFlags::MAP_SHARED, &descriptor, 0) }?;
        let shared = mapped.cast();
        Ok(Page { descriptor, shared })
    }

    pub(super) fn descriptor(&self) -> &OwnedFd {
        &self.descriptor
    }

    fn shared(&self) -> &Shared {
        // SAFETY: the mapping is larger, aligned, zeroed at first, and lives as long as this page; all of it is atomic.
        unsafe { self.shared.as_ref() }
    }

    pub(super) fn set(&self, shift: Shift) {
        let shared = self.shared();
        let next = shared.generation.load(Ordering::SeqCst).wrapping_add(1);
        let slot = &shared.slots[usize::from(next % 2 == 1)];
        slot.offset_ns.store(shift.offset_ns, Ordering::SeqCst);
        slot.base_ns.store(shift.base_ns, Ordering::SeqCst);
        slot.rate.store(shift.rate, Ordering::SeqCst);
        slot.period_ns.store(shift.period_ns, Ordering::SeqCst);
        shared.generation.store(next, Ordering::SeqCst);
    }

    pub(super) fn reads(&self) -> Reads {
        let shared = self.shared();
        Reads {
            wall: shared.wall.load(Ordering::SeqCst),
            moved: shared.moved.load(Ordering::SeqCst),
            other: shared.other.load(Ordering::SeqCst),
            last_ns: shared.last_ns.load(Ordering::SeqCst),
        }
    }

    pub(super) fn refusal(&self) -> Refusal {
        Refusal(NonNull::from(&self.shared().refusal))
    }

    /// The error number that a process left, which is forgotten.
    pub(super) fn take_refusal(&self) -> Option<Errno> {
        let errno = self.shared().refusal.swap(0, Ordering::SeqCst);
        (errno != 0).then(|| Errno::from_raw(errno))
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: it was mapped by `new`, and nobody refers to it any more.
        let _ = unsafe { munmap(self.shared.cast(), PAGE_BYTES) };
    }
}
