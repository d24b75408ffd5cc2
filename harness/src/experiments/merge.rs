//! `jepsen merge RUN...`: joins the shards of one suite's run, from any number of machines, into one run directory with
//! one verdict. A missing shard makes it undecided.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use super::qualify::{finish, load_pairs, save_pairs};
use crate::exit::Stop;
use crate::experiments::qualify::baseline::{self, Stored};
use crate::experiments::qualify::comparison;
use crate::experiments::qualify::completeness;
use crate::experiments::qualify::figures::Pair;
use crate::experiments::qualify::join::{Part, join};
use crate::output::{say, shown};
use crate::session::evidence::Evidence;
use crate::store::{RunDirectory, digests, layout};

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
    /// The directory of the joined run.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,
}

/// Joins the shards and returns the exit code of the joined run.
///
/// # Errors
/// If a path is not a shard, shards do not belong together, or the joined run cannot be written.
pub fn run(arguments: &MergeArguments) -> Result<i32> {
    let shards = shards(&arguments.runs)?;
    let parts: Vec<Part> = shards.iter().map(part).collect::<Result<_>>()?;
    let (manifest, mut report) = join(&parts).map_err(Stop::usage)?;
    let numbers: Vec<u32> = parts.iter().map(|part| part.manifest.shard).collect();
    let seed = u64::from_str_radix(manifest.seed.trim_start_matches("0x"), 16).unwrap_or(0);
    // Everything of a shard is copied, so everything must be what the shard wrote.
    for shard in &shards {
        Evidence::of_files(&shard.path, |name| !digests::is_rendered(name)).require(&shard.path)?;
    }
    let directory = RunDirectory::create(&arguments.out, seed)?;
    for shard in &shards {
        copy(
            &shard.path.join(layout::SCENARIOS),
            &directory.path.join(layout::SCENARIOS),
        )?;
    }
    manifest.save(&directory.path)?;
    report.run.id.clone_from(&directory.id);
    report.run.directory = shown(&directory.path);
    report.run.reproduce = whole(&report.run.reproduce);
    report.run.recheck = crate::session::reproduce::recheck(&report.run.directory);
    report.run.incomplete = completeness::missing(&manifest, &report, &numbers);
    let mut pairs: Vec<Pair> = Vec::new();
    for shard in &shards {
        pairs.extend(load_pairs(&shard.path)?);
    }
    if manifest.against.is_empty() {
        let stored = match arguments.baseline.as_deref() {
            Some("none") => None,
            Some(path) => Some(Stored::load(Path::new(path))?),
            None => baseline::last(&arguments.out, &manifest.suite, &manifest.target)
                .map(|path| Stored::load(&path))
                .transpose()?,
        };
        let compared = stored.map(|stored| comparison::with_stored(&stored, &report, &manifest));
        report.comparison = compared;
    } else {
        let other = beside(&shards)?;
        report.comparison = Some(comparison::interleaved(&other, &report, &pairs, &manifest));
        save_pairs(&directory, &pairs)?;
    }
    say(&format!(
        "  {} of {} shards, {} scenarios",
        numbers.len(),
        manifest.shards,
        report.scenarios.len()
    ));
    finish(&directory, &mut report, arguments.accept)
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

/// The shards that these paths name. A directory that is not a run is searched for runs, so that the files collected by
/// a CI system can be named as a whole. Runs of the other build in it are left out.
fn shards(paths: &[PathBuf]) -> Result<Vec<Stored>> {
    let mut found = Vec::new();
    for path in paths {
        if path.join(layout::REPORT_VALUES).is_file() {
            found.push(Stored::load(path)?);
            continue;
        }
        let mut below = Vec::new();
        search(path, 3, &mut below);
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
        .collect();
    found.retain(|stored| !others.contains(&stored.report.run.id));
    if found.is_empty() {
        let names: Vec<String> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
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
    let name = stored.path.display().to_string();
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
fn beside(shards: &[Stored]) -> Result<reports::RunReport> {
    let others = shards.iter().map(|shard| {
        let id = shard
            .manifest
            .as_ref()
            .map_or("", |manifest| manifest.against.as_str());
        part(&Stored::load(&shard.path.with_file_name(id))?)
    });
    let others: Vec<Part> = others.collect::<Result<_>>()?;
    join(&others).map(|(_, report)| report).map_err(Stop::usage)
}

/// Copies a directory tree. Links in it are left out.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("create {}", to.display()))?;
    let entries = std::fs::read_dir(from).with_context(|| format!("read {}", from.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("read {}", from.display()))?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            let copied = std::fs::copy(entry.path(), &target);
            copied.with_context(|| format!("copy to {}", target.display()))?;
        }
    }
    Ok(())
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
