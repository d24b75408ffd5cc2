//! Circles of files: each file imports the next one, and the last one imports the first. A module and the modules below
//! it count as one file here: they may import each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::{Import, Path};

/// The files of a circle, and the imports that close it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Circle {
    /// Its files, sorted.
    pub(crate) files: BTreeSet<String>,
    /// The first import between every two of them.
    pub(crate) imports: Vec<Import>,
}

/// The circles among these imports, each in its full size.
pub(crate) fn find(imports: &[Import]) -> Vec<Circle> {
    let counted: Vec<&Import> = imports
        .iter()
        .filter(|import| !is_below(&import.from, &import.to) && !is_below(&import.to, &import.from))
        .collect();
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for import in &counted {
        next.entry(&import.file)
            .or_default()
            .insert(&import.to_file);
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> = next
        .keys()
        .map(|file| (*file, reachable(file, &next)))
        .collect();
    let mut circles: BTreeSet<BTreeSet<String>> = BTreeSet::new();
    for (file, others) in &reached {
        if others.contains(file) {
            let back = |other: &&&str| reached.get(**other).is_some_and(|all| all.contains(file));
            circles.insert(
                others
                    .iter()
                    .filter(back)
                    .map(|one| (*one).to_owned())
                    .collect(),
            );
        }
    }
    let between = |files: BTreeSet<String>| {
        let mut imports: Vec<Import> = counted
            .iter()
            .filter(|import| files.contains(&import.file) && files.contains(&import.to_file))
            .map(|import| (*import).clone())
            .collect();
        let mut seen = BTreeSet::new();
        imports.retain(|import| seen.insert((import.file.clone(), import.to_file.clone())));
        Circle { files, imports }
    };
    circles.into_iter().map(between).collect()
}

fn is_below(module: &Path, other: &Path) -> bool {
    module.starts_with(other)
}

fn reachable<'a>(from: &str, next: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = vec![from];
    while let Some(file) = open.pop() {
        for other in next.get(file).into_iter().flatten() {
            if found.insert(*other) {
                open.push(other);
            }
        }
    }
    found
}
