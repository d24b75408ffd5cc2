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
}

impl Undo {
    /// Of a file whose whole content is durable.
    pub(super) fn durable(length: u64) -> Undo {
        Undo {
            synced: length,
            least: length,
            pages: BTreeMap::new(),
        }
    }

    /// Whether a power cut would leave a file of this length as it is.
    pub(super) fn is_clean(&self, length: u64) -> bool {
        self.pages.is_empty() && self.synced == length
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
        if length < self.synced {
            self.save(file, length / PAGE, (self.synced - 1) / PAGE)?;
        }
        self.least = self.least.min(length);
        Ok(())
    }

    fn save(&mut self, file: &File, first: u64, last: u64) -> io::Result<()> {
        for page in first..=last {
            let start = page * PAGE;
            if start >= self.synced {
                break;
            }
            if self.pages.contains_key(&page) {
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
        *self = Undo::durable(length);
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
            if !restored || start >= length {
                continue;
            }
            let bytes = saved.bytes();
            let within = usize::try_from(length - start).unwrap_or(usize::MAX);
            file.write_all_at(&bytes[..bytes.len().min(within)], start)?;
            lost.pages += 1;
        }
        Ok(lost)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Write(u64, usize, u8),
        Length(u64),
        Sync,
    }

    fn draw_steps(draw: &mut ChaCha8Rng) -> Vec<Step> {
        let step = |draw: &mut ChaCha8Rng| match draw.random_range(0..7) {
            0..4 => Step::Write(
                draw.random_range(0..20_000),
                draw.random_range(1..9_000),
                draw.random_range(1..=255),
            ),
            4..6 => Step::Length(draw.random_range(0..25_000)),
            _ => Step::Sync,
        };
        (0..draw.random_range(0..30)).map(|_| step(draw)).collect()
    }

    fn content(file: &File) -> Vec<u8> {
        let mut bytes =
            vec![0; usize::try_from(file.metadata().expect("meta").len()).expect("small")];
        file.read_exact_at(&mut bytes, 0).expect("read");
        bytes
    }

    /// Executes the steps with an undo; the file, what a cut brings back, and the content at the last sync.
    fn execute(steps: &[Step]) -> (File, Undo, Vec<u8>) {
        let file = tempfile::tempfile().expect("a file");
        let mut undo = Undo::default();
        let mut durable = Vec::new();
        for step in steps {
            match step {
                Step::Write(at, length, byte) => {
                    undo.before_write(&file, *at, *length as u64)
                        .expect("saved");
                    file.write_all_at(&vec![*byte; *length], *at)
                        .expect("written");
                }
                Step::Length(length) => {
                    undo.before_length(&file, *length).expect("saved");
                    file.set_len(*length).expect("set");
                }
                Step::Sync => {
                    undo.synced(file.metadata().expect("meta").len());
                    durable = content(&file);
                }
            }
        }
        (file, undo, durable)
    }

    #[test]
    fn a_cut_brings_back_exactly_what_was_synced() {
        for seed in 0..400 {
            let steps = draw_steps(&mut ChaCha8Rng::seed_from_u64(seed));
            let (file, undo, durable) = execute(&steps);
            undo.roll_back(&file, None).expect("rolled back");
            assert!(content(&file) == durable, "seed {seed}: {steps:?}");
        }
    }

    #[test]
    fn a_torn_page_holds_only_what_was_written_before_or_since() {
        for seed in 0..400 {
            let mut draw = ChaCha8Rng::seed_from_u64(seed);
            let steps = draw_steps(&mut draw);
            let (file, undo, durable) = execute(&steps);
            let latest = content(&file);
            undo.roll_back(&file, Some(&mut draw)).expect("rolled back");
            let torn = content(&file);
            assert!(torn.len() <= durable.len().max(latest.len()));
            let at = |bytes: &[u8], at: usize| bytes.get(at).copied().unwrap_or(0);
            let foreign = |place: &usize| {
                torn[*place] != at(&durable, *place) && torn[*place] != at(&latest, *place)
            };
            assert_eq!(
                (0..torn.len()).find(foreign),
                None,
                "seed {seed}: {steps:?}"
            );
        }
    }

    #[test]
    fn an_append_saves_at_most_the_page_of_the_old_end() {
        let (file, mut undo, _) = execute(&[Step::Write(0, 5_000, 1), Step::Sync]);
        undo.before_write(&file, 5_000, 100_000).expect("saved");
        assert_eq!(undo.pages.keys().collect::<Vec<_>>(), [&1]);
    }

    #[test]
    fn a_journal_makes_shorter_lengths_durable_and_no_data() {
        let steps = [
            Step::Write(0, 9_000, 1),
            Step::Sync,
            Step::Length(5_000),
            Step::Write(0, 10, 2),
        ];
        let (file, mut undo, _) = execute(&steps);
        undo.lengths_committed();
        undo.roll_back(&file, None).expect("rolled back");
        assert_eq!(content(&file), vec![1; 5_000]);
    }

    #[test]
    fn zeros_take_no_memory() {
        let file = tempfile::tempfile().expect("a file");
        file.set_len(10 << 20).expect("set");
        let mut undo = Undo::durable(10 << 20);
        undo.before_length(&file, 0).expect("saved");
        assert!(
            undo.pages
                .values()
                .all(|page| matches!(page, Saved::Zeros(_)))
        );
        assert_eq!(undo.pages.len(), 2_560);
    }
}
