//! The state of one mounted disk: what its files are, whether it has power, and what is wrong with it at the moment.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use rand_chacha::ChaCha8Rng;

use super::names::Names;
use super::rot::Rot;
use super::table::Table;
use super::undo::Undo;
use super::{Durability, Loss, Met, SyncTrouble};

/// A file or a directory that a node has open.
#[derive(Clone, Debug)]
pub(super) enum Handle {
    File(Arc<File>),
    Directory(Arc<Vec<super::attributes::Entry>>),
}

/// The state of one mounted disk.
#[derive(Debug)]
pub(super) struct State {
    table: Mutex<Table>,
    names: Mutex<Names>,
    handles: Mutex<HashMap<u64, Handle>>,
    next_handle: AtomicU64,
    /// Held for reading by every request, for writing by the cut.
    power: RwLock<bool>,
    /// Whether requests wait: from the moment at which the power goes until no process of the node can run on.
    held: Mutex<bool>,
    released: Condvar,
    durability: Durability,
    /// Whether a file was cut off since the last commit.
    shorter: AtomicBool,
    full: AtomicBool,
    rot: Mutex<Option<Rot>>,
    syncs: Mutex<Option<SyncTrouble>>,
    /// The files whose sync failed since syncs began to fail once.
    failed: Mutex<HashSet<u64>>,
    /// Writes that were refused for lack of space.
    refused: AtomicU64,
    /// Reads that returned flipped bits.
    rotten: AtomicU64,
}

impl State {
    pub(super) fn new(backing: OwnedFd, trash: OwnedFd, durability: Durability) -> State {
        State {
            table: Mutex::new(Table::new(backing)),
            names: Mutex::new(Names::new(trash)),
            handles: Mutex::default(),
            next_handle: AtomicU64::new(1),
            power: RwLock::new(true),
            held: Mutex::new(false),
            released: Condvar::new(),
            durability,
            shorter: AtomicBool::new(false),
            full: AtomicBool::new(false),
            rot: Mutex::default(),
            syncs: Mutex::default(),
            failed: Mutex::default(),
            refused: AtomicU64::new(0),
            rotten: AtomicU64::new(0),
        }
    }

    /// Keeps the power on while the guard lives.
    ///
    /// # Errors
    /// `EIO` after the cut.
    pub(super) fn powered(&self) -> Result<RwLockReadGuard<'_, bool>, Errno> {
        loop {
            let power = self.power.read().unwrap_or_else(PoisonError::into_inner);
            if *power {
                return Ok(power);
            }
            drop(power);
            let held = lock(&self.held);
            if !*held {
                return Err(Errno::EIO);
            }
            drop(self.released.wait_while(held, |held| *held));
        }
    }

    /// The power goes: what has not happened by now never does. Requests wait until [`State::release`].
    pub(super) fn hold(&self) {
        // First, so that no request that finds the power gone fails before the release.
        *lock(&self.held) = true;
        // Waits for what is being executed.
        self.set_power(false);
    }

    /// Requests that wait fail, and so do all later ones.
    pub(super) fn release(&self) {
        *lock(&self.held) = false;
        self.released.notify_all();
    }

    pub(super) fn set_power(&self, on: bool) {
        *self.power.write().unwrap_or_else(PoisonError::into_inner) = on;
    }

    pub(super) fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.table)
    }

    pub(super) fn names(&self) -> MutexGuard<'_, Names> {
        lock(&self.names)
    }

    pub(super) fn opened(&self, handle: Handle) -> u64 {
        let number = self.next_handle.fetch_add(1, Ordering::Relaxed);
        lock(&self.handles).insert(number, handle);
        number
    }

    pub(super) fn handle(&self, number: u64) -> Result<Handle, Errno> {
        lock(&self.handles)
            .get(&number)
            .cloned()
            .ok_or(Errno::EBADF)
    }

    pub(super) fn file(&self, number: u64) -> Result<Arc<File>, Errno> {
        match self.handle(number)? {
            Handle::File(file) => Ok(file),
            Handle::Directory(_) => Err(Errno::EISDIR),
        }
    }

    pub(super) fn released(&self, number: u64) {
        lock(&self.handles).remove(&number);
    }

    /// Whether there is room; counts what is refused.
    ///
    /// # Errors
    /// `ENOSPC` while the disk is full.
    pub(super) fn room(&self) -> Result<(), Errno> {
        if !self.full.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        Err(Errno::ENOSPC)
    }

    pub(super) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    pub(super) fn set_full(&self, full: bool) {
        if full {
            self.refused.store(0, Ordering::Relaxed);
        }
        self.full.store(full, Ordering::Relaxed);
    }

    pub(super) fn set_rot(&self, rot: Option<Rot>) {
        if rot.is_some() {
            self.rotten.store(0, Ordering::Relaxed);
        }
        *lock(&self.rot) = rot;
    }

    pub(super) fn set_sync_trouble(&self, trouble: Option<SyncTrouble>) {
        if trouble == Some(SyncTrouble::FailOnce) {
            lock(&self.failed).clear();
        }
        *lock(&self.syncs) = trouble;
    }

    /// Whether a sync of a file that has something to write fails now: the first one, while syncs fail once.
    pub(super) fn fails_now(&self, file: u64) -> bool {
        self.sync_trouble() == Some(SyncTrouble::FailOnce) && lock(&self.failed).insert(file)
    }

    /// What is wrong with syncs at the moment.
    pub(super) fn sync_trouble(&self) -> Option<SyncTrouble> {
        *lock(&self.syncs)
    }

    /// Flips what is rotten of bytes that were read from here in a file.
    pub(super) fn rot(&self, file: u64, from: u64, bytes: &mut [u8]) {
        let rot = lock(&self.rot).clone();
        if rot.is_some_and(|rot| rot.flip(file, from, bytes) > 0) {
            self.rotten.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn met(&self) -> Met {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Met {
            refused: load(&self.refused),
            rotten: load(&self.rotten),
            failed: lock(&self.failed).len() as u64,
        }
    }

    /// What was changed so far in directories is durable, as the disk's kind of file system has it after a sync of a file.
    pub(super) fn file_synced(&self) {
        if self.durability == Durability::Journal {
            self.directory_synced();
        }
    }

    /// All changes of directories so far are durable.
    pub(super) fn directory_synced(&self) {
        let changed = {
            let mut names = self.names();
            let changed = names.len() > 0;
            names.commit();
            changed
        };
        // Most syncs of a log find nothing here.
        let shorter = self.shorter.swap(false, Ordering::Relaxed);
        if shorter && self.durability == Durability::Journal {
            for (_, inode) in self.table().all() {
                if let Some(mut undo) = inode.undo() {
                    undo.lengths_committed();
                }
            }
        }
        if changed {
            self.table().sweep();
        }
    }

    /// A file was cut off.
    pub(super) fn became_shorter(&self) {
        self.shorter.store(true, Ordering::Relaxed);
    }

    /// Everything is durable as it is now, as on a machine that has been running for a while.
    pub(super) fn settle(&self) {
        self.names().commit();
        let all = self.table().all();
        for (_, inode) in all {
            let length = inode
                .stat()
                .map_or(0, |stat| u64::try_from(stat.st_size).unwrap_or(0));
            if let Some(mut undo) = inode.undo() {
                *undo = Undo::durable(length);
            }
        }
        self.table().sweep();
    }

    /// Cuts the power: from now on every request fails, and what arrives late is discarded. Then undoes what was not durable.
    /// No process may use the disk any more.
    ///
    /// # Errors
    /// If the backing files cannot be changed.
    pub(super) fn cut(&self, mut tearing: Option<ChaCha8Rng>) -> io::Result<Loss> {
        self.set_power(false);
        self.release();
        lock(&self.handles).clear();
        let mut loss = Loss::default();
        let mut inodes = self.table().all();
        // A hash map's order is not a seed's.
        inodes.sort_by_key(|(number, _)| *number);
        for (_, inode) in inodes {
            let Some(undo) = inode.undo() else {
                continue;
            };
            let length = u64::try_from(inode.stat()?.st_size).unwrap_or(0);
            if undo.is_clean(length) {
                continue;
            }
            let file = inode.open(OFlag::O_RDWR)?;
            let lost = undo.roll_back(&file, tearing.as_mut())?;
            loss.files += 1;
            loss.bytes += lost.bytes;
            loss.pages += lost.pages;
        }
        loss.names = self.names().roll_back(tearing.as_mut())?;
        Ok(loss)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
