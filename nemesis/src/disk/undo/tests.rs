//! What a cut brings back, compared with a small model of a kernel's page cache.

use rand::SeedableRng;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Write(u64, usize, u8),
    Length(u64),
    Sync,
    FailedSync,
}

fn draw_steps(draw: &mut ChaCha8Rng, syncs_fail: bool) -> Vec<Step> {
    let step = |draw: &mut ChaCha8Rng| match draw.random_range(0..7) {
        0..4 => Step::Write(
            draw.random_range(0..20_000),
            draw.random_range(1..9_000),
            draw.random_range(1..=255),
        ),
        4..6 => Step::Length(draw.random_range(0..25_000)),
        _ if syncs_fail && draw.random() => Step::FailedSync,
        _ => Step::Sync,
    };
    (0..draw.random_range(0..30)).map(|_| step(draw)).collect()
}

fn content(file: &File) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(file.metadata().expect("meta").len()).expect("small")];
    file.read_exact_at(&mut bytes, 0).expect("read");
    bytes
}

/// What a kernel has of a file, in pages: what is on the disk, and which pages of the cache have to be written.
#[derive(Default)]
struct Kernel {
    cache: Vec<u8>,
    disk: Vec<u8>,
    dirty: std::collections::BTreeSet<usize>,
    least: usize,
}

impl Kernel {
    const PAGE: usize = super::PAGE as usize;

    fn write(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        self.cache.resize(self.cache.len().max(end), 0);
        self.cache[at..end].copy_from_slice(bytes);
        self.dirty.extend(at / Self::PAGE..=(end - 1) / Self::PAGE);
    }

    fn set_length(&mut self, length: usize) {
        if length < self.cache.len() {
            self.dirty.insert(length / Self::PAGE);
        }
        self.cache.resize(length, 0);
        self.least = self.least.min(length);
    }

    fn sync(&mut self, fails: bool) {
        self.disk.truncate(self.least);
        let dirty = std::mem::take(&mut self.dirty);
        if !fails {
            self.disk.resize(self.cache.len(), 0);
            for page in dirty {
                let from = (page * Self::PAGE).min(self.disk.len());
                let to = (from + Self::PAGE).min(self.disk.len());
                self.disk[from..to].copy_from_slice(&self.cache[from..to]);
            }
        }
        self.least = self.disk.len();
    }
}

/// Executes the steps with an undo; the file, what a cut brings back, and what the disk holds.
fn execute(steps: &[Step]) -> (File, Undo, Vec<u8>) {
    let file = tempfile::tempfile().expect("a file");
    let (mut undo, mut kernel) = (Undo::default(), Kernel::default());
    let whole = |number: u64| usize::try_from(number).expect("small");
    for step in steps {
        let length = file.metadata().expect("meta").len();
        match step {
            Step::Write(at, length, byte) => {
                undo.before_write(&file, *at, *length as u64)
                    .expect("saved");
                let bytes = vec![*byte; *length];
                file.write_all_at(&bytes, *at).expect("written");
                kernel.write(whole(*at), &bytes);
            }
            Step::Length(length) => {
                undo.before_length(&file, *length).expect("saved");
                file.set_len(*length).expect("set");
                kernel.set_length(whole(*length));
            }
            Step::Sync => {
                undo.synced(length);
                kernel.sync(false);
            }
            Step::FailedSync => {
                undo.sync_failed(length);
                kernel.sync(true);
            }
        }
        assert_eq!(content(&file), kernel.cache);
    }
    (file, undo, kernel.disk)
}

#[test]
fn a_cut_brings_back_exactly_what_was_synced() {
    for seed in 0..2_000 {
        let mut draw = ChaCha8Rng::seed_from_u64(seed);
        let steps = draw_steps(&mut draw, seed % 2 == 0);
        let (file, undo, durable) = execute(&steps);
        undo.roll_back(&file, None).expect("rolled back");
        assert!(content(&file) == durable, "seed {seed}: {steps:?}");
    }
}

#[test]
fn a_torn_page_holds_only_what_was_written_before_or_since() {
    for seed in 0..400 {
        let mut draw = ChaCha8Rng::seed_from_u64(seed);
        let steps = draw_steps(&mut draw, false);
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

/// A log whose sync failed once, and which went on: the hole stays, although all later syncs succeed.
#[test]
fn what_failed_once_is_missing_for_good_unless_it_is_written_again() {
    let steps = [
        Step::Write(0, 4_096, 1),
        Step::Sync,
        Step::Write(4_096, 8_192, 2),
        Step::FailedSync,
        Step::Write(12_288, 4_096, 3),
        Step::Write(8_192, 1, 4),
        Step::Sync,
    ];
    let (file, undo, _) = execute(&steps);
    assert!(!undo.is_clean(16_384));
    let lost = undo.roll_back(&file, None).expect("rolled back");
    assert_eq!(lost, Lost { bytes: 0, pages: 1 });
    let page = |at: usize| content(&file)[at * 4_096 + 1];
    assert_eq!([0, 1, 2, 3].map(page), [1, 0, 2, 3]);
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
