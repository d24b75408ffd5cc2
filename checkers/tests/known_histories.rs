//! Public histories with known verdicts: every file that is no transaction is judged as its table says.
//!
//! The files are not part of the project. Looked for in `JEPSEN_HISTORIES`, then beside the workspace; without them the
//! tests say so and pass.

#![expect(
    clippy::print_stdout,
    reason = "what was compared or skipped is for a reader"
)]

mod public;

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

fn judged(path: &Path, model: Option<ModelName>, options: &SearchOptions) -> ForeignVerdict {
    let name = path.display().to_string();
    judge_objects(&name, &read(path), model, options)
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Judges with and without naming the model, and on one thread and two; all must be one. (A history without `cas` is
/// known as one of a register, which differs from one with `cas` by its name alone.)
fn word(path: &Path, model: ModelName) -> Validity {
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
    if let Some(proof) = &verdict.evidence {
        assert!(!proof.sub_history.is_empty(), "{text}");
        println!("{}: {}", path.display(), verdict.reason);
        for line in verdict.lines() {
            println!("  {line}");
        }
    }
    verdict.validity
}

#[test]
fn porcupine() {
    let Some(root) = public::histories() else {
        return;
    };
    let table = rows(&root.join("verdicts-porcupine.tsv"));
    assert!(table.len() >= 13);
    for row in table {
        let (folder, model) = if row[0].starts_with("etcd") {
            ("porcupine-etcd", ModelName::CasRegister)
        } else {
            ("porcupine-kv", ModelName::Kv)
        };
        let expected = match row[3].as_str() {
            "Ok" => Validity::Valid,
            _ => Validity::Invalid,
        };
        let path = root.join(folder).join(&row[0]);
        let options = SearchOptions::default();
        assert_eq!(word(&path, model), expected, "{}", row[0]);
        let operations = judged(&path, Some(model), &options).operations;
        let calls: usize = row[1].parse().expect("a number of operations");
        assert!(
            operations <= calls && operations * 2 >= calls,
            "{}: {operations}",
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
    assert!(table.len() >= 5);
    for row in table {
        let model = row[1].parse().expect("a model");
        let expected = match row[3].as_str() {
            "valid" => Validity::Valid,
            _ => Validity::Invalid,
        };
        assert_eq!(word(&root.join(&row[0]), model), expected, "{}", row[0]);
    }
}
