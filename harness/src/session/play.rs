//! Plays a case. Its directory contains the resolved faults and the requested checks before the first node starts,
//! whichever command runs it, so every run can be replayed and judged again.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use checkers::bounded::Left;
use checkers::history::{Header, Unknown};

use super::Session;
use super::judge::{self, Following, Judged, Meter};
use super::packer::Packer;
use crate::cluster::Cluster;
use crate::exit::Stop;
use crate::output::detail;
use crate::run::{self, Case, RunContext};
use crate::store::history_file::{self, HistoryPath};
use crate::store::{Asked, Packing, layout, write_whole};

/// A case after its run. Its history is closed and not yet judged.
pub struct Recorded {
    /// What was run.
    pub case: Case,
    /// The directory of its files.
    pub directory: PathBuf,
    /// The recorded history.
    pub history: PathBuf,
    /// What is left of it, as far as it was taken while the run went on.
    left: Mutex<Option<(Left, Meter)>>,
    /// What was compressed of it while the run went on.
    packing: Mutex<Option<Packing>>,
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
    let supervised = context.environment.supervise(case.calls());
    supervised.map_err(|why| Stop::machine(format!("{}: {why}", case.supervised_faults())))?;
    write_whole(&directory.join(layout::FAULTS), &case.plan.to_json())?;
    detail(|| {
        let (name, windows) = (&case.name, case.plan.windows.len());
        format!(
            "{name}: seed {:#x}, windows of faults: {windows}",
            case.seed
        )
    });
    let asked = Asked {
        checks: case.checks.clone(),
        description: case.description.clone(),
        seed: format!("{:#x}", case.seed),
        load: case.shape.values().to_vec(),
        rate: case.shape.values().is_empty().then_some(case.rate),
        began_unix_ns: now_unix_ns(),
    };
    case.equip(context.environment);
    asked.save(directory)?;
    let (mut following, mut packer) = (None, None);
    let follow = |header: &Header| {
        let (sink, begun) =
            Following::begin(header, directory).context("start the thread that judges")?;
        following = Some(begun);
        packer = Packer::begin(&directory.join(layout::HISTORY));
        Ok(sink)
    };
    let finished = run::play(&case, run, (directory, Box::new(follow)), context).await?;
    // A history that was not closed is judged from its file, as it will be later.
    let left = following.and_then(Following::end);
    let left = left.filter(|_| finished.closed);
    let packing = packer.and_then(Packer::end);
    Ok(Recorded {
        case,
        directory: directory.to_owned(),
        history: finished.history,
        left: Mutex::new(left),
        packing: Mutex::new(packing),
        cluster: finished.cluster,
        warnings: finished.warnings,
    })
}

/// The wall clock. The run's own clock starts a few milliseconds later, and the nodes' logs are aligned by this one.
fn now_unix_ns() -> Option<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}

impl Recorded {
    /// Judges the recorded history by the requested checks: what is left of it, if its lines were taken while the run
    /// went on, and otherwise the file.
    ///
    /// # Errors
    /// If the history cannot be read back.
    pub fn judge(&self) -> Result<Judged> {
        let history = HistoryPath::of_run(&self.directory, self.history.clone());
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        match left.take() {
            Some(left) => {
                let nothing = (Unknown::default(), (false, Vec::new()));
                Ok(judge::of_left(&history, left, nothing.0, nothing.1))
            }
            None => judge::file(&history),
        }
    }

    /// Compresses the history. Returns its new path and the SHA-256 of its text, or the old path and the error.
    pub fn compress(&self) -> (PathBuf, Result<String>) {
        let compressed = history_file::compressed(&self.history);
        let mut packing = self.packing.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = packing.take().map(|packing| packing.finish(&compressed));
        let whole = || history_file::compress(&self.history, &compressed);
        match begun.and_then(Result::ok).map_or_else(whole, Ok) {
            Ok(digest) => (compressed, Ok(digest)),
            Err(error) => (self.history.clone(), Err(error)),
        }
    }
}
