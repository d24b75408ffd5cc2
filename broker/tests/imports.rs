//! The floors of this crate: files import each other in no circle, except a module and its own children.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Files by module path (`core::append`), each with the modules that its lines name.
type Graph = BTreeMap<String, BTreeSet<String>>;

fn sources(below: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(below).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The paths that a text names after `crate::` or `super::`, groups of braces taken apart one deep, comments left out.
fn named(module: &str, text: &str) -> Vec<String> {
    let code: Vec<&str> = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect();
    let code = code.join(" ");
    let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
    let mut paths = Vec::new();
    for (word, base) in [("crate::", ""), ("super::", parent)] {
        for (at, _) in code.match_indices(word) {
            let rest = &code[at + word.len()..];
            let head: String = rest.chars().take_while(is_of_path).collect();
            let group = rest[head.len()..].strip_prefix('{');
            let group = group.and_then(|group| group.split(['{', '}']).next());
            let join = |tail: &str| format!("{base}::{head}{tail}");
            match group {
                Some(group) => {
                    let tails = group.split(',').map(str::trim);
                    paths.extend(tails.map(join));
                }
                None => paths.push(join("")),
            }
        }
    }
    paths
}

fn is_of_path(letter: &char) -> bool {
    letter.is_alphanumeric() || *letter == '_' || *letter == ':'
}

fn graph() -> Graph {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    let module = |path: &PathBuf| {
        let name = path.strip_prefix(&root).expect("below").with_extension("");
        name.display().to_string().replace('/', "::")
    };
    let modules: BTreeSet<String> = found.iter().map(module).collect();
    let file_of = |path: &str| {
        let parts: Vec<&str> = path.split("::").filter(|part| !part.is_empty()).collect();
        let prefixes = (1..=parts.len()).rev().map(|to| parts[..to].join("::"));
        prefixes.into_iter().find(|prefix| modules.contains(prefix))
    };
    let mut graph = Graph::new();
    for path in &found {
        let name = module(path);
        let text = std::fs::read_to_string(path).expect("a source file");
        let named = named(&name, &text);
        let files = named.iter().filter_map(|path| file_of(path));
        let files = files.filter(|file| *file != name).collect();
        graph.insert(name, files);
    }
    graph
}

/// Everything that can be reached from a file.
fn reached<'a>(graph: &'a Graph, from: &str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(file) = open.pop() {
        for next in graph.get(&file).into_iter().flatten() {
            if seen.insert(next.as_str()) {
                open.push(next.clone());
            }
        }
    }
    seen
}

/// Circles that are wider than one module and its children.
fn circles(graph: &Graph) -> Vec<String> {
    let family = |file: &str| file.split("::").next().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for (file, imports) in graph {
        for import in imports
            .iter()
            .filter(|import| family(import) != family(file))
        {
            if reached(graph, import).contains(file.as_str()) {
                found.push(format!("{file} imports {import}, which leads back to it"));
            }
        }
    }
    found
}

#[test]
fn files_import_each_other_in_no_circle() {
    let graph = graph();
    let edges: usize = graph.values().map(BTreeSet::len).sum();
    assert!(
        graph.len() > 40 && edges > 100,
        "the imports were not found"
    );
    let found = circles(&graph);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn an_upward_import_is_named() {
    let mut graph = graph();
    let rules = graph.get_mut("rules").expect("src/rules.rs");
    rules.insert("core".to_owned());
    let found = circles(&graph);
    assert!(
        found
            .iter()
            .any(|one| one.starts_with("rules imports core")),
        "{found:?}"
    );
}
