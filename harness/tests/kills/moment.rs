//! The phases of a run, recognised from outside by its files.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

/// A phase comes within this time.
const PATIENCE: Duration = Duration::from_secs(60);

/// A phase of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The nodes start.
    Formation,
    /// Operations run, and no fault yet.
    Load,
    /// A fault is in force.
    Window,
    /// A fault was healed.
    Heal,
    /// The load has ended.
    Recovery,
    /// Partitions are read to their ends.
    FinalReads,
    /// The history is closed.
    Judging,
    /// The verdict is written.
    Compressing,
    /// The history is compressed.
    Report,
}

impl Moment {
    pub(crate) const ALL: [Moment; 9] = [
        Moment::Formation,
        Moment::Load,
        Moment::Window,
        Moment::Heal,
        Moment::Recovery,
        Moment::FinalReads,
        Moment::Judging,
        Moment::Compressing,
        Moment::Report,
    ];

    /// Whether nothing is left to interrupt but the writing of files.
    pub(crate) fn is_late(self) -> bool {
        matches!(self, Moment::Judging | Moment::Compressing | Moment::Report)
    }

    /// Waits until the run is in this phase. False if it ended before.
    pub(crate) fn wait(self, runs: &Path, child: &mut Child) -> bool {
        let deadline = Instant::now() + PATIENCE;
        let mut tail = Tail::default();
        while Instant::now() < deadline {
            if child.try_wait().expect("asked").is_some() {
                return false;
            }
            let scenario = scenario(runs);
            let met = scenario.is_some_and(|scenario| self.is_met(&scenario, &mut tail));
            if met {
                return true;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("{self}: it did not come within {PATIENCE:?}");
    }

    fn is_met(self, scenario: &Path, tail: &mut Tail) -> bool {
        let recorded =
            |tail: &mut Tail, what: &str| tail.contains(&scenario.join("history.jsonl"), what);
        match self {
            Moment::Formation => recorded(tail, r#""phase":"formation""#),
            Moment::Load => recorded(tail, r#""f":"append""#),
            Moment::Window => recorded(tail, r#""phase":"begun""#),
            Moment::Heal => recorded(tail, r#""phase":"healed""#),
            Moment::Recovery => recorded(tail, r#""phase":"recovery""#),
            Moment::FinalReads => recorded(tail, r#""phase":"final""#),
            Moment::Judging => recorded(tail, r#""phase":"done""#),
            Moment::Compressing => scenario.join("verdict.json").exists(),
            Moment::Report => {
                scenario.join("history.jsonl.zst").exists()
                    && !scenario.join("history.jsonl").exists()
            }
        }
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Moment::Formation => "formation",
            Moment::Load => "load",
            Moment::Window => "window",
            Moment::Heal => "heal",
            Moment::Recovery => "recovery",
            Moment::FinalReads => "final reads",
            Moment::Judging => "judging",
            Moment::Compressing => "compressing",
            Moment::Report => "report writing",
        })
    }
}

fn scenario(runs: &Path) -> Option<PathBuf> {
    let scenarios = runs.join("latest/scenarios");
    let mut entries = std::fs::read_dir(scenarios).ok()?.flatten();
    entries.next().map(|entry| entry.path())
}

/// The part of a growing file that was not read yet.
#[derive(Default)]
struct Tail {
    at: u64,
    text: String,
}

impl Tail {
    fn contains(&mut self, file: &Path, what: &str) -> bool {
        let mut bytes = Vec::new();
        let read = std::fs::File::open(file).and_then(|mut file| {
            file.seek(SeekFrom::Start(self.at))?;
            file.read_to_end(&mut bytes)
        });
        self.at += read.unwrap_or(0) as u64;
        // A line may be read in two parts.
        let keep = self.text.len().saturating_sub(200);
        self.text.drain(..keep);
        self.text += &String::from_utf8_lossy(&bytes);
        self.text.contains(what)
    }
}
