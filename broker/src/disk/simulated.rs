//! A disk in memory that loses what was not synced, for tests and the simulation. Never used by a broker.
//!
//! After [`SimulatedDisk::crash`] each unsynced page of a file survived or not, on its own, or in part; so did
//! each unsynced creation, renaming or removal of a name. What was synced is always there. A fuse lets the
//! power fail in the middle of a write: from then on every operation returns an error until the crash.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use rand::Rng;

use super::{Disk, DiskFile, ReadAt};

const PAGE_BYTES: usize = 512;

/// The disk of one simulated node. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct SimulatedDisk {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    names: BTreeMap<String, Arc<Mutex<Content>>>,
    durable_names: BTreeMap<String, Arc<Mutex<Content>>>,
    /// How many operations that change something still succeed; None for all.
    fuse: Option<u32>,
    /// Whether syncs fail. The kernel then takes the pages for written.
    syncs_fail: bool,
}

#[derive(Debug, Default)]
struct Content {
    current: Vec<u8>,
    durable: Vec<u8>,
    /// Pages that were written or cut since the last sync.
    dirty: BTreeSet<usize>,
}

/// What survives a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survival {
    /// The process was killed, the machine was not: everything is still in the page cache.
    Everything,
    /// Only what was synced.
    Synced,
    /// What was synced and any part of the rest.
    AnyPart,
}

impl SimulatedDisk {
    /// Lets `operations` more changes succeed and all later ones fail, until [`SimulatedDisk::crash`].
    pub fn set_fuse(&self, operations: u32) {
        self.lock().fuse = Some(operations);
    }

    /// Lets syncs fail from now on, or succeed again. What one that failed should have written stays readable, and later ones
    /// succeed without writing it.
    pub fn fail_syncs(&self, fail: bool) {
        self.lock().syncs_fail = fail;
    }

    /// The node is gone; what is left is what the next one finds.
    pub fn crash(&self, survival: Survival, random: &mut impl Rng) {
        let mut inner = self.lock();
        inner.fuse = None;
        if survival == Survival::Everything {
            return;
        }
        let any_part = survival == Survival::AnyPart;
        let changed: BTreeSet<String> = inner
            .names
            .keys()
            .chain(inner.durable_names.keys())
            .cloned()
            .collect();
        for name in changed {
            let (current, durable) = (inner.names.get(&name), inner.durable_names.get(&name));
            let is_same = matches!((current, durable), (Some(a), Some(b)) if Arc::ptr_eq(a, b));
            let is_kept = is_same || (any_part && random.random());
            if !is_kept {
                match durable.cloned() {
                    Some(content) => inner.names.insert(name, content),
                    None => inner.names.remove(&name),
                };
            }
        }
        inner.durable_names = inner.names.clone();
        for content in inner.names.values() {
            lock(content).crash(any_part, random);
        }
    }

    /// Flips one bit of what a file holds, durably.
    pub fn corrupt(&self, name: &str, bit: usize) {
        let inner = self.lock();
        let mut content = lock(&inner.names[name]);
        content.current[bit / 8] ^= 1 << (bit % 8);
        content.durable = content.current.clone();
    }

    /// Overwrites the end of a file from `from` with `bytes` (cutting it to that length), durably.
    pub fn replace_end(&self, name: &str, from: usize, bytes: &[u8]) {
        let inner = self.lock();
        let mut content = lock(&inner.names[name]);
        content.current.truncate(from);
        content.current.extend_from_slice(bytes);
        content.durable = content.current.clone();
        content.dirty.clear();
    }

    /// A copy of a file's present bytes.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        lock(&self.lock().names[name]).current.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    fn change(&self) -> io::Result<MutexGuard<'_, Inner>> {
        let mut inner = self.lock();
        match &mut inner.fuse {
            Some(0) => return Err(io::Error::other("the power is gone")),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(inner)
    }
}

impl Content {
    fn touch(&mut self, from: usize, to: usize) {
        self.dirty
            .extend(from / PAGE_BYTES..to.div_ceil(PAGE_BYTES));
    }

    fn crash(&mut self, any_part: bool, random: &mut impl Rng) {
        let mut after = self.durable.clone();
        for page in std::mem::take(&mut self.dirty) {
            if !(any_part && random.random()) {
                continue;
            }
            let start = page * PAGE_BYTES;
            let mut end = (start + PAGE_BYTES).min(self.current.len());
            if end <= start {
                // The file was cut here: the cut reached the disk.
                after.truncate(start);
                continue;
            }
            // A torn page: its beginning is new, the rest is old.
            if random.random_ratio(1, 4) {
                end = random.random_range(start..=end);
            }
            if after.len() < end {
                after.resize(end, 0);
            }
            after[start..end].copy_from_slice(&self.current[start..end]);
        }
        self.current = after.clone();
        self.durable = after;
    }
}

#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    content: Arc<Mutex<Content>>,
}

impl ReadAt for SimulatedFile {
    fn read_exact_at(&self, buffer: &mut [u8], position: u64) -> io::Result<()> {
        let content = lock(&self.content);
        let start = position as usize;
        match content.current.get(start..start + buffer.len()) {
            Some(bytes) => buffer.copy_from_slice(bytes),
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        Ok(())
    }
}

impl DiskFile for SimulatedFile {
    fn length(&self) -> io::Result<u64> {
        Ok(lock(&self.content).current.len() as u64)
    }

    fn write_all_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        let _inner = self.disk.change()?;
        let mut content = lock(&self.content);
        let (start, end) = (position as usize, position as usize + bytes.len());
        if content.current.len() < end {
            content.current.resize(end, 0);
        }
        content.current[start..end].copy_from_slice(bytes);
        content.touch(start, end);
        Ok(())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        let _inner = self.disk.change()?;
        let mut content = lock(&self.content);
        let before = content.current.len();
        content.current.resize(length as usize, 0);
        let (from, to) = (before.min(length as usize), before.max(length as usize));
        content.touch(from, to);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let inner = self.disk.change()?;
        let mut content = lock(&self.content);
        if inner.syncs_fail {
            content.dirty.clear();
            return Err(io::Error::other("the disk failed"));
        }
        let Content {
            current,
            durable,
            dirty,
        } = &mut *content;
        durable.resize(current.len(), 0);
        for page in std::mem::take(dirty) {
            let start = (page * PAGE_BYTES).min(current.len());
            let end = (start + PAGE_BYTES).min(current.len());
            durable[start..end].copy_from_slice(&current[start..end]);
        }
        Ok(())
    }
}

impl Disk for SimulatedDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.lock().names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let content = Arc::new(Mutex::new(Content::default()));
        self.change()?
            .names
            .insert(name.to_owned(), content.clone());
        Ok(Arc::new(SimulatedFile {
            disk: self.clone(),
            content,
        }))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let content = self
            .lock()
            .names
            .get(name)
            .cloned()
            .ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(SimulatedFile {
            disk: self.clone(),
            content,
        }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut inner = self.change()?;
        let content = inner.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        inner.names.insert(to.to_owned(), content);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.change()?
            .names
            .remove(name)
            .map(|_| ())
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_directory(&self) -> io::Result<()> {
        let mut inner = self.change()?;
        inner.durable_names = inner.names.clone();
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no simulation goes on after a panic")
}
