//! Plays a case. Its directory contains the resolved faults and the requested checks before the first node starts,
//! whichever command runs it, so every run can be replayed and judged again.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Session;
use super::judge::{self, Judged};
use crate::cluster::Cluster;
use crate::run::{self, Case, RunContext};
use crate::store::history_file::{self, HistoryPath};
use crate::store::{Asked, layout, write_whole};

/// A case after its run. Its history is closed and not yet judged.
pub struct Recorded {
    /// What was run.
    pub case: Case,
    /// The directory of its files.
    pub directory: PathBuf,
    /// The recorded history.
    pub history: PathBuf,
    /// The nodes, stopped.
    pub cluster: Cluster,
    /// Warnings of the run that are not in the history.
    pub warnings: Vec<String>,
}

impl Session {
    /// Plays a case as a part of run `run`, until its end or the user's interrupt. Its files go into `directory`.
    ///
    /// # Errors
    /// If the harness itself cannot continue. Recorded events are kept.
    pub async fn play(&self, case: Case, run: &str, directory: &Path) -> Result<Recorded> {
        play(case, run, directory, &self.context()).await
    }
}

/// The same, if someone other than the user may also end it.
///
/// # Errors
/// As [`Session::play`].
pub async fn play(
    case: Case,
    run: &str,
    directory: &Path,
    context: &RunContext<'_>,
) -> Result<Recorded> {
    write_whole(&directory.join(layout::FAULTS), &case.plan.to_json())?;
    let asked = Asked {
        checks: case.checks.clone(),
        description: case.description.clone(),
        seed: format!("{:#x}", case.seed),
        load: case.shape.values().to_vec(),
    };
    asked.save(directory)?;
    let finished = run::play(&case, run, directory, context).await?;
    Ok(Recorded {
        case,
        directory: directory.to_owned(),
        history: finished.history,
        cluster: finished.cluster,
        warnings: finished.warnings,
    })
}

impl Recorded {
    /// Judges the recorded history by the requested checks.
    ///
    /// # Errors
    /// If the history cannot be read back.
    pub fn judge(&self) -> Result<Judged> {
        judge::file(&HistoryPath::of_run(&self.directory, self.history.clone()))
    }

    /// Compresses the history and returns its new path. If that fails, returns the old path and the error.
    pub fn compress(&self) -> (PathBuf, Result<()>) {
        let compressed = history_file::compressed(&self.history);
        match history_file::compress(&self.history, &compressed) {
            Ok(()) => (compressed, Ok(())),
            Err(error) => (self.history.clone(), Err(error)),
        }
    }
}
