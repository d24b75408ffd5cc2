//! The digests in `results.json`: how a reader knows that the files of a run are those that the run wrote.
//!
//! `results.json` is written last. Its field `evidence` has the SHA-256 of each file that a verdict rests on, by the
//! file's path in the run. For a history it is that of the plain text, `scenarios/NAME/history.jsonl`, whether the file
//! is compressed or not. Its last field, `sha256`, is that of all bytes of `results.json` ahead of it.
//!
//! This detects accidents, and files that were exchanged. It does not detect a person who computes the digests again.

use std::collections::BTreeMap;
use std::io::{BufRead, Result};
use std::path::{Path, PathBuf};

use checkers::history::Digest;
use serde::Deserialize;

use super::history_file::{self, HistoryPath};
use super::{layout, write_whole};
use crate::bounded;

/// SHA-256 digests by path in the run directory.
pub type Digests = BTreeMap<String, String>;

/// The files of a run that its results rest on.
const OF_A_RUN: [&str; 4] = [
    layout::RUN,
    layout::REPORT_VALUES,
    layout::SUITE,
    layout::PAIRS,
];
/// The files that `jepsen report` renders from the values.
const RENDERED: [&str; 3] = [layout::METRICS, layout::JUNIT, layout::PAGE];
/// The files of a scenario.
const OF_A_SCENARIO: [&str; 3] = [layout::FAULTS, layout::SCENARIO, layout::VERDICT];

/// What stands between the rest of `results.json` and its own digest.
const OWN: &str = ",\n  \"sha256\": \"";
/// What follows its own digest.
const END: &str = "\"\n}\n";

/// What `results.json` says about the files of its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// There is no `results.json`: the run did not finish, or still runs.
    Unfinished,
    /// It has no digests: an older version wrote it.
    Older,
    /// It is not as it was written.
    Damaged(String),
    /// The digests.
    Digests(Digests),
}

/// The digests of all files of a run that exist. A file that cannot be read gets the error instead, which no digest
/// equals: the run still has results, and every reader reports the file. What is `known` is not read again.
pub fn of_run(run: &Path, known: &Digests) -> Digests {
    let digest = |name: String| {
        let known = known.get(&name).cloned().map(Ok);
        let digest = known.unwrap_or_else(|| of_file(run, &name));
        let digest = digest.unwrap_or_else(|error| format!("unreadable: {error}"));
        (name, digest)
    };
    names(run).into_iter().map(digest).collect()
}

/// The name of the history in a scenario's directory.
pub fn name_of(scenario: &Path) -> String {
    let name = scenario.file_name().unwrap_or_default();
    history_of(&name.to_string_lossy())
}

/// Adds its own digest to the text of `results.json`.
pub fn close(text: &str) -> String {
    let body = text.trim_end().strip_suffix('}').unwrap_or(text).trim_end();
    format!("{body}{OWN}{}{END}", digest(body.as_bytes()))
}

/// What the `results.json` of a run says.
pub fn recorded(run: &Path) -> Recorded {
    match read(run) {
        Ok(Some((_, recorded))) => recorded,
        Ok(None) => Recorded::Unfinished,
        Err(error) => Recorded::Damaged(error.to_string()),
    }
}

/// The text of `results.json`, and what it says. None if there is no such file.
///
/// # Errors
/// If it cannot be read.
pub fn read(run: &Path) -> Result<Option<(String, Recorded)>> {
    let text = match bounded::text_below(run, layout::RESULTS, bounded::VALUES) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    let recorded = recorded_in(&text);
    Ok(Some((text, recorded)))
}

fn recorded_in(text: &str) -> Recorded {
    #[derive(Deserialize)]
    struct Head {
        schema: u64,
        evidence: Option<Digests>,
        sha256: Option<String>,
    }
    let head: Head = match serde_json::from_str(text) {
        Ok(head) => head,
        Err(error) => return Recorded::Damaged(error.to_string()),
    };
    if head.evidence.is_none() && head.sha256.is_none() {
        return match head.schema {
            1 => Recorded::Older,
            other => Recorded::Damaged(format!("schema {other} is unknown")),
        };
    }
    let own = text.rsplit_once(OWN);
    let whole =
        own.is_some_and(|(body, rest)| rest.strip_suffix(END) == Some(&digest(body.as_bytes())));
    match head.evidence {
        Some(digests) if whole => Recorded::Digests(digests),
        _ => Recorded::Damaged("its SHA-256 is another than that in it".to_owned()),
    }
}

/// What is wrong with the files of a run, by their paths. `is_wanted` chooses the files that are compared. Files that
/// were added count, too. Empty for a run without digests.
pub fn differences(run: &Path, digests: &Digests, is_wanted: impl Fn(&str) -> bool) -> Digests {
    let there = names(run);
    let added = there.iter().filter(|name| !digests.contains_key(*name));
    let added = added.map(|name| {
        (
            name.clone(),
            "is not a file of this run, by results.json".to_owned(),
        )
    });
    let changed = digests.iter().filter_map(|(name, recorded)| {
        let problem = match of_file(run, name) {
            _ if !is_wanted(name) => return None,
            Ok(own) if own == *recorded => return None,
            Ok(_) => "its SHA-256 is another than that in results.json".to_owned(),
            Err(error) => error.to_string(),
        };
        Some((name.clone(), problem))
    });
    let added: Vec<_> = added.filter(|(name, _)| is_wanted(name)).collect();
    changed.chain(added).collect()
}

/// Computes the digests of the rendered files again, after they were rendered again. Only for a run whose
/// `results.json` is whole.
///
/// # Errors
/// If a file cannot be read or written.
pub fn renew_rendered(run: &Path) -> anyhow::Result<()> {
    let Some((mut text, Recorded::Digests(digests))) = read(run)? else {
        return Ok(());
    };
    for name in RENDERED {
        let (Some(old), Ok(new)) = (digests.get(name), of_file(run, name)) else {
            continue;
        };
        let entry = |digest: &str| format!("\"{name}\": \"{digest}\"");
        text = text.replace(&entry(old), &entry(&new));
    }
    let body = text.rsplit_once(OWN).map_or("", |(body, _)| body);
    let closed = close(&format!("{body}\n}}\n"));
    match closed == text {
        true => Ok(()),
        false => write_whole(&run.join(layout::RESULTS), &closed),
    }
}

/// Whether a file is rendered from the values, so that nothing is judged by it.
pub fn is_rendered(name: &str) -> bool {
    RENDERED.contains(&name)
}

/// The run directory of a history file, and the file's name in digests. None if it is not in a run.
pub fn run_of(history: &Path) -> Option<(PathBuf, String)> {
    let history = history.canonicalize().ok()?;
    let folder = history.parent()?;
    let scenarios = folder
        .parent()
        .filter(|above| above.ends_with(layout::SCENARIOS))?;
    let is_named = history_file::below(folder).is_some_and(|own| own == history);
    let name = folder.file_name()?.to_str()?;
    is_named.then(|| Some((scenarios.parent()?.to_owned(), history_of(name))))?
}

/// The name of a scenario's history in digests.
pub fn history_of(scenario: &str) -> String {
    of_scenario(scenario, layout::HISTORY)
}

fn of_scenario(scenario: &str, file: &str) -> String {
    format!("{}/{scenario}/{file}", layout::SCENARIOS)
}

/// The files of a run that exist and have a digest.
fn names(run: &Path) -> Vec<String> {
    let is_there = |name: &str| run.join(name).symlink_metadata().is_ok();
    let own = OF_A_RUN
        .iter()
        .chain(&RENDERED)
        .map(|name| (*name).to_owned());
    let mut names: Vec<String> = own.filter(|name| is_there(name)).collect();
    let entries = std::fs::read_dir(run.join(layout::SCENARIOS));
    for entry in entries.into_iter().flatten().flatten() {
        let Ok(scenario) = entry.file_name().into_string() else {
            continue;
        };
        if history_file::below(&entry.path()).is_some() {
            names.push(history_of(&scenario));
        }
        let files = OF_A_SCENARIO
            .iter()
            .map(|file| of_scenario(&scenario, file));
        names.extend(files.filter(|name| is_there(name)));
    }
    names.sort();
    names
}

/// The digest of one file of a run: of a history its plain text.
fn of_file(run: &Path, name: &str) -> Result<String> {
    let file = Path::new(name);
    let mut content: Box<dyn BufRead> = match file.file_name() {
        Some(own) if own == layout::HISTORY => {
            let folder = run.join(file.parent().unwrap_or(file));
            let path = history_file::below(&folder).ok_or(std::io::ErrorKind::NotFound)?;
            HistoryPath::of_run(run, path).content()?
        }
        _ => Box::new(std::io::BufReader::new(bounded::open_below(run, file)?)),
    };
    let mut digest = Digest::new();
    loop {
        let read = content.fill_buf()?;
        if read.is_empty() {
            return Ok(digest.text());
        }
        digest.add(read);
        let count = read.len();
        content.consume(count);
    }
}

fn digest(bytes: &[u8]) -> String {
    let mut digest = Digest::new();
    digest.add(bytes);
    digest.text()
}

#[cfg(test)]
mod tests;
