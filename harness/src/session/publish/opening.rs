//! The part of a report that is known before anything has run: program, subject, machine.

use std::path::Path;

use nemesis::{Nodes, address};
use reports::RunReport;
use reports::model::{Environment, Filesystem, Run, Setting, Tool, Unavailable};

use super::{Conditions, detection, subject};
use crate::output::shown;
use crate::session::reproduce::recheck;
use crate::store::{self, Asked, RunDirectory, layout};

/// The report of a run that is about to start.
pub(super) fn report(
    directory: &RunDirectory,
    conditions: &Conditions<'_>,
    isolated: bool,
) -> RunReport {
    let target = conditions.target;
    let (kind, figures_apply) = store::file_system(&directory.path);
    let shown = shown(&directory.path);
    let mut report = RunReport {
        tool: tool(),
        run: Run {
            id: directory.id.clone(),
            seed: format!("{:#x}", conditions.seed),
            started: directory.started.clone(),
            reproduce: conditions.command.clone(),
            recheck: recheck(&directory.path),
            directory: shown,
            suite: conditions.suite.to_owned(),
            ..Run::default()
        },
        subject: subject::stated(target, conditions.plants.words()),
        environment: environment(
            Filesystem {
                kind,
                figures_apply,
            },
            (isolated, target.nodes),
            target.client_settings_shown(),
        ),
        detection: detection::strength(&directory.path),
        not_tested: Vec::new(),
        ..RunReport::default()
    };
    if target.runs_already() {
        report.faults_unavailable.push(Unavailable {
            class: "network, process and disk".into(),
            why: "the cluster was started elsewhere, so nothing of it was cut, paused or killed"
                .into(),
        });
    } else if !isolated {
        report.faults_unavailable.push(Unavailable {
            class: "network".into(),
            why: "this run had no private network; `jepsen doctor` shows whether it can".into(),
        });
    }
    report
}

/// This program.
pub fn tool() -> Tool {
    Tool {
        name: "jepsen".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        commit: option_env!("JEPSEN_COMMIT").unwrap_or_default().into(),
        dirty: option_env!("JEPSEN_DIRTY").is_some_and(|dirty| dirty == "true"),
        debug: cfg!(debug_assertions),
    }
}

/// The machine, as a report shows it.
pub fn environment(
    data_filesystem: Filesystem,
    (isolated, nodes): (bool, Nodes),
    client: Vec<(String, String)>,
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
    let network = if isolated {
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
        network,
        librdkafka: rdkafka::util::get_rdkafka_version().1,
        nodes: Vec::new(),
        client: client
            .into_iter()
            .map(|(name, value)| Setting { name, value })
            .collect(),
    }
}

/// The wall clock at which the times of a scenario count from, RFC 3339 with milliseconds; empty if it is not known.
pub(super) fn wall_clock(directory: &Path) -> String {
    let began = Asked::beside(&directory.join(layout::HISTORY)).ok();
    let began = began.and_then(|asked| asked.began_unix_ns);
    let at = began.and_then(|ns| jiff::Timestamp::from_nanosecond(i128::from(ns)).ok());
    at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
        .unwrap_or_default()
}
