//! Public histories of other projects with known verdicts: registers and maps of Porcupine and Knossos, each judged as
//! its table says, on one thread and two, with and without the name of its model. Every file of those folders must have
//! a row.
//!
//! The files are not part of the project. They are looked for in `JEPSEN_HISTORIES`, then beside the workspace; without
//! them these tests say on the terminal that they are skipped. What cannot be skipped is in `known.rs`.

#![expect(clippy::print_stdout, reason = "what was compared is for a reader")]

mod public;

use std::collections::BTreeSet;
use std::path::Path;

use checkers::foreign::{ForeignVerdict, ModelName, judge_objects};
use checkers::linearizability::SearchOptions;
use checkers::verdict::Validity;

#[allow(clippy::disallowed_methods, reason = "tests read files")]
fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of a table without its heading.
fn rows(path: &Path) -> Vec<Vec<String>> {
    let text = String::from_utf8(read(path)).expect("a table is text");
    let cells = |line: &str| line.split('\t').map(str::to_owned).collect();
    text.lines().skip(1).map(cells).collect()
}

/// The files of a folder, as the tables name them.
#[allow(clippy::disallowed_methods, reason = "tests read files")]
fn files(root: &Path, folder: &str, prefix: &str) -> BTreeSet<String> {
    std::fs::read_dir(root.join(folder))
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("a file")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .map(|name| format!("{prefix}{name}"))
        .collect()
}

fn judged(path: &Path, model: Option<ModelName>, options: &SearchOptions) -> ForeignVerdict {
    let name = path.display().to_string();
    judge_objects(&name, &read(path), model, options)
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Judges with and without naming the model, and on one thread and two; all must be equal. (A history without `cas` is
/// known as one of a register, which differs from one with `cas` by its name alone.)
fn verdict(path: &Path, model: ModelName) -> ForeignVerdict {
    let one = SearchOptions::default();
    let two = one.threads(2);
    let verdict = judged(path, Some(model), &one);
    let text = serde_json::to_string(&verdict).expect("plain data");
    for options in [one, two] {
        let mut again = judged(path, None, &options);
        if (model, again.model) == (ModelName::CasRegister, ModelName::Register) {
            again.model = model;
        }
        let again = serde_json::to_string(&again).expect("plain data");
        assert_eq!(text, again, "{}", path.display());
    }
    // An invalid history has its evidence, and no other history has any.
    let shown = verdict.evidence.as_ref();
    assert_eq!(
        shown.is_some(),
        verdict.validity == Validity::Invalid,
        "{text}"
    );
    if let Some(proof) = shown {
        assert!(!proof.sub_history.is_empty(), "{text}");
        println!("{}: {}", path.display(), verdict.reason);
        for line in verdict.lines() {
            println!("  {line}");
        }
    }
    verdict
}

/// Reads that the etcd log says failed: they observed nothing, and Porcupine counts them.
fn failed_reads(path: &Path) -> usize {
    let text = String::from_utf8(read(path)).expect("a log is text");
    let failed = |line: &&str| {
        let mut words = line.split_whitespace().skip_while(|word| *word != ":fail");
        words.next().is_some() && words.next() == Some(":read")
    };
    text.lines().filter(failed).count()
}

#[test]
fn porcupine() {
    let Some(root) = public::histories() else {
        return;
    };
    let table = rows(&root.join("verdicts-porcupine.tsv"));
    let named: BTreeSet<String> = table.iter().map(|row| row[0].clone()).collect();
    let mut there = files(&root, "porcupine-etcd", "");
    there.extend(files(&root, "porcupine-kv", ""));
    assert_eq!(named, there, "every file has a row");
    for row in table {
        let (folder, model) = if row[0].starts_with("etcd") {
            ("porcupine-etcd", ModelName::CasRegister)
        } else {
            ("porcupine-kv", ModelName::Kv)
        };
        let expected = match row[3].as_str() {
            // Porcupine finds nothing wrong in an empty file. Nothing was judged, so nothing is valid.
            "Ok" if row[1] == "0" => Validity::Undecided,
            "Ok" => Validity::Valid,
            "Illegal" => Validity::Invalid,
            other => panic!("{}: no verdict {other}", row[0]),
        };
        let path = root.join(folder).join(&row[0]);
        let verdict = verdict(&path, model);
        assert_eq!(verdict.validity, expected, "{}", row[0]);
        let calls: usize = row[1].parse().expect("a number of operations");
        assert_eq!(
            verdict.operations + failed_reads(&path),
            calls,
            "{}",
            row[0]
        );
    }
}

#[test]
fn knossos() {
    let Some(root) = public::histories() else {
        return;
    };
    let table = rows(&root.join("verdicts-knossos.tsv"));
    let named: BTreeSet<String> = table.iter().map(|row| row[0].clone()).collect();
    assert_eq!(
        named,
        files(&root, "knossos", "knossos/"),
        "every file has a row"
    );
    for row in table {
        let model: ModelName = row[1].parse().expect("a model");
        let expected = match row[3].as_str() {
            "valid" => Validity::Valid,
            "invalid" => Validity::Invalid,
            other => panic!("{}: no verdict {other}", row[0]),
        };
        let path = root.join(&row[0]);
        assert_eq!(verdict(&path, model).validity, expected, "{}", row[0]);
    }
}
