//! Damaged runs: bits flipped, files cut, blocks zeroed, doubled or exchanged, files of other scenarios and other runs
//! put in place. No reader calls such a run valid or invalid without a word about the damage.
//!
//! `JEPSEN_DAMAGED=5000 cargo test --workspace --test cli damage` tries that many.

use std::path::{Path, PathBuf};

use checkers::history::{Digest, Header, Seal, jsonl};
use checkers::verdict::Validity;
use harness::cli::report::{self, ReportArguments};
use harness::experiments::qualify::baseline::Stored;
use harness::session::judge::{self, Judged};
use harness::session::publish::{of_judged, write_results};
use harness::session::{evidence, index};
use harness::store::history_file::{HistoryPath, compress, compressed};
use harness::store::{RunDirectory, digests};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reports::RunReport;
use reports::model::File;

use crate::support::beside;

/// The files that are damaged.
const FILES: [&str; 10] = [
    "scenarios/one/history.jsonl.zst",
    "scenarios/two/history.jsonl",
    "scenarios/one/scenario.json",
    "scenarios/two/faults.json",
    "scenarios/one/verdict.json",
    "run.json",
    "report.json",
    "results.json",
    "metrics.json",
    "report.html",
];

fn rounds() -> usize {
    let asked = std::env::var("JEPSEN_DAMAGED").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(300)
}

/// A valid history as the recorder writes it, with its end line.
fn history(run: &str, scenario: &str) -> String {
    let stored = beside("histories/valid/scenarios/small/history.jsonl");
    let parsed = jsonl::parse(&std::fs::read_to_string(stored).expect("a history")).expect("whole");
    let header = Header {
        run: run.to_owned(),
        scenario: scenario.to_owned(),
        sealed: true,
        ..parsed.header
    };
    let mut text = serde_json::to_string(&header).expect("JSON") + "\n";
    for event in &parsed.events {
        text += &(jsonl::line(event) + "\n");
    }
    let mut digest = Digest::new();
    digest.add(text.as_bytes());
    let last = parsed.events.last().map_or(0, |event| event.t);
    text + &Seal::new(parsed.events.len() as u64, last, &digest).line() + "\n"
}

/// A finished run of two scenarios, one of them with a compressed history.
fn run(below: &Path, id: &str) -> PathBuf {
    let path = below.join(id);
    let mut report = RunReport::default();
    id.clone_into(&mut report.run.id);
    for scenario in ["one", "two"] {
        let folder = path.join("scenarios").join(scenario);
        std::fs::create_dir_all(&folder).expect("made");
        let plain = folder.join("history.jsonl");
        std::fs::write(&plain, history(id, scenario)).expect("written");
        let asked = beside("histories/valid/scenarios/small/scenario.json");
        std::fs::copy(asked, folder.join("scenario.json")).expect("copied");
        std::fs::write(
            folder.join("faults.json"),
            format!("{{\"of\":\"{id} {scenario}\"}}"),
        )
        .expect("written");
        let judged = judge::file(&HistoryPath::named(&plain)).expect("whole");
        assert_eq!(judged.judgement.validity(), Validity::Valid);
        let verdict = format!("{:?} {id} {scenario}", judged.judgement);
        std::fs::write(folder.join("verdict.json"), verdict).expect("written");
        let mut entry = of_judged(&judged);
        entry.files.push(File {
            name: "history".into(),
            path: format!("scenarios/{scenario}/history.jsonl"),
            ..File::default()
        });
        report.scenarios.push(entry);
        if scenario == "one" {
            compress(&plain, &compressed(&plain)).expect("compressed");
        }
    }
    std::fs::write(path.join("run.json"), format!("{{\"run\":\"{id}\"}}")).expect("written");
    let directory = RunDirectory {
        id: id.to_owned(),
        path: path.clone(),
        started: String::new(),
    };
    write_results(&directory.path, &mut report, &Default::default()).expect("written");
    path
}

/// Copies the files of a run.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).expect("copied")),
        }
    }
}

/// Damages bytes in one way, and says which.
fn damage(bytes: &[u8], random: &mut ChaCha8Rng) -> (Vec<u8>, String) {
    let mut changed = bytes.to_vec();
    let at = random.random_range(0..bytes.len());
    let block = random.random_range(1..=64.min(bytes.len() - at));
    let what = match random.random_range(0..6) {
        0 | 1 => {
            let bit = random.random_range(0..8);
            changed[at] ^= 1 << bit;
            format!("bit {bit} of byte {at}")
        }
        2 => {
            changed.truncate(at);
            format!("cut at {at}")
        }
        3 => {
            changed[at..at + block].fill(0);
            format!("{block} zeros at {at}")
        }
        4 => {
            let copy = bytes[at..at + block].to_vec();
            changed.splice(at..at, copy);
            format!("{block} bytes doubled at {at}")
        }
        _ => {
            changed[at..at + block].reverse();
            format!("{block} bytes reversed at {at}")
        }
    };
    (changed, what)
}

/// What `check` says of a run: nothing if it was valid or invalid without a word.
fn is_reported(path: &Path) -> bool {
    let Ok((found, is_damaged)) = evidence::histories(path) else {
        return true;
    };
    let judged = found.iter().map(|one| match &one.damage {
        Some(problem) => Ok(Judged::damaged(&one.history, problem)),
        None => judge::file(&one.history),
    });
    let mut reported = is_damaged;
    for judged in judged {
        reported |= judged.map_or(true, |judged| {
            judged.judgement.validity() == Validity::Undecided || !judged.warnings.is_empty()
        });
    }
    reported
}

/// Whether a compressed history has the same content as ever: then nothing that is judged was damaged.
fn is_same(original: &Path, changed: &Path) -> bool {
    let content = |path: &Path| HistoryPath::named(path).bytes().ok();
    content(original).is_some_and(|own| content(changed) == Some(own))
}

#[test]
fn no_damage_is_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = run(folder.path(), "20260101T000000Z-1");
    let other = run(folder.path(), "20260102T000000Z-2");
    assert!(!is_reported(&whole), "a run that is whole");
    let random = &mut ChaCha8Rng::seed_from_u64(15);
    let damaged = folder.path().join("20260103T000000Z-3");
    let (mut missed, mut same) = (Vec::new(), 0);
    for round in 0..rounds() {
        let _ = std::fs::remove_dir_all(&damaged);
        copy(&whole, &damaged);
        let name = *FILES.choose(random).expect("some");
        let original = std::fs::read(whole.join(name)).expect("read");
        let (bytes, what) = match random.random_range(0..8) {
            0 => (
                std::fs::read(other.join(name)).expect("read"),
                "another run's".to_owned(),
            ),
            _ => damage(&original, random),
        };
        if bytes == original {
            same += 1;
            continue;
        }
        std::fs::write(damaged.join(name), &bytes).expect("written");
        let mut miss = |reader: &str| missed.push(format!("{reader}: {name}: {what}"));
        if name.contains("history") {
            // A history alone: no results.json says what it should be.
            let alone = folder
                .path()
                .join("alone")
                .join(Path::new(name).file_name().expect("a name"));
            std::fs::create_dir_all(alone.parent().expect("a folder")).expect("made");
            std::fs::write(&alone, &bytes).expect("written");
            if is_same(&whole.join(name), &alone) {
                same += 1;
                continue;
            }
            if what != "another run's" && !is_reported(&alone) {
                miss("check FILE");
            }
            if !is_reported(&damaged.join(name)) {
                miss("check RUN/FILE");
            }
        }
        if !is_reported(&damaged) {
            miss("check RUN");
        }
        let of_the_run = matches!(name, "run.json" | "report.json" | "results.json");
        if of_the_run && Stored::load(&damaged).is_ok() {
            miss("compare, merge, --baseline");
        }
        if name == "results.json" && !index::runs(folder.path())[0].damaged {
            miss("the list of runs");
        }
        if round % 10 == 0 && !matches!(name, "metrics.json" | "report.html") {
            let asked = ReportArguments {
                waivers: None,
                open: false,
                run: damaged.clone(),
            };
            if matches!(report::run(&asked), Ok(0)) {
                miss("report RUN");
            }
        }
    }
    assert!(
        missed.is_empty(),
        "{} missed:\n{}",
        missed.len(),
        missed.join("\n")
    );
    assert!(same < rounds() / 5, "{same} were not damaged");
}

#[test]
fn histories_that_are_exchanged_are_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = run(folder.path(), "20260101T000000Z-1");
    let (one, two) = (run.join("scenarios/one"), run.join("scenarios/two"));
    let between = run.join("between");
    for (from, to) in [(&one, &between), (&two, &one), (&between, &two)] {
        std::fs::rename(from, to).expect("exchanged");
    }
    let digests::Recorded::Digests(recorded) = digests::recorded(&run) else {
        panic!("no digests");
    };
    let wrong = digests::differences(&run, &recorded, |name| name.ends_with("history.jsonl"));
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    // Each history is whole, so only its run knows.
    assert!(is_reported(&run) && is_reported(&run.join("scenarios/one/history.jsonl")));
}
