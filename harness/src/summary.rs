//! From a run that is over to what people read: the report's values, and the files of the run directory in their phases.
//!
//! Nothing that fails here changes a verdict: a page that cannot be drawn is a warning.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use checkers::verdict::Validity;
use nemesis::{Node, Nodes, address};
use reports::RunReport;
use reports::model::{
    Environment, FaultClass, FaultWindow, File, Filesystem, NodeSetup, Operation, Run,
    ScenarioReport, Setting, Subject, Tool, Unavailable,
};

use crate::cli::run::shown;
use crate::config::target::Target;
use crate::exit;
use crate::highlights;
use crate::output::{colour, say, tell};
use crate::run::{Finished, Setup, compressed};
use crate::store::{self, RunDirectory, write_whole};
use crate::{index, judge};

/// The stored values behind the page, beside results.json: what `jepsen report` writes the page from.
pub const REPORT_VALUES: &str = "report.json";

/// Under which conditions a run took place.
pub struct Conditions {
    /// The command that repeats it.
    pub command: String,
    /// Its seed.
    pub seed: u64,
    /// Whether the nodes had a private network.
    pub isolated: bool,
    /// Further librdkafka properties.
    pub client: Vec<(String, String)>,
    /// The deliberate bugs that the nodes are started with.
    pub plants: Vec<String>,
}

/// The report of a run that is about to begin.
pub fn begin(directory: &RunDirectory, target: &Target, conditions: &Conditions) -> RunReport {
    let (kind, figures_apply) = store::file_system(&directory.path);
    let shown = shown(&directory.path);
    let mut report = RunReport {
        tool: Tool {
            name: "jepsen".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            commit: option_env!("JEPSEN_COMMIT").unwrap_or_default().into(),
            dirty: option_env!("JEPSEN_DIRTY").is_some_and(|dirty| dirty == "true"),
        },
        run: Run {
            id: directory.id.clone(),
            seed: format!("{:#x}", conditions.seed),
            started: directory.started.clone(),
            reproduce: conditions.command.clone(),
            recheck: recheck(&shown),
            directory: shown,
            ..Run::default()
        },
        subject: Subject {
            name: target.name.clone(),
            version: if target.name == "reference" {
                env!("CARGO_PKG_VERSION").into()
            } else {
                String::new()
            },
            binary_sha256: None,
            nodes: target.nodes.count() as u32,
            plants: conditions.plants.clone(),
        },
        environment: environment(
            Filesystem {
                kind,
                figures_apply,
            },
            conditions,
            target.nodes,
        ),
        not_tested: not_tested(conditions.isolated),
        ..RunReport::default()
    };
    if !conditions.isolated {
        report.faults_unavailable.push(Unavailable {
            class: "network".into(),
            why: "this run had no private network; `jepsen doctor` tells whether it could".into(),
        });
    }
    report
}

/// The machine, as a report shows it.
pub fn environment(
    data_filesystem: Filesystem,
    conditions: &Conditions,
    nodes: Nodes,
) -> Environment {
    let uname = nix::sys::utsname::uname().ok();
    let text = |part: Option<&std::ffi::OsStr>| {
        part.map(|part| part.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    let kernel = uname.as_ref().map_or_else(String::new, |uname| {
        let parts = [uname.sysname(), uname.release(), uname.machine()];
        parts.map(|part| text(Some(part))).join(" ")
    });
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu_model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(':').nth(1))
        .map(|model| model.trim().to_owned())
        .unwrap_or_default();
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory_kib: u64 = memory
        .lines()
        .find_map(|line| {
            line.strip_prefix("MemTotal:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0);
    let network = if conditions.isolated {
        "sandbox (private network, one namespace per node; cuts are packet cuts)".to_owned()
    } else {
        format!("loopback ({})", address::loopback_range(nodes))
    };
    Environment {
        kernel,
        cpus: std::thread::available_parallelism().map_or(0, |n| n.get() as u32),
        cpu_model,
        memory_bytes: memory_kib * 1024,
        data_filesystem,
        network: network.into(),
        librdkafka: rdkafka::util::get_rdkafka_version().1,
        nodes: Vec::new(),
        client: conditions
            .client
            .iter()
            .map(|(name, value)| Setting {
                name: name.clone(),
                value: value.clone(),
            })
            .collect(),
    }
}

/// What no run of this version says anything about.
fn not_tested(isolated: bool) -> Vec<String> {
    let mut sentences = vec![
        "Loss of unsynced data (power failure): processes are killed, the machine is not.",
        "Disks that are slow, full or wrong.",
        "Clock jumps.",
        "Packet delay, loss and reordering short of a cut.",
        "Consumer groups and transactions.",
        "Changes of cluster membership, and upgrades.",
    ];
    if !isolated {
        sentences.insert(0, "Network partitions: this run had no private network.");
    }
    sentences.into_iter().map(str::to_owned).collect()
}

/// The command that judges a run's histories again.
pub fn recheck(directory: &str) -> String {
    format!("cargo run --release --bin jepsen -- check {directory}")
}

/// Writes `run.json`: what is about to run. The first file of a run directory.
///
/// # Errors
/// If it cannot be written.
pub fn save_plan(directory: &RunDirectory, report: &RunReport) -> Result<()> {
    let text = serde_json::to_string_pretty(report).context("write run.json")?;
    write_whole(&directory.path.join("run.json"), &text)
}

/// Judges a scenario that has run and adds it to the report.
///
/// # Errors
/// If its history cannot be read back.
pub fn scenario(
    report: &mut RunReport,
    description: &str,
    setup: &Setup,
    finished: &Finished,
) -> Result<()> {
    let judged = judge::file(&finished.history)?;
    add(report, description, setup, finished, &judged)
}

/// Adds a scenario to the report that has run and is judged.
///
/// # Errors
/// If its verdict cannot be written.
pub fn add(
    report: &mut RunReport,
    description: &str,
    setup: &Setup,
    finished: &Finished,
    judged: &judge::Judged,
) -> Result<()> {
    if report.environment.nodes.is_empty() {
        let node = |node: Node| NodeSetup {
            name: node.to_string(),
            address: finished.cluster.address(node).to_string(),
            command: finished.cluster.command_line(node),
            config: finished.cluster.configuration(node).unwrap_or_default(),
        };
        let nodes = finished.cluster.nodes().into_iter();
        report.environment.nodes = nodes.map(node).collect();
    }
    report.warnings.extend(finished.warnings.iter().cloned());
    report.warnings.extend(judged.warnings.iter().cloned());
    let mut entry = of_judged(judged);
    entry.description = description.to_owned();
    entry.seed = format!("{:#x}", setup.seed);
    if !report.environment.data_filesystem.figures_apply {
        // Nothing is synced there, so neither latency nor throughput says anything of the target.
        entry.series.latency.clear();
        entry.series.rate = Default::default();
    }
    write_whole(
        &setup.directory.join("verdict.json"),
        &serde_json::to_string_pretty(&entry.judgement).context("write verdict.json")?,
    )?;
    match judge::compress(&finished.history, &compressed(&finished.history)) {
        Ok(()) => {}
        Err(error) => report
            .warnings
            .push(format!("the history stays uncompressed: {error:#}")),
    }
    if entry.validity() == Validity::Valid {
        finished.cluster.remove_data();
    } else {
        report.warnings.extend(finished.cluster.keep());
    }
    match highlights::gather(&setup.target, &finished.cluster, &setup.directory) {
        Ok(0) => {}
        Ok(lines) => say(&format!(
            "  {lines} lines of the nodes' own words are worth a look: {}",
            shown(&setup.directory.join("nodes").join(highlights::FILE))
        )),
        Err(error) => report.warnings.push(format!("{error:#}")),
    }
    entry.files = files(&setup.directory);
    report.scenarios.push(entry);
    Ok(())
}

/// What a judged history shows, without what only the run knew.
pub fn of_judged(judged: &judge::Judged) -> ScenarioReport {
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
    judge::measure(history, &mut entry);
    entry
}

fn class_of(kind: &str) -> FaultClass {
    match crate::faults::class_of(kind) {
        Some("process") => FaultClass::Process,
        _ => FaultClass::Network,
    }
}

fn files(directory: &Path) -> Vec<File> {
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

/// Files that a reader may want; the nodes' own data is not listed.
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

/// Writes everything that people and scripts read and the index over runs, prints the final block, and returns the exit code.
///
/// # Errors
/// If the results cannot be written.
pub fn finish(directory: &RunDirectory, report: &mut RunReport) -> Result<i32> {
    store(directory, report)?;
    if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") {
        append_summary(Path::new(&path), report);
    }
    tell(&reports::summary_text(report, colour()));
    index::write(directory.path.parent().unwrap_or(&directory.path));
    Ok(report.exit_code)
}

/// Settles the exit code and writes everything that people and scripts read, results.json last.
///
/// # Errors
/// If the results cannot be written.
pub fn store(directory: &RunDirectory, report: &mut RunReport) -> Result<()> {
    report.exit_code = exit::of_run(report);
    write_page(&directory.path, report);
    write_whole(
        &directory.path.join("results.json"),
        &reports::results_json(report),
    )
}

/// Writes the page and what else is drawn from the report's values. What fails is told as a warning.
pub fn write_page(directory: &Path, report: &mut RunReport) {
    let rendered = reports::html(report);
    report.warnings.extend(rendered.warnings);
    let values = serde_json::to_string(report).unwrap_or_default();
    let texts = [
        (REPORT_VALUES, values),
        ("metrics.json", reports::metrics_json(report)),
        ("junit.xml", reports::junit_xml(report)),
        ("report.html", rendered.text),
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
