//! Completes a run that ended before its verdict: the harness was killed, or the machine stopped. What it recorded is
//! judged, and the missing files are made from it.

use std::path::Path;

use anyhow::{Context, Result};
use checkers::history::NodeEntry;
use reports::RunReport;
use reports::model::NodeSetup;

use super::{around, opening, scenario};
use crate::bounded;
use crate::exit::Stop;
use crate::output::name;
use crate::session::judge;
use crate::store::history_file::{self, HistoryPath};
use crate::store::{RunLock, layout, sweep};

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
        |what: String| Stop::usage(format!("{}: {what}; name a run directory", name(&head)));
    let text = bounded::text_below(run, layout::RUN, bounded::VALUES);
    let text = text.map_err(|error| wrong(error.to_string()))?;
    let mut report = RunReport::read(&text).map_err(|error| wrong(error.to_string()))?;
    sweep(run);
    report.run.interrupted = true;
    report.run.incomplete.push(MARK.into());
    for directory in scenarios(run)? {
        if let Err(error) = add(&mut report, run, &directory) {
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

fn add(report: &mut RunReport, run: &Path, directory: &Path) -> Result<()> {
    let plain = directory.join(layout::HISTORY);
    let packed = history_file::compressed(&plain);
    // A power cut may leave both. The plain one is removed only after the packed one is durable, so it is whole.
    let history = [&plain, &packed]
        .into_iter()
        .find(|path| path.symlink_metadata().is_ok());
    let Some(history) = history else {
        anyhow::bail!("{}: it has no history", directory.display());
    };
    let judged = judge::file(&HistoryPath::of_run(run, history.clone()))?;
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
    report.run.duration_ms = report
        .run
        .duration_ms
        .saturating_add(judged.history.end() / 1_000_000);
    let mut entry = scenario::entry(report, &judged, directory)?;
    if *history == plain
        && let Err(error) = history_file::compress(&plain, &packed)
    {
        let warning = format!("the history stays uncompressed: {error:#}");
        report.warnings.push(warning);
    }
    let started = report.run.started.clone();
    report
        .warnings
        .extend(around::add(&mut entry, run, directory, &started));
    entry.begin_wall_clock = opening::wall_clock(directory);
    if report.run.begin_wall_clock.is_empty() {
        report
            .run
            .begin_wall_clock
            .clone_from(&entry.begin_wall_clock);
    }
    entry.files = scenario::files(directory);
    report.scenarios.push(entry);
    Ok(())
}
