//! What a disk does wrong, and which system calls show it. Pure.

use std::time::Duration;

use nix::errno::Errno;

use crate::needs::Calls;

/// What a disk does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// Every sync begins this much later.
    SlowSync(Duration),
    /// Every sync fails with EIO, and nothing is synced.
    FailingSync,
    /// Every sync is reported as done, and nothing is synced.
    LyingSync,
    /// Every write fails with EIO, and nothing is written.
    FailingWrite,
    /// Every write fails with ENOSPC, and nothing is written.
    Full,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The kernel executes it.
    Pass,
    /// The kernel executes it after this time.
    Later(Duration),
    /// It is not executed, and fails.
    Fail(Errno),
    /// It is not executed, and succeeds.
    Lie,
}

/// A call that the kernel asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// Whether it syncs; otherwise it writes.
    pub(super) syncs: bool,
    /// Which of its arguments is the descriptor of the file, if any.
    pub(super) descriptor: Option<usize>,
}

/// Calls that sync.
pub(super) const SYNCS: [libc::c_long; 6] = [
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_msync,
    libc::SYS_sync_file_range,
    libc::SYS_syncfs,
    libc::SYS_sync,
];

/// Calls that write to the descriptor that is their first argument.
pub(super) const WRITES: [libc::c_long; 7] = [
    libc::SYS_write,
    libc::SYS_pwrite64,
    libc::SYS_writev,
    libc::SYS_pwritev,
    libc::SYS_pwritev2,
    libc::SYS_fallocate,
    libc::SYS_sendfile,
];

/// Writes to its third argument.
pub(super) const COPY: libc::c_long = libc::SYS_copy_file_range;

impl Kind {
    /// What a call of this number does.
    pub(super) fn of(number: libc::c_long) -> Option<Kind> {
        let (syncs, descriptor) = match number {
            // They name no file.
            libc::SYS_msync | libc::SYS_sync => (true, None),
            _ if SYNCS.contains(&number) => (true, Some(0)),
            _ if WRITES.contains(&number) => (false, Some(0)),
            COPY => (false, Some(2)),
            _ => return None,
        };
        Some(Kind { syncs, descriptor })
    }
}

impl Treatment {
    /// The calls that it needs to be asked for.
    pub fn calls(self) -> Calls {
        let writes = matches!(self, Treatment::FailingWrite | Treatment::Full);
        Calls {
            syncs: !writes,
            writes,
        }
    }

    /// What becomes of a call on one of the node's files.
    pub(super) fn fate(self, kind: Kind) -> Fate {
        match self {
            Treatment::SlowSync(delay) if kind.syncs => Fate::Later(delay),
            Treatment::FailingSync if kind.syncs => Fate::Fail(Errno::EIO),
            Treatment::LyingSync if kind.syncs => Fate::Lie,
            Treatment::FailingWrite if !kind.syncs => Fate::Fail(Errno::EIO),
            Treatment::Full if !kind.syncs => Fate::Fail(Errno::ENOSPC),
            _ => Fate::Pass,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_treatment_is_about_its_own_calls() {
        let sync = Kind::of(libc::SYS_fdatasync).expect("a sync");
        let write = Kind::of(libc::SYS_pwrite64).expect("a write");
        let second = Duration::from_secs(1);
        for (treatment, to_sync, to_write) in [
            (Treatment::SlowSync(second), Fate::Later(second), Fate::Pass),
            (Treatment::FailingSync, Fate::Fail(Errno::EIO), Fate::Pass),
            (Treatment::LyingSync, Fate::Lie, Fate::Pass),
            (Treatment::FailingWrite, Fate::Pass, Fate::Fail(Errno::EIO)),
            (Treatment::Full, Fate::Pass, Fate::Fail(Errno::ENOSPC)),
        ] {
            assert_eq!(treatment.fate(sync), to_sync);
            assert_eq!(treatment.fate(write), to_write);
            let asked = treatment.calls();
            assert_eq!(
                (asked.syncs, asked.writes),
                (to_sync != Fate::Pass, to_write != Fate::Pass)
            );
        }
    }

    #[test]
    fn every_call_names_its_file_or_none() {
        let descriptor = |number| Kind::of(number).and_then(|kind| kind.descriptor);
        assert!(
            SYNCS
                .iter()
                .all(|number| Kind::of(*number).is_some_and(|kind| kind.syncs))
        );
        assert!(WRITES.iter().all(|number| descriptor(*number) == Some(0)));
        assert_eq!(
            (descriptor(COPY), descriptor(libc::SYS_sync)),
            (Some(2), None)
        );
        assert_eq!(Kind::of(libc::SYS_read), None);
    }

    #[test]
    fn calls_add_up() {
        let (syncs, writes) = (Treatment::LyingSync.calls(), Treatment::Full.calls());
        let both = syncs.and(writes);
        assert!(syncs.within(both) && writes.within(both) && !both.within(syncs));
        assert!(Calls::default().is_none() && Calls::default().within(syncs) && !both.is_none());
    }
}
