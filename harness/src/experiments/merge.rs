//! `jepsen merge RUN...`: joins the shards of one suite's run, from any number of machines, into one run directory with
//! one verdict. A missing shard makes it undecided.

mod place;
mod tree;

use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use reports::RunReport;

use super::qualify::{finish, load_pairs, save_pairs};
use crate::config::waivers;
use crate::exit::Stop;
use crate::experiments::qualify::baseline::{self, Stored};
use crate::experiments::qualify::comparison;
use crate::experiments::qualify::completeness;
use crate::experiments::qualify::figures::Pair;
use crate::experiments::qualify::join::{Part, belong_beside, join};
use crate::output::{name, say, shown};
use crate::session::evidence::Evidence;
use crate::session::reproduce::recheck;
use crate::store::digests::Digests;
use crate::store::{self, RunDirectory, digests, layout, write_whole};

use tree::Tree;

/// Flags of `merge`.
#[derive(Debug, Args)]
pub struct MergeArguments {
    /// The shards' run directories, or directories that contain them.
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Compare findings with this stored run, with `none`, or, if absent, with the run accepted last.
    #[arg(long, value_name = "RUN|none")]
    pub baseline: Option<String>,
    /// Mark the joined run as baseline if it is valid.
    #[arg(long)]
    pub accept: bool,
    /// Accept the findings that this file waives, beside those that the shards waived; see docs/qualification.md.
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// The directory of the joined run.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,
}

/// Joins the shards and returns the exit code of the joined run. Everything is read and checked before anything is
/// written. The shards are not changed.
///
/// # Errors
/// If a path is not a shard, shards do not belong together, or the joined run cannot be written. No half run stays.
pub fn run(arguments: &MergeArguments) -> Result<i32> {
    let named = waivers::load(arguments.waivers.as_deref())?;
    let shards = shards(&arguments.runs)?;
    let paths: Vec<PathBuf> = shards.iter().map(|shard| shard.path.clone()).collect();
    place::check(&arguments.out, &paths)?;
    let parts: Vec<Part> = shards.iter().map(part).collect::<Result<_>>()?;
    let (manifest, mut report) = join(&parts).map_err(Stop::usage)?;
    // A shard may have been judged on a day on which a waiver still counted.
    report.warnings.extend(waivers::end(&mut report.waivers));
    for waiver in named {
        if !report.waivers.contains(&waiver) {
            report.waivers.push(waiver);
        }
    }
    let other = match manifest.against.is_empty() {
        true => None,
        false => Some(beside(&parts, &shards)?),
    };
    if other.is_some() && arguments.baseline.is_some() {
        return Err(Stop::usage(
            "--baseline: these shards ran beside another build and are compared with it; leave it out",
        ));
    }
    let scenarios: Vec<PathBuf> = paths
        .iter()
        .map(|path| path.join(layout::SCENARIOS))
        .collect();
    let tree = Tree::survey(&scenarios)?;
    let numbers: Vec<u32> = parts.iter().map(|part| part.manifest.shard).collect();
    let mut pairs: Vec<Pair> = Vec::new();
    for path in &paths {
        pairs.extend(load_pairs(path)?);
    }
    let stored = match (&other, arguments.baseline.as_deref()) {
        (Some(_), _) | (None, Some("none")) => None,
        (None, Some(path)) => Some(Stored::load(Path::new(path))?),
        (None, None) => baseline::last(&arguments.out, &manifest.suite, &manifest.target)
            .map(|path| Stored::load(&path))
            .transpose()?,
    };
    let seed = u64::from_str_radix(manifest.seed.trim_start_matches("0x"), 16).unwrap_or(0);
    // Everything of a shard is copied, so everything must be what the shard wrote.
    for path in &paths {
        Evidence::of_files(path, |name| !digests::is_rendered(name)).require(path)?;
    }
    let (directory, unfinished) = filled(&arguments.out, seed, &tree)?;
    report.run.id.clone_from(&directory.id);
    report.run.directory = shown(&directory.path);
    report.run.reproduce = whole(&report.run.reproduce);
    report.run.recheck = recheck(&directory.path);
    report.run.incomplete = completeness::missing(&manifest, &report, &numbers);
    // The first file of a run says what it is about, without results.
    let about = RunReport {
        scenarios: Vec::new(),
        ..report.clone()
    };
    write_whole(
        &directory.path.join(layout::RUN),
        &serde_json::to_string_pretty(&about).context("write run.json")?,
    )?;
    manifest.save(&directory.path)?;
    report.comparison = match (&other, &stored) {
        (Some(other), _) => {
            save_pairs(&directory, &pairs)?;
            Some(comparison::interleaved(other, &report, &pairs, &manifest))
        }
        (None, Some(stored)) => Some(comparison::with_stored(stored, &report, &manifest)),
        (None, None) => None,
    };
    say(&format!(
        "  {} of {} shards, {} scenarios",
        numbers.len(),
        manifest.shards,
        report.scenarios.len()
    ));
    let code = finish((&directory, &Digests::new()), &mut report, arguments.accept)?;
    unfinished.keep();
    Ok(code)
}

/// A run directory that is removed if it does not become a whole run.
struct Unfinished(Option<PathBuf>);

impl Unfinished {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

/// A new run directory with the scenarios of all shards. They are copied to a hidden folder first, because a copy that
/// is cut short must not look like a run.
fn filled(out: &Path, seed: u64, tree: &Tree) -> Result<(RunDirectory, Unfinished)> {
    let wrong =
        |error: std::io::Error| anyhow::Error::from(error).context(format!("--out {}", name(out)));
    std::fs::create_dir_all(out).map_err(wrong)?;
    let needed = tree.bytes.saturating_add(store::FREE_BYTES_LOW);
    if store::free_bytes(out).is_some_and(|free| free < needed) {
        return Err(Stop::machine(format!(
            "--out {}: the joined run needs {} MiB of free space; name another place",
            name(out),
            needed >> 20
        )));
    }
    let staging = tempfile::Builder::new().prefix(".merge-").tempdir_in(out);
    let staging = staging.map_err(wrong)?;
    let copied = staging.path().join(layout::SCENARIOS);
    tree.copy_to(&copied)?;
    let directory = RunDirectory::create(out, seed)?;
    let unfinished = Unfinished(Some(directory.path.clone()));
    let scenarios = directory.path.join(layout::SCENARIOS);
    std::fs::rename(&copied, &scenarios).with_context(|| format!("write {}", name(&scenarios)))?;
    Ok((directory, unfinished))
}

/// The command of the whole run, from a shard's command.
fn whole(command: &str) -> String {
    let mut words = command.split(' ').peekable();
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "--shard" => drop(words.next()),
            _ if word.starts_with("--shard=") => {}
            _ => kept.push(word),
        }
    }
    kept.join(" ")
}

/// The shards that these paths name, by their paths without links. A directory that is not a run is searched for runs, so that the files collected by
/// a CI system can be named as a whole. Runs of the other build in it are left out.
fn shards(paths: &[PathBuf]) -> Result<Vec<Stored>> {
    let mut found = Vec::new();
    for path in paths {
        let path = path
            .canonicalize()
            .map_err(|error| Stop::usage(format!("{}: {error}", name(path))))?;
        if path.join(layout::REPORT_VALUES).is_file() {
            found.push(Stored::load(&path)?);
            continue;
        }
        let mut below = Vec::new();
        search(&path, 3, &mut below);
        below.sort();
        for run in below {
            let stored = Stored::load(&run)?;
            if stored
                .manifest
                .as_ref()
                .is_some_and(|manifest| manifest.shards > 1 && manifest.shard > 0)
            {
                found.push(stored);
            }
        }
    }
    let others: Vec<String> = found
        .iter()
        .filter_map(|stored| stored.manifest.as_ref())
        .map(|manifest| manifest.against.clone())
        .filter(|id| !id.is_empty())
        .collect();
    found.retain(|stored| !others.contains(&stored.report.run.id));
    if found.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| name(path)).collect();
        return Err(Stop::usage(format!(
            "{}: no run of a shard there; name the run directories of `jepsen qualify --shard I/N`",
            names.join(", ")
        )));
    }
    Ok(found)
}

fn search(path: &Path, depth: u32, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(path) else {
        return;
    };
    // Links are not followed: `latest` would be found twice.
    let folders = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    for entry in folders {
        let path = entry.path();
        if path.join(layout::REPORT_VALUES).is_file() {
            found.push(path);
        } else if depth > 1 {
            search(&path, depth - 1, found);
        }
    }
}

fn part(stored: &Stored) -> Result<Part> {
    let name = shown(&stored.path);
    let manifest = stored.manifest.clone();
    let manifest = manifest.ok_or_else(|| {
        Stop::usage(format!(
            "{name}: not a shard of a suite; `jepsen qualify --shard I/N` creates shards"
        ))
    })?;
    let report = stored.report.clone();
    Ok(Part {
        name,
        manifest,
        report,
    })
}

/// The runs of the other build, which are next to the shards, as one report.
fn beside(parts: &[Part], shards: &[Stored]) -> Result<RunReport> {
    let mut others = Vec::new();
    for (own, shard) in parts.iter().zip(shards) {
        let id = own.manifest.against.as_str();
        // The id is from a file: it must not lead to another directory.
        let plain = Path::new(id)
            .components()
            .eq([Component::Normal(id.as_ref())]);
        if !plain {
            return Err(Stop::usage(format!(
                "{}: its suite.json names the run of the other build `{id}`, which is not the name of a run",
                own.name
            )));
        }
        let other = part(&Stored::load(&shard.path.with_file_name(id))?)?;
        belong_beside(own, &other).map_err(Stop::usage)?;
        others.push(other);
    }
    join(&others).map(|(_, report)| report).map_err(Stop::usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_has_no_shard() {
        let command = "cargo run -- qualify smoke --shard 2/5 --out 'a b' --seed 0x1";
        assert_eq!(
            whole(command),
            "cargo run -- qualify smoke --out 'a b' --seed 0x1"
        );
        assert_eq!(whole("x --shard=2/5 y"), "x y");
    }
}
