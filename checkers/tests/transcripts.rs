//! Small histories in a readable notation, with what each check says of them.
//!
//! A file of `testdata` holds cases of the check that it is named after, parted by `====`. A case is a paragraph that
//! says why, a line `judge NAME...` if it is about other checks, the history, `----`, and what was found: the check's
//! verdict, each anomaly with the lines that prove it, and which other checks call the history invalid.
//! `TRANSCRIPTS=write cargo test -p checkers --test transcripts` writes that last part anew; read the difference.
#![allow(clippy::disallowed_methods, reason = "a test reads its own data")]

mod notation;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use checkers::checks::TABLE;
use checkers::judgement::Judgement;
use checkers::verdict::{Anomaly, Validity, Verdict};
use notation::Told;
use serde_json::Value;

/// One case of a file.
struct Case {
    file: PathBuf,
    /// Everything above `----`.
    input: String,
    /// Everything below.
    expected: String,
}

impl Case {
    /// The checks that it is about.
    fn checks(&self) -> Vec<String> {
        let named = self
            .input
            .lines()
            .find_map(|line| line.strip_prefix("judge "));
        let stem = self
            .file
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned());
        match named {
            Some(names) => names.split_whitespace().map(str::to_owned).collect(),
            None => stem.into_iter().collect(),
        }
    }

    fn told(&self) -> Told {
        let (_, history) = self
            .input
            .split_once("\n\n")
            .expect("a paragraph, an empty line, a history");
        let lines: Vec<&str> = history
            .lines()
            .filter(|l| !l.starts_with("judge "))
            .collect();
        notation::history(&lines.join("\n"))
    }
}

fn cases() -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/testdata");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("testdata")
        .map(|entry| entry.expect("a file").path())
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a text");
        for case in text.split("====\n") {
            let (input, expected) = case.split_once("----\n").unwrap_or((case, ""));
            cases.push(Case {
                file: file.clone(),
                input: input.trim().to_owned() + "\n",
                expected: expected.trim_end().to_owned() + "\n",
            });
        }
    }
    cases
}

#[test]
fn every_history_is_judged_as_its_transcript_says() {
    let write = std::env::var("TRANSCRIPTS").is_ok_and(|word| word == "write");
    let mut files: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    let mut differ = String::new();
    for case in cases() {
        let told = case.told();
        let judgement = checkers::judge(&told.history);
        let found = describe(&told, &judgement, &case.checks());
        if found != case.expected {
            let _ = writeln!(
                differ,
                "{}\n{}---- expected\n{}---- found\n{found}",
                case.file.display(),
                case.input,
                case.expected
            );
        }
        files
            .entry(case.file)
            .or_default()
            .push(format!("{}----\n{found}", case.input));
    }
    if write {
        for (file, cases) in files {
            std::fs::write(file, cases.join("====\n")).expect("written");
        }
    } else {
        assert!(differ.is_empty(), "{differ}");
    }
}

/// A check that no history can make invalid is no check; one that calls nothing valid is of no use.
#[test]
fn every_check_calls_some_history_invalid_and_some_valid() {
    let mut words: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for case in cases() {
        let judgement = checkers::judge(&case.told().history);
        for check in case.checks() {
            let verdict = judgement
                .verdict(&check)
                .unwrap_or_else(|| panic!("no check {check}"));
            words
                .entry(check)
                .or_default()
                .insert(verdict.validity.word());
        }
    }
    for about in TABLE {
        let seen = words.remove(about.name).unwrap_or_default();
        // `coverage` never accuses a target: it says whether the run could.
        let bad = if about.name == "coverage" {
            "undecided"
        } else {
            "invalid"
        };
        assert!(
            seen.contains(bad) && seen.contains("valid"),
            "{}: only {seen:?}",
            about.name
        );
    }
}

fn describe(told: &Told, judgement: &Judgement, checks: &[String]) -> String {
    let mut text = String::new();
    for check in checks {
        let verdict = judgement
            .verdict(check)
            .unwrap_or_else(|| panic!("no check {check}"));
        write_verdict(told, verdict, &mut text);
    }
    let others: Vec<&str> = judgement
        .verdicts
        .iter()
        .filter(|v| v.validity == Validity::Invalid && !checks.contains(&v.check))
        .map(|v| v.check.as_str())
        .collect();
    if !others.is_empty() {
        let _ = writeln!(text, "also invalid: {}", others.join(" "));
    }
    text
}

fn write_verdict(told: &Told, verdict: &Verdict, text: &mut String) {
    let _ = writeln!(text, "{}: {}", verdict.check, verdict.validity.word());
    for (word, anomalies) in [
        ("found", &verdict.anomalies),
        ("tolerated", &verdict.tolerated),
    ] {
        for anomaly in anomalies {
            write_anomaly(told, word, anomaly, text);
        }
    }
    for doubt in &verdict.doubts {
        let mut value = serde_json::to_value(doubt).expect("plain data");
        let why = value["why"].take();
        let _ = writeln!(
            text,
            "  doubt {} {}",
            why.as_str().unwrap_or_default(),
            flat(value)
        );
    }
    for figure in &verdict.figures {
        let limit = figure
            .limit
            .map(|limit| format!(" of {limit}"))
            .unwrap_or_default();
        let _ = writeln!(text, "  figure {} {}{limit}", figure.name, figure.value);
    }
}

fn write_anomaly(told: &Told, word: &str, anomaly: &Anomaly, text: &mut String) {
    let mut value = serde_json::to_value(&anomaly.kind).expect("plain data");
    let kind = value["kind"].take();
    let certain = if anomaly.certain { "" } else { " (inferred)" };
    let _ = writeln!(
        text,
        "  {word} {}{certain} {}",
        kind.as_str().unwrap_or_default(),
        flat(value)
    );
    let evidence = &anomaly.evidence;
    let mut lines: Vec<&u64> = evidence.operations.iter().chain(&evidence.events).collect();
    lines.sort_unstable();
    for id in lines {
        let _ = writeln!(
            text,
            "    | {}",
            told.lines[usize::try_from(*id).expect("small")]
        );
    }
    if !evidence.faults.is_empty() {
        let _ = writeln!(text, "    during {}", evidence.faults.join(" "));
    }
}

/// Particulars in one line, without moments and indexes: those are in the lines quoted.
fn flat(value: Value) -> String {
    match value {
        Value::Object(map) => {
            let hidden = |key: &str, value: &Value| {
                value.is_null()
                    || matches!(key, "operation" | "read" | "asked" | "known_by" | "append")
                    || value
                        .as_u64()
                        .is_some_and(|n| n >= notation::MS && !key.contains("offset"))
            };
            let fields: Vec<String> = map
                .into_iter()
                .filter(|(key, value)| !hidden(key, value))
                .map(|(key, value)| format!("{key}={}", flat(value)))
                .collect();
            format!("({})", fields.join(" "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.into_iter().map(flat).collect();
            format!("[{}]", items.join(" "))
        }
        Value::String(text) => text,
        other => other.to_string(),
    }
}
