//! The report's values of one scenario: those from its judged history, and the files that belong to it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use reports::RunReport;
use reports::model::{
    FaultClass, FaultWindow, File, Operation, ScenarioReport, Setting, TransactionRow,
};

use crate::config::plan;
use crate::session::judge::{Judged, Meter, measure};
use crate::store::{Asked, layout, write_whole};

/// The values from a judged history, without those that only the run knew.
pub fn of_judged(judged: &Judged) -> ScenarioReport {
    let history = &judged.history;
    let events = || history.events().iter();
    let mut entry = ScenarioReport {
        name: history.header().scenario.clone(),
        promises: history.header().promises.clone(),
        limits: history.header().limits.clone(),
        judgement: judged.judgement.clone(),
        faults: FaultWindow::collect(events(), class_of),
        operations: Operation::collect(events(), &judged.judgement),
        ..ScenarioReport::default()
    };
    match &judged.meter {
        Some(meter) => meter.clone().tell(&mut entry),
        None => {
            let mut meter = Meter::default();
            events().for_each(|event| meter.take(event));
            meter.tell(&mut entry);
        }
    }
    if let Some(transactions) = &mut entry.transactions {
        transactions.named = TransactionRow::collect(events(), &judged.judgement);
    }
    match &judged.meter {
        // What was forgotten is not among its lines any more.
        Some(meter) if history.settled().is_some() => meter.clone().measure(&mut entry),
        _ => measure(history, &mut entry),
    }
    entry
}

/// The report's entry of a judged scenario in `directory`. Writes its verdict there.
///
/// # Errors
/// If the verdict cannot be written.
pub(super) fn entry(
    report: &RunReport,
    judged: &Judged,
    directory: &Path,
) -> Result<ScenarioReport> {
    let mut entry = of_judged(judged);
    // The judgement has reported a damaged file already.
    let asked = Asked::beside(&directory.join(layout::HISTORY)).unwrap_or_default();
    (entry.description, entry.seed) = (asked.description, asked.seed);
    let setting = |(name, value)| Setting { name, value };
    entry.planned_rate = asked.rate;
    entry.load = asked.load.into_iter().map(setting).collect();
    if !report.environment.data_filesystem.figures_apply {
        // Data is never synced on this file system, so neither latency nor throughput says anything about the target.
        entry.series.latency.clear();
        entry.series.rate = Default::default();
    }
    let verdict = serde_json::to_string_pretty(&entry.judgement).context("write verdict.json")?;
    write_whole(&directory.join(layout::VERDICT), &verdict)?;
    Ok(entry)
}

fn class_of(kind: &str) -> FaultClass {
    match plan::class_of(kind) {
        Some("process") => FaultClass::Process,
        Some("disk") => FaultClass::Disk,
        Some("clock") => FaultClass::Clock,
        _ => FaultClass::Network,
    }
}

pub(super) fn files(directory: &Path) -> Vec<File> {
    let mut found = Vec::new();
    collect(directory, &mut found);
    found.sort();
    let run = directory
        .parent()
        .and_then(Path::parent)
        .unwrap_or(directory);
    let entry = |path: PathBuf| {
        let relative = path
            .strip_prefix(run)
            .unwrap_or(&path)
            .display()
            .to_string();
        let name = path
            .strip_prefix(directory)
            .unwrap_or(&path)
            .display()
            .to_string();
        let bytes = std::fs::metadata(&path).map_or(0, |meta| meta.len());
        File {
            name,
            path: relative,
            bytes,
            sha256: None,
        }
    };
    found.into_iter().map(entry).collect()
}

/// Files that a report links to. The nodes' own data is not listed.
fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if entry.file_name() != "data" {
                collect(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}
