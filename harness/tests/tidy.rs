//! Style rules as a test, beyond what the compiler checks. Every source file opens with a paragraph, stays small, and
//! has no leftovers. Crates depend on each other only along the arrows. Only one file names the broker.

use std::path::{Path, PathBuf};

/// The maximum length of a comment line. Table rows and code in a comment cannot be wrapped, and may be longer.
const COMMENT_COLUMNS_MAX: usize = 156;

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

/// The numbers of the comment lines that are too wide.
fn wide_comments(text: &str, columns: usize) -> Vec<usize> {
    let (mut wide, mut code) = (Vec::new(), false);
    for (number, line) in text.lines().enumerate() {
        let Some(comment) = line.trim_start().strip_prefix("//") else {
            code = false;
            continue;
        };
        let comment = comment.trim_start_matches(['/', '!']).trim_start();
        if comment.starts_with("```") {
            code = !code;
        } else if !code && !comment.starts_with('|') && line.chars().count() > columns {
            wide.push(number + 1);
        }
    }
    wide
}

#[test]
fn comments_are_not_too_wide() {
    let text = "//! short\n//! a long line\n//! | a row of a table |\n/// ```\n/// some code, long\n/// ```\n\
                let text = \"no comment\";\n    // indented, é\n";
    assert_eq!(wide_comments(text, 13), [2, 8]);
    assert_eq!(wide_comments(text, 15), [8]);
    assert_eq!(wide_comments(text, 18), [0; 0]);
    let mut wrong = Vec::new();
    for (name, text) in all_sources() {
        for number in wide_comments(&text, COMMENT_COLUMNS_MAX) {
            wrong.push(format!(
                "{name}:{number}: wider than {COMMENT_COLUMNS_MAX} columns"
            ));
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

/// Files of the harness that open files themselves, each with what they open. Everything else goes through `bounded`,
/// because a path may lead to a pipe, a device, or a file without end.
const OPENING: &[(&str, &str)] = &[
    ("harness/src/bounded/file.rs", "the one way"),
    ("harness/src/bounded/memory.rs", "/proc and /sys"),
    (
        "harness/src/cli/cluster.rs",
        "creates its own files, without following links",
    ),
    (
        "harness/src/cli/serve/resource.rs",
        "opens beneath one directory by openat2",
    ),
    ("harness/src/cluster.rs", "appends to a node's output"),
    (
        "harness/src/cluster/layout.rs",
        "the nodes' files that this process wrote, without following links",
    ),
    (
        "harness/src/secret/files.rs",
        "cleans files of nodes, without following links",
    ),
    (
        "harness/src/store/durable.rs",
        "syncs files and directories",
    ),
    ("harness/src/store/lock.rs", "locks a run of this user"),
    (
        "harness/src/experiments/calibrate/watch.rs",
        "the history that this process writes",
    ),
    ("harness/src/probe/disk.rs", "its own file"),
    (
        "harness/src/session/publish.rs",
        "appends to the file of GITHUB_STEP_SUMMARY",
    ),
    ("harness/src/session/publish/opening.rs", "/proc"),
];

#[test]
fn files_of_others_are_opened_within_bounds() {
    let ways = [
        concat!("File::", "open("),
        concat!("fs::", "read("),
        concat!("fs::", "read_to_string("),
        concat!("Open", "Options"),
    ];
    let mut wrong = Vec::new();
    for (name, text) in all_sources() {
        let is_allowed = OPENING.iter().any(|(file, _)| *file == name);
        if !name.starts_with("harness/src/") || name.ends_with("tests.rs") || is_allowed {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            // A history is compressed by the process that wrote it.
            let own = line.contains("File::open(plain)");
            if ways.iter().any(|way| line.contains(way)) && !own {
                wrong.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "use `bounded`:\n{}", wrong.join("\n"));
}

/// The crates that a manifest names as dependencies of any kind, in any syntax.
fn dependencies(manifest: &toml::Table) -> Vec<String> {
    let mut found = Vec::new();
    for (section, value) in manifest {
        let Some(table) = value.as_table() else {
            continue;
        };
        if !section.ends_with("dependencies") {
            // Dependencies of one platform are in `[target.'cfg(...)'.dependencies]`.
            found.extend(dependencies(table));
            continue;
        }
        for (name, what) in table {
            let package = what.get("package").and_then(toml::Value::as_str);
            found.extend(
                [Some(name.as_str()), package]
                    .into_iter()
                    .flatten()
                    .map(str::to_owned),
            );
        }
    }
    found
}

#[test]
fn every_way_to_write_a_dependency_is_read() {
    let text = r#"
        [package]
        name = "x"
        [dependencies]
        one.workspace = true
        two = { workspace = true }
        three = "1"
        [dependencies.four]
        path = "../four"
        [dev-dependencies]
        renamed = { package = "five", version = "1" }
        [target.'cfg(unix)'.build-dependencies]
        six.workspace = true
    "#;
    let mut found = dependencies(&text.parse().expect("TOML"));
    found.sort();
    assert_eq!(
        found,
        ["five", "four", "one", "renamed", "six", "three", "two"]
    );
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
        let named = dependencies(&manifest.parse().expect("TOML"));
        for (other, _) in allowed {
            let depends = named
                .iter()
                .any(|one| one.strip_prefix("jepsen-").unwrap_or(one) == other);
            // A crate's tests may turn its own features on.
            assert!(
                !depends || other == name || may.contains(&other),
                "{name} must not depend on {other}"
            );
        }
    }
    let naming: Vec<String> = all_sources()
        .into_iter()
        .filter(|(name, text)| {
            // In a file that declares a module of that name, the name means the module.
            let own_module = text.contains("mod broker;");
            name.starts_with("harness/src") && text.contains(concat!("broker", "::")) && !own_module
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
    assert_eq!(naming, ["harness/src/reference.rs"]);
}
