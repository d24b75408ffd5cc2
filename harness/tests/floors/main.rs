//! The order of the files: no circle of imports in any crate, and imports go down the floors where a crate has them.
//!
//! A circle means that none of its files can be read, tested or moved alone. A floor says who may know whom.

mod circles;
mod imports;
mod order;
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use imports::Import;

/// The crates of the workspace.
const CRATES: [&str; 5] = ["broker", "checkers", "harness", "nemesis", "reports"];

/// Circles that are known: the crate, and the files that may be in one. To be emptied and then removed.
const KNOWN: &[(&str, &[&str])] = &[
    (
        "broker",
        &[
            "forward.rs",
            "peers/forwarding.rs",
            "peers/inbound.rs",
            "peers/questions.rs",
            "plants/topics.rs",
        ],
    ),
    (
        "checkers",
        &["checks/away.rs", "checks/gaps.rs", "checks/prepared.rs"],
    ),
    ("checkers", &["foreign/history.rs", "foreign/judge.rs"]),
    (
        "checkers",
        &[
            "linearizability/deciders/log.rs",
            "linearizability/models/log.rs",
        ],
    ),
    (
        "checkers",
        &[
            "linearizability/deciders/queue.rs",
            "linearizability/models/queue.rs",
        ],
    ),
    (
        "checkers",
        &[
            "linearizability/deciders/register.rs",
            "linearizability/models/register.rs",
        ],
    ),
    (
        "checkers",
        &[
            "linearizability/explain.rs",
            "linearizability/minimise.rs",
            "linearizability/object.rs",
        ],
    ),
    (
        "checkers",
        &["transactions/edn.rs", "transactions/sends.rs"],
    ),
    (
        "checkers",
        &["transactions/input.rs", "transactions/names.rs"],
    ),
];

/// The floors of a crate, from top to bottom. A module may import from its own files and from lower floors; the modules
/// of one floor do not know each other.
const FLOORS: &[(&str, &[&[&str]])] = &[
    (
        "checkers",
        &[
            &["export"],
            &["foreign"],
            &["checks", "transactions"],
            &["judgement", "linearizability"],
            &["promises", "verdict"],
            &["history"],
        ],
    ),
    (
        "nemesis",
        &[
            &["engine"],
            &["plan"],
            &["catalogue"],
            &["kind"],
            &["site"],
            &["doctor", "environment"],
            &["network", "process"],
            &["sandbox"],
            &["address"],
            &["fault", "link", "target"],
            &["node"],
        ],
    ),
    (
        "reports",
        &[
            &["bench"],
            &["html"],
            &["svg"],
            &["json", "markdown", "text", "timelines"],
            &["charts", "findings", "junit"],
            &["model", "overlaps", "wording"],
            &["format"],
            &["axis", "limits"],
        ],
    ),
    (
        "harness",
        &[
            &["main"],
            &["cli"],
            &["experiments"],
            &["session"],
            &["run"],
            &["load"],
            &["probe"],
            &["cluster"],
            &["cluster_view"],
            &["kafka"],
            &["record"],
            &["store", "reference"],
            &["config"],
            &["output"],
            &["exit"],
        ],
    ),
    (
        "broker",
        &[
            &["node"],
            &["server"],
            &["connection", "fuzzing"],
            &["api"],
            &["forward"],
            &["peers"],
            &["config"],
            &["core", "plants"],
            &["hooks"],
            &["ask", "state"],
            &["command", "messages"],
            &["log", "request"],
            &[
                "codec",
                "disk",
                "frame",
                "record_batch",
                "rules",
                "shape",
                "shutdown",
            ],
        ],
    ),
];

/// Imports against the floors that are known: the crate, who imports, and from where (empty: the crate's root). To be
/// emptied and then removed.
const KNOWN_UPWARD: &[(&str, &str, &str)] = &[
    ("checkers", "transactions", "foreign"),
    ("checkers", "verdict", "linearizability"),
];

fn imports_of(name: &str) -> Vec<Import> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(name)
        .join("src");
    let mut sources = BTreeMap::new();
    collect(&root, &root, &mut sources);
    assert!(!sources.is_empty(), "{}: no sources", root.display());
    imports::read(name, &sources)
}

fn collect(root: &Path, folder: &Path, sources: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder)
        .expect("a folder of sources")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).expect("below the root");
            let text = std::fs::read_to_string(&path).expect("a source file");
            sources.insert(name.display().to_string(), text);
        }
    }
}

fn shown(name: &str, import: &Import) -> String {
    format!(
        "  {name}/src/{}:{}: {} -> {}",
        import.file, import.line, import.text, import.to_file
    )
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut wrong = Vec::new();
    for name in CRATES {
        for circle in circles::find(&imports_of(name)) {
            let known = KNOWN.iter().any(|(of, files)| {
                *of == name
                    && circle
                        .files
                        .iter()
                        .all(|file| files.contains(&file.as_str()))
            });
            if !known {
                let lines: Vec<String> =
                    circle.imports.iter().map(|one| shown(name, one)).collect();
                let files = circle.files.len();
                wrong.push(format!(
                    "{name}: a circle of {files} files\n{}",
                    lines.join("\n")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_go_down() {
    let mut wrong = Vec::new();
    for (name, floors) in FLOORS {
        for (import, why) in order::upward(&imports_of(name), floors) {
            let from = import.from.first().map_or("", String::as_str);
            let to = import.to.first().map_or("", String::as_str);
            if !KNOWN_UPWARD.contains(&(*name, from, to)) {
                wrong.push(format!("{}\n    {why}", shown(name, &import)));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "imports against the floors\n{}",
        wrong.join("\n")
    );
}
