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

/// The floors of a crate, from top to bottom. A module may import from its own files and from lower floors; the modules
/// of one floor do not know each other.
const FLOORS: &[(&str, &[&[&str]])] = &[
    (
        "checkers",
        &[
            &["foreign", "mutants"],
            &["checks", "invariants"],
            &[
                "agreement",
                "export",
                "judgement",
                "linearizability",
                "transactions",
            ],
            &["edn", "promises", "verdict"],
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
            &["calls"],
            &["network", "process"],
            &["clock", "disk", "wire"],
            &["sandbox"],
            &["confinement"],
            &["address"],
            &["fault", "link", "target"],
            &["evidence", "needs", "node"],
        ],
    ),
    (
        "reports",
        &[
            &["bench"],
            &["html"],
            &["svg"],
            &["json", "markdown", "text", "timelines"],
            &["charts", "findings", "junit", "measures", "untested"],
            &["tested"],
            &["model", "overlaps", "wording"],
            &["format"],
            &["axis", "definitions", "limits", "visible"],
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
            &["bounded", "output"],
            &["exit", "secret"],
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
            &["core", "mutants", "plants"],
            &["hooks"],
            &["ask", "state"],
            &["command", "messages"],
            &["log", "request"],
            &["frame"],
            &["pools"],
            &["clients"],
            &[
                "codec",
                "disk",
                "record_batch",
                "refusals",
                "rules",
                "shape",
                "shutdown",
                "topic_name",
            ],
        ],
    ),
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
            let lines: Vec<String> = circle.imports.iter().map(|one| shown(name, one)).collect();
            let files = circle.files.len();
            wrong.push(format!(
                "{name}: a circle of {files} files\n{}",
                lines.join("\n")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_go_down() {
    let mut wrong = Vec::new();
    for (name, floors) in FLOORS {
        for (import, why) in order::upward(&imports_of(name), floors) {
            wrong.push(format!("{}\n    {why}", shown(name, &import)));
        }
    }
    assert!(
        wrong.is_empty(),
        "imports against the floors\n{}",
        wrong.join("\n")
    );
}
