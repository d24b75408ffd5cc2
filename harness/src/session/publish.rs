//! Writes what people read from what was played and judged: the report's values, and the files of the run directory in
//! order: `run.json` first, `results.json` last.
//!
//! A failure here never changes a verdict: a page that cannot be drawn is a warning.

mod opening;
mod scenario;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use checkers::verdict::Validity;
use nemesis::Node;
use reports::RunReport;
use reports::model::NodeSetup;

use super::judge::Judged;
use super::{Recorded, Session, highlights, index, short_of_space};
use crate::config::plants::Plants;
use crate::config::target::Target;
use crate::exit;
use crate::output::{colour, say, shown, tell};
use crate::store::{self, RunDirectory, digests, layout, write_whole};

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
    /// The deliberate bugs that the nodes start with.
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
    began: Instant,
}

impl Publication {
    /// Creates the run directory and writes `run.json`: what is about to run.
    ///
    /// # Errors
    /// If the directory is not writable, or has too little free space.
    pub fn begin(session: &Session, conditions: &Conditions<'_>) -> Result<Publication> {
        let directory = RunDirectory::create(&session.out, conditions.seed)?;
        let report = opening::report(&directory, conditions, session.is_isolated());
        let text = serde_json::to_string_pretty(&report).context("write run.json")?;
        write_whole(&directory.path.join(layout::RUN), &text)?;
        Ok(Publication {
            directory,
            report,
            began: Instant::now(),
        })
    }

    /// Removes the oldest runs beyond `keep`. Returns the ids of the removed runs.
    pub fn prune(&self, session: &Session, keep: u32) -> Vec<String> {
        store::prune(&session.out, keep as usize, &self.directory.id)
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
        if !durable {
            say(&format!(
                "  {kind} loses data on power loss: durability and performance figures do not apply"
            ));
        }
    }

    /// Judges a recorded history and adds the result. A failure is a warning of the run. The other scenarios still
    /// count.
    pub fn judge_and_add(&mut self, recorded: &Recorded) {
        let added = recorded
            .judge()
            .and_then(|judged| self.add(recorded, &judged));
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
        }
        report.warnings.extend(recorded.warnings.iter().cloned());
        report.warnings.extend(judged.warnings.iter().cloned());
        let mut entry = of_judged(judged);
        entry.description.clone_from(&recorded.case.description);
        entry.seed = format!("{:#x}", recorded.case.seed);
        if !report.environment.data_filesystem.figures_apply {
            // Data is never synced on this file system, so neither latency nor throughput says anything about the
            // target.
            entry.series.latency.clear();
            entry.series.rate = Default::default();
        }
        write_whole(
            &recorded.directory.join(layout::VERDICT),
            &serde_json::to_string_pretty(&entry.judgement).context("write verdict.json")?,
        )?;
        if let (_, Err(error)) = recorded.compress() {
            report
                .warnings
                .push(format!("the history stays uncompressed: {error:#}"));
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
        entry.files = scenario::files(&recorded.directory);
        report.scenarios.push(entry);
        Ok(())
    }

    /// Records how the run ended: its duration, and whether it was interrupted.
    pub fn settle(&mut self, session: &Session) {
        let short = session.short.is_set();
        self.report.run.interrupted = session.interrupt.is_set() && !short;
        if short {
            self.report.warnings.push(short_of_space(&session.out));
        }
        let took = self.began.elapsed().as_millis();
        self.report.run.duration_ms = u64::try_from(took).unwrap_or(u64::MAX);
    }

    /// Publishes the run: see [`finish`].
    ///
    /// # Errors
    /// If the results cannot be written.
    pub fn finish(&mut self) -> Result<i32> {
        finish(&self.directory, &mut self.report)
    }
}

/// Writes all files for people and scripts and the index over runs, prints the final block, and returns the exit code.
///
/// # Errors
/// If the results cannot be written.
pub fn finish(directory: &RunDirectory, report: &mut RunReport) -> Result<i32> {
    write_results(directory, report)?;
    if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") {
        append_summary(Path::new(&path), report);
    }
    tell(&reports::summary_text(report, colour()));
    index::write(directory.path.parent().unwrap_or(&directory.path));
    Ok(report.exit_code)
}

/// Warns that the results do not judge the product.
pub fn warn_of(plants: &Plants) {
    for planted in plants.iter() {
        say(&format!(
            "  DELIBERATE BUG {planted}: failures in this run are expected"
        ));
    }
}

/// Decides the exit code and writes all files for people and scripts, results.json last.
///
/// # Errors
/// If the results cannot be written.
pub fn write_results(directory: &RunDirectory, report: &mut RunReport) -> Result<()> {
    report.exit_code = exit::of_run(report);
    write_page(&directory.path, report);
    if let Err(error) = write_values(&directory.path, report) {
        say(&format!("  warning: {error:#}"));
        report.warnings.push(format!("{error:#}"));
    }
    // Last, because it says that all other files are complete.
    let evidence = digests::of_run(&directory.path);
    let results = reports::results_json_with(report, &evidence);
    write_whole(
        &directory.path.join(layout::RESULTS),
        &digests::close(&results),
    )
}

/// Writes the report's values, from which the page can be rendered again.
fn write_values(directory: &Path, report: &RunReport) -> Result<()> {
    let values = serde_json::to_string(report).context("write report.json")?;
    write_whole(&directory.join(layout::REPORT_VALUES), &values)
}

/// Writes the page and the other files that are rendered from the report's values. A failure is a warning.
pub fn write_page(directory: &Path, report: &mut RunReport) {
    let rendered = reports::html(report);
    report.warnings.extend(rendered.warnings);
    let texts = [
        (layout::METRICS, reports::metrics_json(report)),
        (layout::JUNIT, reports::junit_xml(report)),
        (layout::PAGE, rendered.text),
    ];
    for (name, text) in texts {
        if let Err(error) = write_whole(&directory.join(name), &text) {
            say(&format!("  warning: {error:#}"));
            report.warnings.push(format!("{error:#}"));
        }
    }
}

fn append_summary(path: &Path, report: &RunReport) {
    use std::io::Write;
    let opened = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path);
    let written =
        opened.and_then(|mut file| file.write_all(reports::summary_markdown(report).as_bytes()));
    if let Err(error) = written {
        say(&format!("  warning: {}: {error}", path.display()));
    }
}
