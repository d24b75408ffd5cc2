//! Completes a run that ended before its verdict: the harness was killed, or the machine stopped. What it recorded is
//! judged, and the missing files are made from it.

use std::path::Path;

use anyhow::{Context, Result};
use checkers::history::NodeEntry;
use reports::RunReport;
use reports::model::NodeSetup;

use super::scenario;
use crate::exit::Stop;
use crate::session::judge;
use crate::store::{RunLock, history_file, layout, reserve, sweep};

/// The sentence that marks such a run.
const MARK: &str = "the run ended before its verdict: `jepsen report` judged what it had recorded";

/// Judges the recorded histories of a run without results and returns the report, which is not written yet. The run is
/// marked as interrupted. `lock` shows that nobody else writes the run.
///
/// # Errors
/// If the run has no readable `run.json`, or a verdict cannot be written.
pub fn complete(run: &Path, _lock: &RunLock) -> Result<RunReport> {
    let head = run.join(layout::RUN);
    let wrong =
        |what: String| Stop::usage(format!("{}: {what}; name a run directory", head.display()));
    let text = std::fs::read_to_string(&head).map_err(|error| wrong(error.to_string()))?;
    let mut report: RunReport =
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    sweep(run);
    reserve::release(run);
    report.run.interrupted = true;
    report.run.incomplete.push(MARK.into());
    for directory in scenarios(run)? {
        if let Err(error) = add(&mut report, &directory) {
            report.run.incomplete.push(format!("{error:#}"));
        }
    }
    Ok(report)
}

fn scenarios(run: &Path) -> Result<Vec<std::path::PathBuf>> {
    let folder = run.join(layout::SCENARIOS);
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("read {}", folder.display()))?;
    let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let folders = entries.flatten().filter(is_folder);
    let mut folders: Vec<_> = folders.map(|entry| entry.path()).collect();
    folders.sort();
    Ok(folders)
}

fn add(report: &mut RunReport, directory: &Path) -> Result<()> {
    let plain = directory.join(layout::HISTORY);
    let packed = history_file::compressed(&plain);
    // A power cut may leave both. The plain one is removed only after the packed one is durable, so it is whole.
    let history = [&plain, &packed].into_iter().find(|path| path.is_file());
    let Some(history) = history else {
        anyhow::bail!("{}: it has no history", directory.display());
    };
    let judged = judge::file(history)?;
    report.warnings.extend(judged.warnings.iter().cloned());
    if report.environment.nodes.is_empty() {
        let nodes = judged.history.header().nodes.iter();
        let setup = |node: &NodeEntry| NodeSetup {
            name: node.name.to_string(),
            address: node.address.clone(),
            ..NodeSetup::default()
        };
        report.environment.nodes = nodes.map(setup).collect();
    }
    report.run.duration_ms += judged.history.end() / 1_000_000;
    let mut entry = scenario::entry(report, &judged, directory)?;
    if *history == plain
        && let Err(error) = history_file::compress(&plain, &packed)
    {
        let warning = format!("the history stays uncompressed: {error:#}");
        report.warnings.push(warning);
    }
    entry.files = scenario::files(directory);
    report.scenarios.push(entry);
    Ok(())
}
