//! Which stored run is the baseline, and which may become one: `baseline.json` in its directory.
//!
//! The mark is in the run itself, so it is kept and copied with it, and retention recognises it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use checkers::verdict::Validity;
use reports::RunReport;

use super::manifest::Manifest;
use crate::bounded;
use crate::exit::Stop;
use crate::session::evidence::Evidence;
use crate::store::marks::{Mark, mark};
use crate::store::{digests, layout, write_whole};

/// A stored run that others are compared with.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its directory.
    pub path: PathBuf,
    /// Its values.
    pub report: RunReport,
    /// The part of a suite's run that it is. None for a run without a suite.
    pub manifest: Option<Manifest>,
    /// When it was accepted as baseline. Empty if it was not.
    pub accepted: String,
}

impl Stored {
    /// Reads a run directory.
    ///
    /// # Errors
    /// If it contains no finished run, or a run of another version.
    pub fn load(path: &Path) -> Result<Stored> {
        let file = path.join(layout::REPORT_VALUES);
        let wrong = |what: String| {
            Stop::usage(format!(
                "{}: {what}; name a directory of a finished run",
                file.display()
            ))
        };
        let text = bounded::text_below(path, layout::REPORT_VALUES, bounded::VALUES);
        let text = text.map_err(|error| wrong(error.to_string()))?;
        let report = RunReport::read(&text).map_err(|error| wrong(error.to_string()))?;
        // The values are what everything else is compared with, so they must be those that the run wrote.
        Evidence::of_files(path, |name| {
            !name.contains('/') && !digests::is_rendered(name)
        })
        .require(path)?;
        Ok(Stored {
            report,
            manifest: Manifest::load(path)?,
            accepted: mark(path).map(|mark| mark.accepted).unwrap_or_default(),
            path: path.to_owned(),
        })
    }
}

/// The run below `out` that was accepted last as baseline of this suite and target. `latest` and other links are not
/// followed.
pub fn last(out: &Path, suite: &str, target: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(out).ok()?;
    let accepted = entries.flatten().filter_map(|entry| {
        let is_run = entry.file_type().ok()?.is_dir();
        let mark = mark(&entry.path()).filter(|mark| is_run && mark.suite == suite)?;
        let manifest = Manifest::load(&entry.path()).ok()??;
        (manifest.target == target).then(|| (mark.accepted, mark.run, entry.path()))
    });
    accepted.max().map(|(_, _, path)| path)
}

/// Marks a run as baseline.
///
/// # Errors
/// If it is not a valid and complete run of a whole suite: a baseline with a finding would excuse that finding forever.
pub fn accept(run: &Path, now: &str) -> Result<Mark> {
    let stored = Stored::load(run)?;
    let refuse = |why: &str| {
        Stop::usage(format!(
            "{} was not accepted as baseline: {why}",
            run.display()
        ))
    };
    let manifest = stored.manifest.as_ref();
    let manifest = manifest.ok_or_else(|| refuse("it is not a run of a suite"))?;
    let report = &stored.report;
    if let Some(why) = refusal(report, manifest) {
        return Err(refuse(&why));
    }
    let mark = Mark {
        run: report.run.id.clone(),
        suite: manifest.suite.clone(),
        accepted: now.to_owned(),
    };
    write_whole(
        &run.join(layout::BASELINE),
        &serde_json::to_string_pretty(&mark)?,
    )?;
    Ok(mark)
}

/// Why a run may not become a baseline.
fn refusal(report: &RunReport, manifest: &Manifest) -> Option<String> {
    if report.validity() != Validity::Valid {
        return Some(format!(
            "it is {}",
            report.validity().word().replace('_', " ")
        ));
    }
    if report.run.interrupted {
        return Some("it was interrupted".into());
    }
    if let Some(first) = report.run.incomplete.first() {
        return Some(format!("it is incomplete: {first}"));
    }
    if !manifest.plants.is_empty() {
        return Some(format!(
            "it ran with planted bugs: {}",
            manifest.plants.join(", ")
        ));
    }
    (report.exit_code != crate::exit::VALID)
        .then(|| format!("it ended with exit code {}", report.exit_code))
}
