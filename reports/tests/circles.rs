//! No import circle between files, other than between a module and its own children.
//!
//! A file is a module; it imports another one if it names it by `crate::` or `super::`. Both are read from the text, so
//! the test needs no compiler. If it fails, it prints the files of the circle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

type Imports = BTreeMap<String, BTreeSet<String>>;

/// Every module below a folder, by its path (`html::parts`), with its text.
fn modules(folder: &Path, prefix: &str, into: &mut BTreeMap<String, String>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path.file_stem().and_then(|s| s.to_str()).expect("a name");
        let module = if prefix.is_empty() {
            name.to_string()
        } else {
            format!("{prefix}::{name}")
        };
        if path.is_dir() {
            modules(&path, &module, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).expect("a text");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let lines = code.lines().filter(|l| !l.trim_start().starts_with("//"));
            into.insert(module, lines.collect::<Vec<_>>().join("\n"));
        }
    }
}

/// The modules that this one names.
fn imports(module: &str, text: &str, known: &BTreeMap<String, String>) -> BTreeSet<String> {
    let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
    let mut found = BTreeSet::new();
    for (word, base) in [("crate::", ""), ("super::", parent)] {
        for (at, _) in text.match_indices(word) {
            let tail = &text[at + word.len()..];
            for path in paths(tail) {
                let mut whole = base.to_string();
                let mut best = base.to_string();
                for part in path.split("::") {
                    whole = if whole.is_empty() {
                        part.to_string()
                    } else {
                        format!("{whole}::{part}")
                    };
                    if known.contains_key(&whole) {
                        best.clone_from(&whole);
                    }
                }
                let best = if best.is_empty() { "lib" } else { &best };
                found.insert(best.to_string());
            }
        }
    }
    found.remove(module);
    found
}

/// The paths that begin here: one, or those of a list in braces.
fn paths(tail: &str) -> Vec<String> {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let Some(list) = tail.strip_prefix('{') else {
        let end = tail.find(|c| !word(c)).unwrap_or(tail.len());
        return vec![tail[..end].trim_end_matches(':').to_string()];
    };
    let list = list.split('}').next().unwrap_or_default();
    let each = list.split(',').map(|path| path.trim().to_string());
    each.filter(|path| !path.is_empty()).collect()
}

fn reaches<'a>(imports: &'a Imports, from: &'a str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        for next in imports.get(module).into_iter().flatten() {
            if seen.insert(next.as_str()) {
                open.push(next);
            }
        }
    }
    seen
}

/// The circles: modules that reach each other, without those that are one module and its own children.
fn circles(imports: &Imports) -> Vec<Vec<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = imports
        .keys()
        .map(|module| (module.as_str(), reaches(imports, module)))
        .collect();
    let mut found: Vec<Vec<&str>> = Vec::new();
    for (module, reach) in &reached {
        let mut circle: Vec<&str> = reach
            .iter()
            .filter(|other| {
                **other != *module && reached.get(*other).is_some_and(|r| r.contains(module))
            })
            .copied()
            .collect();
        circle.push(module);
        circle.sort_unstable();
        let family = circle
            .iter()
            .all(|member| *member == circle[0] || member.starts_with(&format!("{}::", circle[0])));
        if circle.len() > 1 && !family && !found.contains(&circle) {
            found.push(circle);
        }
    }
    found
}

fn of_this_crate() -> Imports {
    let mut known = BTreeMap::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    modules(&source, "", &mut known);
    let with_children = |(module, text): (&String, &String)| {
        let mut all = imports(module, text, &known);
        all.extend(
            known
                .keys()
                .filter(|child| declares(module, child))
                .cloned(),
        );
        (module.clone(), all)
    };
    known.iter().map(with_children).collect()
}

/// A module imports every module that it declares; the crate's root declares those at the top.
fn declares(module: &str, child: &str) -> bool {
    match child.rsplit_once("::") {
        Some((parent, _)) => parent == module,
        None => module == "lib" && child != "lib",
    }
}

#[test]
fn files_import_each_other_in_no_circle() {
    let imports = of_this_crate();
    assert!(imports["html::verdict"].contains("findings"), "it reads");
    assert_eq!(circles(&imports), Vec::<Vec<&str>>::new());
}

/// The same without the arrows between a module and its own children: siblings form no circle either.
#[test]
fn siblings_import_each_other_in_no_circle() {
    let mut imports = of_this_crate();
    for (module, others) in &mut imports {
        let child = |a: &str, b: &str| a.starts_with(&format!("{b}::"));
        others.retain(|other| !child(other, module) && !child(module, other));
    }
    let siblings: Vec<Vec<&str>> = circles(&imports);
    assert_eq!(siblings, Vec::<Vec<&str>>::new());
}

#[test]
fn an_arrow_back_is_found() {
    let mut imports = of_this_crate();
    imports
        .get_mut("model::excerpt")
        .expect("a module")
        .insert("findings".to_string());
    let found = circles(&imports);
    assert!(found[0].contains(&"findings") && found[0].contains(&"model::excerpt"));
}
