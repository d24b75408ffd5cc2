//! Playing a case: whatever command it belongs to, its directory holds the resolved faults and what was asked before the
//! first node starts, so that every run can be replayed and judged again.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Session;
use super::judge::{self, Judged};
use crate::cluster::Cluster;
use crate::run::{self, Case, RunContext};
use crate::store::{Asked, history_file, layout, write_whole};

/// A case that was played: its history is closed, and not judged yet.
pub struct Recorded {
    /// What was run.
    pub case: Case,
    /// Where its files are.
    pub directory: PathBuf,
    /// The recorded history.
    pub history: PathBuf,
    /// The nodes, stopped.
    pub cluster: Cluster,
    /// What went wrong beside the history.
    pub warnings: Vec<String>,
}

impl Session {
    /// Plays a case as a part of run `run`, until its end or the user's interrupt. What it leaves goes into `directory`.
    ///
    /// # Errors
    /// If the harness itself cannot go on. What was recorded stays.
    pub async fn play(&self, case: Case, run: &str, directory: &Path) -> Result<Recorded> {
        play(case, run, directory, &self.context()).await
    }
}

/// The same where somebody beside the user may end it.
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
    /// Judges the recorded history by the checks that were asked for.
    ///
    /// # Errors
    /// If it cannot be read back.
    pub fn judge(&self) -> Result<Judged> {
        judge::file(&self.history)
    }

    /// Compresses the history, and returns where it is now: where it was, and the error, if that failed.
    pub fn compress(&self) -> (PathBuf, Result<()>) {
        let compressed = history_file::compressed(&self.history);
        match history_file::compress(&self.history, &compressed) {
            Ok(()) => (compressed, Ok(())),
            Err(error) => (self.history.clone(), Err(error)),
        }
    }
}
