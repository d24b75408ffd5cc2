//! Writes what people read from what was played and judged: the report's values, and the files of the run directory in
//! order: `run.json` first, `results.json` last.
//!
//! A failure here never changes a verdict: a page that cannot be drawn is a warning.

pub mod around;
mod complete;
mod detection;
mod opening;
mod scenario;
mod stopped;
mod subject;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use checkers::verdict::Validity;
use nemesis::Node;
use reports::RunReport;
use reports::model::NodeSetup;

use super::judge::Judged;
use super::{Recorded, Session, highlights, index};
use crate::config::plants::Plants;
use crate::config::target::Target;
use crate::exit;
use crate::output::{colour, detail, is_quiet, say, shown, tell_painted};
use crate::secret::{clean_text, written};
use crate::store::digests::Digests;
use crate::store::{self, RunDirectory, RunLock, digests, durable, layout, reserve, write_whole};

pub use complete::complete;
pub use opening::{environment, tool};
pub use scenario::of_judged;

/// The conditions of a run.
pub struct Conditions<'a> {
    /// The target.
    pub target: &'a Target,
    /// The command that repeats it.
    pub command: String,
    /// Its seed.
    pub seed: u64,
    /// The planted bugs that the nodes start with.
    pub plants: &'a Plants,
    /// The suite that it belongs to. Empty for none.
    pub suite: &'a str,
}

/// A run in progress: its directory, and its results so far.
pub struct Publication {
    /// Its directory.
    pub directory: RunDirectory,
    /// The report's values.
    pub report: RunReport,
    /// The digests of its histories, as they were compressed.
    pub histories: Digests,
    began: Instant,
    /// How long the last scenario was under load, and how long it should have been, in ms.
    load_ms: Option<(u64, u64)>,
    _lock: RunLock,
}

impl Publication {
    /// Creates the run directory and writes `run.json`: what is about to run.
    ///
    /// # Errors
    /// If the directory is not writable, or has too little free space.
    pub fn begin(session: &Session, conditions: &Conditions<'_>) -> Result<Publication> {
        for other in store::under_way(&session.out) {
            say(&format!(
                "jepsen: {other} in {} is under way, too: both share this machine, so their figures say less. \
                 `latest` will be the run that started last.",
                shown(&session.out)
            ));
        }
        let directory = RunDirectory::create(&session.out, conditions.seed)?;
        let report = opening::report(&directory, conditions, session.is_isolated());
        let text = serde_json::to_string_pretty(&report).context("write run.json")?;
        write_whole(&directory.path.join(layout::RUN), &text)?;
        detail(|| format!("the run is written to {}", shown(&directory.path)));
        // Without a reserve the run can still be made. Its end may be lost if the disk becomes full.
        let _ = reserve::set_aside(&directory.path);
        Ok(Publication {
            _lock: RunLock::take(&directory.path)?,
            directory,
            report,
            histories: Digests::new(),
            began: Instant::now(),
            load_ms: None,
        })
    }

    /// Prints what is about to run, and where.
    pub fn announce(&self, session: &Session, conditions: &Conditions<'_>) {
        let (target, environment) = (conditions.target, &session.environment);
        let place = match environment.network() {
            _ if target.runs_already() => "running cluster: no sandbox, no faults, not changed",
            Some(_) => "private network",
            None => "loopback",
        };
        let (kind, durable) = store::file_system(&self.directory.path);
        say(&format!(
            "jepsen {}  seed {:#x}  run {}",
            env!("CARGO_PKG_VERSION"),
            conditions.seed,
            self.directory.id
        ));
        let address = |node: Node| match target.runs_already() {
            true => format!("{node} {}", target.address(environment, node)),
            false => format!("{node} {}", environment.address(node)),
        };
        let nodes: Vec<String> = target.nodes.into_iter().map(address).collect();
        say(&format!(
            "  target {}  nodes {} ({place})  data on {kind}",
            target.name,
            nodes.join("  ")
        ));
        let open = environment.confinement().open();
        if !open.is_empty() && !target.runs_already() {
            let open: Vec<String> = open.iter().map(ToString::to_string).collect();
            say(&format!(
                "  nodes are not fully confined on this machine: they can {}; `jepsen doctor` says why",
                open.join(", ")
            ));
        }
        if !durable {
            say(&format!(
                "  {kind} loses data on power loss: durability and performance figures do not apply"
            ));
        }
    }

    /// Judges a recorded history and adds the result. A failure is a warning of the run. The other scenarios still
    /// count.
    pub fn judge_and_add(&mut self, recorded: &Recorded) {
        let began = Instant::now();
        let judged = recorded.judge();
        detail(|| {
            let took = began.elapsed().as_secs_f64();
            format!(
                "judged the history of {} in {took:.3} s",
                recorded.case.name
            )
        });
        let added = judged.and_then(|judged| self.add(recorded, &judged));
        if let Err(error) = added {
            let warning = format!("{}: {error:#}", recorded.case.name);
            self.report.warnings.push(warning);
        }
    }

    /// Adds a scenario that was played and judged: writes its verdict, compresses its history, keeps or removes the
    /// nodes' data.
    ///
    /// # Errors
    /// If its verdict cannot be written.
    pub fn add(&mut self, recorded: &Recorded, judged: &Judged) -> Result<()> {
        let (report, cluster) = (&mut self.report, &recorded.cluster);
        if report.environment.nodes.is_empty() {
            let node = |node: Node| NodeSetup {
                name: node.to_string(),
                address: cluster.address(node).to_string(),
                command: cluster.command_line(node),
                config: cluster.configuration(node).unwrap_or_default(),
            };
            report.environment.nodes = cluster.nodes().into_iter().map(node).collect();
            subject::add_files(&mut report.subject, &recorded.case.target, cluster);
        }
        report.warnings.extend(recorded.warnings.iter().cloned());
        report.warnings.extend(judged.warnings.iter().cloned());
        let mut entry = scenario::entry(report, judged, &recorded.directory)?;
        match recorded.compress().1 {
            Ok(digest) => {
                let name = digests::name_of(&recorded.directory);
                self.histories.insert(name, digest);
            }
            Err(error) => report
                .warnings
                .push(format!("the history stays uncompressed: {error:#}")),
        }
        if entry.validity() == Validity::Valid {
            cluster.remove_data();
        } else {
            report.warnings.extend(cluster.keep());
        }
        match highlights::gather(&recorded.case.target, cluster, &recorded.directory) {
            Ok(0) => {}
            Ok(lines) => {
                let nodes = recorded.directory.join(layout::NODES);
                say(&format!(
                    "  {lines} lines of the nodes' logs match the target's patterns: {}",
                    shown(&nodes.join(layout::HIGHLIGHTS))
                ));
            }
            Err(error) => report.warnings.push(format!("{error:#}")),
        }
        let (run, started) = (&self.directory.path, report.run.started.clone());
        let unread = around::add(&mut entry, run, &recorded.directory, &started);
        report.warnings.extend(unread);
        entry.begin_wall_clock = opening::wall_clock(&recorded.directory);
        if report.run.begin_wall_clock.is_empty() {
            report
                .run
                .begin_wall_clock
                .clone_from(&entry.begin_wall_clock);
        }
        entry.files = scenario::files(&recorded.directory);
        let planned = u64::try_from(recorded.case.time_limit.as_millis()).unwrap_or(u64::MAX);
        self.load_ms = stopped::under_load(&entry.phases).map(|done| (done, planned));
        report.scenarios.push(entry);
        Ok(())
    }

    /// Records how the run ended: its duration, and whether it was interrupted, or ran out of space before all `planned`
    /// scenarios. A scenario that was recorded to its end keeps its verdict.
    pub fn settle(&mut self, session: &Session, planned: usize) {
        let short = session.space.is_set();
        self.report.run.interrupted = session.interrupt.is_set() && !short;
        let played = self.report.scenarios.len();
        if self.report.run.interrupted {
            let cause = session.interrupt.cause();
            let sentence = stopped::sentence(cause, (played, planned), self.load_ms);
            self.report.run.incomplete.push(sentence);
        }
        if short && played < planned {
            self.report.run.incomplete.push(format!(
                "the disk became full: {played} of {planned} scenarios ran"
            ));
        }
        let took = self.began.elapsed().as_millis();
        self.report.run.duration_ms = u64::try_from(took).unwrap_or(u64::MAX);
    }

    /// Publishes the run: see [`finish`]. After that, removes the oldest runs beyond `keep`.
    ///
    /// # Errors
    /// If the results cannot be written.
    pub fn finish(&mut self, session: &Session, keep: u32) -> Result<i32> {
        let code = finish(&self.directory, &mut self.report, &self.histories)?;
        prune(session, keep, (&[&self.directory.id], code));
        Ok(code)
    }
}

impl Drop for Publication {
    /// A run that ends with an error needs its reserve no longer.
    fn drop(&mut self) {
        reserve::release(&self.directory.path);
    }
}

/// Removes the oldest runs beyond `keep`, after the runs with the ids `finished` have ended with this exit code. Only a
/// verdict replaces an older run: one that was interrupted, ran out of space or is undecided may be the worse evidence.
pub fn prune(session: &Session, keep: u32, (finished, code): (&[&str], i32)) {
    let is_decided = matches!(code, exit::VALID | exit::INVALID | exit::PERFORMANCE);
    if !is_decided || session.interrupt.is_set() {
        return;
    }
    let removed = store::prune(&session.out, keep as usize, finished);
    for id in &removed {
        say(&format!("  removed old run {id} (--keep {keep})"));
    }
    if !removed.is_empty() {
        index::write(&session.out);
    }
}

/// Writes all files for people and scripts and the index over runs, prints the final block, and returns the exit code.
/// `histories` are the digests of histories that were known when they were compressed.
///
/// # Errors
/// If the results cannot be written.
pub fn finish(
    directory: &RunDirectory,
    report: &mut RunReport,
    histories: &Digests,
) -> Result<i32> {
    write_results(&directory.path, report, histories)?;
    if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") {
        append_summary(Path::new(&path), report);
    }
    let text = match is_quiet() {
        true => reports::verdict_text(report, colour()),
        false => reports::summary_text(report, colour()),
    };
    tell_painted(&text);
    index::write(directory.path.parent().unwrap_or(&directory.path));
    Ok(report.exit_code)
}

/// Warns that the results do not judge the product.
pub fn warn_of(plants: &Plants) {
    for planted in plants.iter() {
        say(&format!(
            "  PLANTED BUG {planted}: failures in this run are expected"
        ));
    }
}

/// Decides the exit code and writes all files for people and scripts. `results.json` is written last, after everything
/// that it relies on has been synced: after a power cut, results never exist without their evidence. Histories whose digests
/// are known are not read again.
///
/// # Errors
/// If the results cannot be written, or the evidence cannot be synced.
pub fn write_results(run: &Path, report: &mut RunReport, histories: &Digests) -> Result<()> {
    report.exit_code = exit::of_run(report);
    // Every failure has become a warning of the run.
    let _ = write_page(run, report);
    if let Err(error) = write_values(run, report) {
        say(&format!("  warning: {error:#}"));
        report.warnings.push(format!("{error:#}"));
    }
    durable::sync_tree(run).with_context(|| format!("sync {}", run.display()))?;
    let evidence = digests::of_run(run, histories);
    let results = reports::results_json_with(report, &evidence);
    let path = run.join(layout::RESULTS);
    // A secret in it is replaced before its digest is computed.
    let results = digests::close(&written(&path, &results));
    write_whole(&path, &results)?;
    detail(|| format!("page, values and results are written to {}", shown(run)));
    reserve::release(run);
    Ok(())
}

/// Writes the report's values, from which the page can be rendered again.
fn write_values(directory: &Path, report: &RunReport) -> Result<()> {
    let values = serde_json::to_string(report).context("write report.json")?;
    write_whole(&directory.join(layout::REPORT_VALUES), &values)
}

/// Writes the page and the other files that are rendered from the report's values. A failure is a warning.
///
/// # Errors
/// The first failure. The other files are still written.
pub fn write_page(directory: &Path, report: &mut RunReport) -> Result<()> {
    let mut failed = Ok(());
    let rendered = reports::html(report);
    for warning in rendered.warnings {
        // A page that is rendered again has the same problem again.
        if !report.warnings.contains(&warning) {
            report.warnings.push(warning);
        }
    }
    let texts = [
        (layout::METRICS, reports::metrics_json(report)),
        (layout::JUNIT, reports::junit_xml(report)),
        (layout::PAGE, rendered.text),
    ];
    for (name, text) in texts {
        if let Err(error) = write_whole(&directory.join(name), &text) {
            say(&format!("  warning: {error:#}"));
            report.warnings.push(format!("{error:#}"));
            failed = failed.and(Err(error));
        }
    }
    failed
}

fn append_summary(path: &Path, report: &RunReport) {
    use std::io::Write;
    let opened = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path);
    let summary = reports::summary_markdown(report);
    let written = opened.and_then(|mut file| file.write_all(clean_text(&summary).as_bytes()));
    if let Err(error) = written {
        say(&format!("  warning: {}: {error}", path.display()));
    }
}
