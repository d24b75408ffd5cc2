//! What happened around the failures of a scenario: the operations for the timeline, and the lines of the nodes' logs, on
//! the clock of the run. Read from the files of the run directory after the verdict, within bounds; a file that cannot be
//! read is left out and never changes a verdict.

use std::path::Path;

use checkers::history::{Event, Phase, What};
use checkers::verdict::Validity;
use reports::model::{Excerpt, FailureStretch, FaultClass, LogExcerpt, LogText, ScenarioReport};

use crate::bounded;
use crate::store::history_file::{self, HistoryPath};
use crate::store::{Asked, layout};

/// How long before a failure's surroundings an operation may have been called and still be shown.
const CALLED_BEFORE_NS: u64 = 10_000_000_000;
/// The most events that are kept for the excerpts.
const EVENTS_MAX: usize = 400_000;
/// The files of a node's output.
const OUTPUTS: [&str; 2] = ["stdout.log", "stderr.log"];

/// Adds them to the entry of the scenario in `directory` of this run, if it is invalid and they are missing. `started` is
/// the start of the run, RFC 3339, for runs that did not record the begin of the scenario. Returns what could not be read.
pub fn add(entry: &mut ScenarioReport, run: &Path, directory: &Path, started: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut around = FailureStretch::failures(&entry.judgement, &entry.operations);
    let done = entry.phases.iter().find(|mark| mark.phase == Phase::Done);
    if let Some(done) = done {
        // After it the harness stops the nodes, and their logs speak of that.
        around.iter_mut().for_each(|one| one.end_by(done.at_ns));
    }
    if entry.validity() != Validity::Invalid || around.is_empty() {
        return warnings;
    }
    if entry.excerpts.is_empty() {
        entry.excerpts = Excerpt::collect(&events(run, directory, &around), &around);
        entry
            .excerpts
            .retain(|excerpt| !excerpt.operations.is_empty());
    }
    if entry.logs.is_empty()
        && let Some(begin) = begin(directory, started)
    {
        let texts = texts(run, directory, &mut warnings);
        let logs: Vec<LogText<'_>> = texts
            .iter()
            .map(|(node, path, text)| LogText { node, path, text })
            .collect();
        entry.logs = LogExcerpt::collect(&logs, &around, begin);
        let is_of_this_machine = entry.faults.iter().all(|f| f.class != FaultClass::Clock);
        for excerpt in &mut entry.logs {
            if is_of_this_machine {
                // Nodes whose output lies here were started here.
                excerpt
                    .nodes
                    .iter_mut()
                    .for_each(|node| node.clock_offset_ms = Some(0));
            }
            // A target that writes to one of its two outputs only gets one column a node.
            excerpt.nodes.retain(|node| node.lines_total > 0);
        }
        entry.logs.retain(|excerpt| !excerpt.nodes.is_empty());
    }
    warnings
}

/// The wall clock at the begin of a scenario, in nanoseconds since 1970.
pub fn begin(directory: &Path, started: &str) -> Option<u128> {
    let asked = Asked::beside(&directory.join(layout::HISTORY)).unwrap_or_default();
    let stated = asked.began_unix_ns.map(u128::from);
    stated.or_else(|| {
        let at: jiff::Timestamp = started.parse().ok()?;
        u128::try_from(at.as_nanosecond()).ok()
    })
}

/// The calls and returns of operations near the failures, in one pass over the history.
fn events(run: &Path, directory: &Path, around: &[FailureStretch]) -> Vec<Event> {
    let plain = directory.join(layout::HISTORY);
    let history = match plain.is_file() {
        true => plain,
        false => history_file::compressed(&plain),
    };
    let is_near = |event: &Event| {
        around.iter().any(|one| {
            event.t >= one.stretch.0.saturating_sub(CALLED_BEFORE_NS) && event.t <= one.stretch.1
        })
    };
    let take = |kept: &mut Vec<Event>, event: Event| {
        let is_operation = matches!(
            event.what,
            What::Invoke(_) | What::Ok(_) | What::Fail(_) | What::Info(_)
        );
        if is_operation && kept.len() < EVENTS_MAX && is_near(&event) {
            kept.push(event);
        }
    };
    let history = HistoryPath::of_run(run, history);
    let read = history.stream(|_| Ok(Vec::new()), take);
    read.map(|(_, kept)| kept).unwrap_or_default()
}

/// The nodes' outputs: node, path in the run directory, text.
fn texts(
    run: &Path,
    directory: &Path,
    warnings: &mut Vec<String>,
) -> Vec<(String, String, String)> {
    let nodes = directory.join(layout::NODES);
    let mut names: Vec<String> = std::fs::read_dir(&nodes)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let mut texts = Vec::new();
    for name in names {
        for output in OUTPUTS {
            let path = nodes.join(&name).join(output);
            let Ok(relative) = path.strip_prefix(run) else {
                continue;
            };
            match bounded::text_below(run, relative, bounded::LOG) {
                Ok(text) => texts.push((name.clone(), relative.display().to_string(), text)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => warnings.push(format!("{}: not shown: {error}", relative.display())),
            }
        }
    }
    texts
}
