//! A node's disk that can lose power: a FUSE file system in front of its data directory, which knows what was not synced.
//!
//! | file | what |
//! |---|---|
//! | `undo` | what a power cut brings back of one file |
//! | `names` | and of directories |
//! | `table`, `descriptor` | the inodes that the kernel knows, held open |
//! | `state` | one mounted disk: its power, its room, its rot |
//! | `filesystem`, `operations` | what the kernel asks, and what is done |
//! | `mount` | mounting without a helper |
//! | `rot` | bits that are flipped when they are read |
//! | `rack` | the disks of all nodes, mounted when somebody wants them |
//! | `trial` | whether this works here |
//!
//! Every write goes to the backing directory at once, and what it changes is remembered until it is synced. So a disk that is
//! not mounted any more is an ordinary directory with everything in it, and a run that ends early loses nothing.
//!
//! What becomes durable follows ext4 ([`Durability::Journal`]), with two differences: a file that replaces another by `rename`
//! is not written first, and `syncfs` and `sync` make nothing durable, because the kernel does not pass them on to a file
//! system of an ordinary user.

mod attributes;
mod descriptor;
mod filesystem;
mod mount;
mod names;
mod operations;
mod rack;
mod rot;
mod state;
mod table;
mod trial;
mod undo;

use std::fmt;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use mount::Mounted;
use operations::BackedFiles;
use rot::Rot;
use state::State;

pub use crate::needs::Durability;
pub use rack::Disks;
pub(crate) use trial::attempt;

/// What is wrong with syncs on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncTrouble {
    /// They begin so much later.
    Late(Duration),
    /// They are answered and not executed.
    Lie,
    /// The next one of each file that has something to write fails, and what it should have written is taken for written.
    FailOnce,
}

/// What a power cut took from one disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// Files that are not as they were before the cut.
    pub files: u64,
    /// Bytes at their ends.
    pub bytes: u64,
    /// Pages that are again as they were.
    pub pages: u64,
    /// Changes of directories.
    pub names: usize,
}

impl fmt::Display for Loss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Loss {
            files,
            bytes,
            pages,
            names,
        } = self;
        match *self == Loss::default() {
            true => formatter.write_str("nothing was unsynced"),
            false => write!(
                formatter,
                "{files} files, {bytes} bytes at their ends, {pages} pages and {names} changes of directories lost"
            ),
        }
    }
}

/// What a disk met so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// Writes that were refused for lack of space.
    pub refused: u64,
    /// Reads that returned flipped bits.
    pub rotten: u64,
    /// Syncs that failed.
    pub failed: u64,
}

/// A disk in front of a directory. Dropping it takes the mount away; the directory stays, with everything in it.
#[derive(Debug)]
pub struct Disk {
    directory: PathBuf,
    trash: PathBuf,
    backing: OwnedFd,
    mounted: Mutex<Current>,
}

struct Current {
    durability: Durability,
    state: Arc<State>,
    /// None after a cut.
    mount: Option<Mounted>,
}

impl fmt::Debug for Current {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_mounted = self.mount.is_some();
        formatter
            .debug_struct("Current")
            .field("is_mounted", &is_mounted)
            .finish_non_exhaustive()
    }
}

impl Disk {
    /// Mounts a disk in front of a directory. What is removed on it is kept for a while in `trash`, a directory on the same
    /// file system that does not exist yet and must not be below the first.
    ///
    /// Blocks for some milliseconds. Needs a mount namespace of its own with the right to mount in it.
    ///
    /// # Errors
    /// If a directory cannot be opened or created, or the kernel refuses the mount.
    pub fn mount(directory: &Path, trash: &Path, durability: Durability) -> io::Result<Disk> {
        let backing = open_directory(directory)?;
        DirBuilder::new().mode(0o700).create(trash)?;
        let (state, mount) = begin(&backing, directory, trash, durability)?;
        let mount = Some(mount);
        Ok(Disk {
            directory: directory.to_owned(),
            trash: trash.to_owned(),
            backing,
            mounted: Mutex::new(Current {
                durability,
                state,
                mount,
            }),
        })
    }

    /// The power goes, and nothing reaches the disk from now on: what the node asks for waits. A sync that was under way when its
    /// process was killed would still come to its end otherwise, for the kernel waits for its answer before it ends the process.
    pub fn hold(&self) {
        self.current().state.hold();
    }

    /// What waits since [`Disk::hold`] fails, so that processes that were killed can end.
    pub fn release(&self) {
        self.current().state.release();
    }

    /// The power is back, and nothing was lost: the cut did not take place.
    pub fn restore(&self) {
        let current = self.current();
        current.state.set_power(true);
        current.state.release();
    }

    /// Cuts the power and brings it back: what was not durable is lost. With a seed a drawn part of it survives, page by page
    /// and sector by sector (torn writes). No process of the node may live.
    ///
    /// # Errors
    /// If the backing files cannot be changed, or the kernel refuses to mount the disk again.
    pub fn cut(&self, tearing: Option<u64>) -> io::Result<Loss> {
        let mut current = self.current();
        let durability = current.durability;
        let loss = current.state.cut(tearing.map(ChaCha8Rng::seed_from_u64))?;
        if current.mount.take().is_some() {
            mount::unmount(&self.directory)?;
        }
        let (state, mount) = begin(&self.backing, &self.directory, &self.trash, durability)?;
        *current = Current {
            durability,
            state,
            mount: Some(mount),
        };
        Ok(loss)
    }

    /// Fills the disk, or makes room again: writes, new names and reservations fail with ENOSPC, and `statfs` shows no free
    /// block.
    pub fn set_full(&self, full: bool) {
        self.current().state.set_full(full);
    }

    /// Lets this share of all pages (from 0 to 1) rot, drawn from the seed; or none any more.
    pub fn set_rot(&self, rot: Option<(u64, f64)>) {
        let current = self.current();
        current
            .state
            .set_rot(rot.map(|(seed, share)| Rot::new(seed, share)));
        let known = current.state.table().all();
        if let Some(mount) = &current.mount {
            mount.forget_pages(known.into_iter().map(|(number, _)| number));
        }
    }

    /// Makes syncs late or untrue, or right again.
    pub fn set_sync_trouble(&self, trouble: Option<SyncTrouble>) {
        self.current().state.set_sync_trouble(trouble);
    }

    /// Everything on it is durable as it is now.
    pub fn settle(&self) {
        self.current().state.settle();
    }

    /// What it met since it was last filled, last began to rot, and since syncs last began to fail.
    pub fn met(&self) -> Met {
        self.current().state.met()
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.mounted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.current().mount.take().is_some() {
            let _ = mount::unmount(&self.directory);
        }
        let _ = std::fs::remove_dir_all(&self.trash);
    }
}

fn begin(
    backing: &OwnedFd,
    directory: &Path,
    trash: &Path,
    durability: Durability,
) -> io::Result<(Arc<State>, Mounted)> {
    let trash = open_directory(trash)?;
    let state = Arc::new(State::new(backing.try_clone()?, trash, durability));
    let mounted = Mounted::new(BackedFiles::new(state.clone()), directory)?;
    Ok((state, mounted))
}

fn open_directory(path: &Path) -> io::Result<OwnedFd> {
    let opened = File::options()
        .read(true)
        .custom_flags(libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC)
        .open(path);
    opened
        .map(OwnedFd::from)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
