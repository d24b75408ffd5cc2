//! Style as a test: what the compiler does not look at. Every source file opens with a paragraph, stays small, has no
//! leftovers; crates depend on each other only along the arrows; one file alone names the broker.

use std::path::{Path, PathBuf};

/// A longer file needs a reason in [`LONG`].
const LINES_MAX: usize = 400;

/// Files that may be longer, each with its reason.
const LONG: [(&str, &str); 1] = [(
    "checkers/src/verdict/finding.rs",
    "one enum: a documented variant for every anomaly",
)];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
}

fn sources(below: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(below) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "target" && name != ".git" && name != "runs" {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    sources(root(), &mut found);
    found.sort();
    assert!(found.len() > 50, "the sources were not found");
    let read = |path: &PathBuf| {
        let name = path
            .strip_prefix(root())
            .expect("below the root")
            .display()
            .to_string();
        (
            name,
            std::fs::read_to_string(path).expect("a source file is readable"),
        )
    };
    found.iter().map(read).collect()
}

#[test]
fn files_open_with_a_paragraph_and_stay_small() {
    let mut wrong = Vec::new();
    for (name, text) in all_sources() {
        if !text.starts_with("//!") {
            wrong.push(format!("{name}: does not open with //!"));
        }
        let lines = text.lines().count();
        if lines > LINES_MAX && !LONG.iter().any(|(long, _)| *long == name) {
            wrong.push(format!("{name}: {lines} lines, at most {LINES_MAX}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_over() {
    let marks = [
        concat!("todo", "!("),
        concat!("dbg", "!("),
        concat!("FIX", "ME"),
        concat!("XX", "X "),
    ];
    let mut wrong = Vec::new();
    for (name, text) in all_sources() {
        for (number, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                wrong.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// harness -> nemesis, checkers, reports, broker (one file); nemesis -> checkers; reports -> checkers.
#[test]
fn crates_depend_along_the_arrows() {
    let allowed: [(&str, &[&str]); 5] = [
        ("checkers", &[]),
        ("broker", &[]),
        ("nemesis", &["checkers"]),
        ("reports", &["checkers"]),
        ("harness", &["checkers", "nemesis", "reports", "broker"]),
    ];
    for (name, may) in allowed {
        let manifest =
            std::fs::read_to_string(root().join(name).join("Cargo.toml")).expect("a manifest");
        for (other, _) in allowed {
            let depends = manifest
                .lines()
                .any(|line| line.starts_with(&format!("{other}.workspace")));
            assert!(
                !depends || may.contains(&other),
                "{name} must not depend on {other}"
            );
        }
    }
    let naming: Vec<String> = all_sources()
        .into_iter()
        .filter(|(name, text)| {
            name.starts_with("harness/src") && text.contains(concat!("broker", "::"))
        })
        .filter(|(_, text)| {
            text.lines().any(|line| {
                let code = line.split("//").next().unwrap_or_default();
                code.contains(concat!("broker", "::"))
                    && !code.contains(concat!("cli::broker", "::"))
            })
        })
        .map(|(name, _)| name)
        .collect();
    assert_eq!(naming, ["harness/src/cli/broker.rs"]);
}
