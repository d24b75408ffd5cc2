//! Locks: one process at a time writes a run, and a run in progress is not removed.
//!
//! They are advisory locks (flock) on the run's `run.json`, or on a directory that several commands share. So no file is
//! left behind, and the kernel releases a lock when its holder dies by any cause.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use super::layout;
use crate::exit::Stop;

/// A writer waits this long for another one: rendering a page takes less.
const PATIENCE: Duration = Duration::from_secs(5);
/// The interval of its attempts.
const LOOK: Duration = Duration::from_millis(50);

/// Held as long as this process writes the run.
#[derive(Debug)]
pub struct RunLock(#[expect(dead_code, reason = "held until it is dropped")] Option<Flock<File>>);

impl RunLock {
    /// Waits a moment for other writers of the run, and locks it.
    ///
    /// # Errors
    /// If another process writes it, for example because the run is still in progress.
    pub fn take(run: &Path) -> Result<RunLock> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(lock) = RunLock::attempt(run) {
                return Ok(lock);
            }
            if Instant::now() >= deadline {
                return Err(Stop::usage(format!(
                    "{}: another jepsen is writing this run (it is still in progress, or its report is being written); \
                     try again when it has ended",
                    run.display()
                )));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Locks the run if nobody else has. None if another process writes it.
    pub fn attempt(run: &Path) -> Option<RunLock> {
        let Ok(file) = File::open(run.join(layout::RUN)) else {
            // A run of a very old version has none. Nobody can be writing it.
            return Some(RunLock(None));
        };
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Some(RunLock(Some(lock))),
            Err((_, Errno::EWOULDBLOCK)) => None,
            // Some network file systems have no such locks.
            Err(_) => Some(RunLock(None)),
        }
    }
}

/// Locks a directory that several processes write, for example the directory of all runs while their list is made.
/// `wait` says whether to wait for others. None if another process has locked it.
pub fn lock_directory(directory: &Path, wait: bool) -> Option<DirectoryLock> {
    let argument = match wait {
        true => FlockArg::LockExclusive,
        false => FlockArg::LockExclusiveNonblock,
    };
    match File::open(directory).map(|file| Flock::lock(file, argument)) {
        Ok(Ok(lock)) => Some(DirectoryLock(Some(lock))),
        Ok(Err((_, Errno::EWOULDBLOCK))) => None,
        // Some network file systems have no such locks.
        _ => Some(DirectoryLock(None)),
    }
}

/// Held as long as this process writes in a directory.
#[derive(Debug)]
pub struct DirectoryLock(
    #[expect(dead_code, reason = "held until it is dropped")] Option<Flock<File>>,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_one_writer() {
        let run = tempfile::tempdir().expect("a folder");
        std::fs::write(run.path().join(layout::RUN), "{}").expect("written");
        let held = RunLock::attempt(run.path()).expect("free");
        assert!(RunLock::attempt(run.path()).is_none());
        let error = RunLock::take(run.path()).expect_err("held");
        assert!(
            error.to_string().contains("another jepsen is writing"),
            "{error}"
        );
        let shared = lock_directory(run.path(), false).expect("free");
        assert!(lock_directory(run.path(), false).is_none());
        drop((held, shared));
        assert!(lock_directory(run.path(), true).is_some());
        assert!(RunLock::attempt(run.path()).is_some());
    }
}
