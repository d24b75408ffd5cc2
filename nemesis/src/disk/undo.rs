//! What a power cut would bring back of one file: its length at the last sync, and every page below that length which was
//! changed since, as it was then.
//!
//! Writes go to the file at once, so reads, mappings and a crash of the harness see nothing special. The reverse, keeping
//! unsynced data apart until a sync, would have to answer every read from two places.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// The unit in which a kernel writes a file back.
pub(super) const PAGE: u64 = 4096;

/// The unit that a disk writes whole.
const SECTOR: u64 = 512;

/// A page as it was at the last sync. A file that was made larger in advance has many pages of zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Saved {
    Zeros(usize),
    Bytes(Box<[u8]>),
}

impl Saved {
    fn of(bytes: Vec<u8>) -> Saved {
        match bytes.iter().all(|byte| *byte == 0) {
            true => Saved::Zeros(bytes.len()),
            false => Saved::Bytes(bytes.into_boxed_slice()),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Saved::Zeros(length) => vec![0; *length],
            Saved::Bytes(bytes) => bytes.to_vec(),
        }
    }

    fn resize(&mut self, length: u64) {
        let mut bytes = self.bytes();
        bytes.resize(usize::try_from(length).unwrap_or(0), 0);
        *self = Saved::of(bytes);
    }
}

/// What was lost of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lost {
    /// Bytes that had been appended.
    pub(super) bytes: u64,
    /// Pages that are again as they were.
    pub(super) pages: u64,
}

/// What a power cut would bring back of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Undo {
    /// The length at the last sync.
    synced: u64,
    /// The least length since then. Below it nothing was cut off.
    least: u64,
    /// By page number.
    pages: BTreeMap<u64, Saved>,
    /// Pages whose sync failed, as they are on the disk. The kernel took them for written then, so a later sync writes only
    /// those that were changed once more (Rebello et al. 2020: Can applications recover from fsync failures?).
    unwritten: BTreeMap<u64, Saved>,
}

impl Undo {
    /// Of a file whose whole content is durable.
    pub(super) fn durable(length: u64) -> Undo {
        Undo {
            synced: length,
            least: length,
            ..Undo::default()
        }
    }

    /// Whether a power cut would leave a file of this length as it is.
    pub(super) fn is_clean(&self, length: u64) -> bool {
        self.pages.is_empty() && self.unwritten.is_empty() && self.synced == length
    }

    /// Remembers what a write to this range changes.
    ///
    /// # Errors
    /// If the file cannot be read. The write must then not happen.
    pub(super) fn before_write(&mut self, file: &File, from: u64, length: u64) -> io::Result<()> {
        match length {
            0 => Ok(()),
            _ => self.save(file, from / PAGE, (from + length - 1) / PAGE),
        }
    }

    /// Remembers what a new length cuts off.
    ///
    /// # Errors
    /// As [`Undo::before_write`].
    pub(super) fn before_length(&mut self, file: &File, length: u64) -> io::Result<()> {
        let unwritten = self.unwritten.keys().next_back().copied();
        let end = self
            .synced
            .max(unwritten.map_or(0, |page| (page + 1) * PAGE));
        if length < end {
            self.save(file, length / PAGE, (end - 1) / PAGE)?;
        }
        self.least = self.least.min(length);
        Ok(())
    }

    fn save(&mut self, file: &File, first: u64, last: u64) -> io::Result<()> {
        for page in first..=last {
            let start = page * PAGE;
            // A page that is changed once more is written whole.
            let unwritten = self.unwritten.remove(&page);
            if start >= self.synced || self.pages.contains_key(&page) {
                continue;
            }
            if let Some(mut saved) = unwritten {
                saved.resize(PAGE.min(self.synced - start));
                self.pages.insert(page, saved);
                continue;
            }
            // Never short: what is below the synced length and was not saved yet is still there.
            let length = PAGE.min(self.synced - start);
            let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
            file.read_exact_at(&mut bytes, start)?;
            self.pages.insert(page, Saved::of(bytes));
        }
        Ok(())
    }

    /// The file is durable as it is now, with this length.
    pub(super) fn synced(&mut self, length: u64) {
        let unwritten = std::mem::take(&mut self.unwritten);
        *self = Undo {
            unwritten,
            ..Undo::durable(length)
        };
    }

    /// A sync failed, at this length. What it should have written stays readable, and never reaches the disk by itself.
    pub(super) fn sync_failed(&mut self, length: u64) {
        // Lengths are metadata, which the journal writes sooner or later.
        self.lengths_committed();
        for page in self.synced.div_ceil(PAGE)..length.div_ceil(PAGE) {
            self.pages.entry(page).or_insert_with(|| Saved::Zeros(0));
        }
        for (page, mut saved) in std::mem::take(&mut self.pages) {
            let within = PAGE.min(length.saturating_sub(page * PAGE));
            saved.resize(within);
            self.unwritten.entry(page).or_insert(saved);
        }
    }

    /// The journal of the file system was written for another file's sake. A shorter length is a change of metadata, so it
    /// is durable from now on, other than data.
    pub(super) fn lengths_committed(&mut self) {
        if self.least >= self.synced {
            return;
        }
        self.synced = self.least;
        self.pages = self
            .pages
            .split_off(&0)
            .into_iter()
            .filter_map(|(page, saved)| {
                let start = page * PAGE;
                let left = self.synced.checked_sub(start).filter(|left| *left > 0)?;
                let mut bytes = saved.bytes();
                bytes.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                Some((page, Saved::of(bytes)))
            })
            .collect();
    }

    /// Makes the file what a power cut leaves of it. With `tearing` a drawn part of what was not synced had reached the disk:
    /// single pages, and a part of what was appended, in whole sectors.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn roll_back(
        &self,
        file: &File,
        mut tearing: Option<&mut ChaCha8Rng>,
    ) -> io::Result<Lost> {
        let now = file.metadata()?.len();
        let was_cut_off = self.least < self.synced;
        // A length is changed in the journal: the file is cut off, or whole again.
        let stays_cut_off = was_cut_off && tearing.as_mut().is_some_and(|draw| draw.random());
        let least = match stays_cut_off {
            true => self.least,
            false => self.synced,
        };
        let length = match &mut tearing {
            Some(draw) if now > least => {
                let end = draw.random_range(least..=now);
                // The last sector is written whole or not at all.
                match end == now {
                    true => now,
                    false => (end / SECTOR * SECTOR).max(least),
                }
            }
            _ => least,
        };
        let mut lost = Lost {
            bytes: now.saturating_sub(length),
            pages: 0,
        };
        if length != now {
            file.set_len(length)?;
        }
        for (page, saved) in &self.pages {
            let start = page * PAGE;
            let restored = match &mut tearing {
                None => true,
                Some(_) if was_cut_off && start + PAGE > self.least => !stays_cut_off,
                Some(draw) => draw.random(),
            };
            if restored {
                lost.pages += put_back(file, start, saved, length)?;
            }
        }
        for (page, saved) in &self.unwritten {
            lost.pages += put_back(file, page * PAGE, saved, length)?;
        }
        Ok(lost)
    }
}

/// Writes a saved page into a file of this length, as far as it lies within; how many pages that were.
fn put_back(file: &File, start: u64, saved: &Saved, length: u64) -> io::Result<u64> {
    let Some(left) = length.checked_sub(start).filter(|left| *left > 0) else {
        return Ok(0);
    };
    let bytes = saved.bytes();
    let within = usize::try_from(left).unwrap_or(usize::MAX);
    file.write_all_at(&bytes[..bytes.len().min(within)], start)?;
    Ok(1)
}

#[cfg(test)]
mod tests;
