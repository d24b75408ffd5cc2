//! The kill matrix: every way to end a run, in every phase of it. Afterwards no process, namespace or mount is left, the
//! history can be judged, and `jepsen report` makes a page and results of what was recorded.
//!
//! `JEPSEN_KILLS=all` plays the whole matrix and prints it as a table; without it, one ending in each of three phases.
//! `JEPSEN_PROGRAM` names another program to test.

#![allow(
    clippy::print_stdout,
    reason = "the table is what these tests are run for"
)]

mod left;
mod moment;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use moment::Moment;

/// A run of three nodes: one window of 1 s, the load ends 4 s after its start.
const SCHEDULE: &str = r#"{"version":1,"seed":1,"time_limit_ms":4000,"windows":[
    {"id":"k1","at_ms":1200,"kind":"pause","role":"leader","draw":0,"duration_ms":1000}]}"#;
/// A run that was ended must be gone within this time. It includes the judgement.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a run is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// A signal to the process that was started.
    Signal(Signal),
    /// The same twice.
    Twice(Signal),
    /// SIGKILL to one of the three processes of the tree: outer is 0, init 1, harness 2.
    Kill(usize),
}

const ENDINGS: [Ending; 7] = [
    Ending::Signal(Signal::SIGINT),
    Ending::Signal(Signal::SIGTERM),
    Ending::Signal(Signal::SIGHUP),
    Ending::Twice(Signal::SIGTERM),
    Ending::Kill(0),
    Ending::Kill(1),
    Ending::Kill(2),
];

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ending::Signal(signal) => f.pad(signal.as_str()),
            Ending::Twice(signal) => f.pad(&format!("{signal} twice")),
            Ending::Kill(at) => f.pad(&format!("SIGKILL {}", ["outer", "init", "harness"][*at])),
        }
    }
}

impl Ending {
    fn end(self, outer: &Child) {
        let outer = Pid::from_raw(i32::try_from(outer.id()).expect("a process id"));
        match self {
            Ending::Signal(signal) => drop(kill(outer, signal)),
            Ending::Twice(signal) => {
                let _ = kill(outer, signal);
                std::thread::sleep(Duration::from_millis(50));
                let _ = kill(outer, signal);
            }
            Ending::Kill(depth) => {
                let below = |process: Option<Pid>, _| left::children(process?).first().copied();
                if let Some(process) = (0..depth).fold(Some(outer), below) {
                    let _ = kill(process, Signal::SIGKILL);
                }
            }
        }
    }

    /// Whether the run still makes its own results.
    fn is_orderly(self) -> bool {
        matches!(self, Ending::Signal(_))
    }
}

fn program() -> PathBuf {
    std::env::var_os("JEPSEN_PROGRAM").map_or(env!("CARGO_BIN_EXE_jepsen").into(), PathBuf::from)
}

fn jepsen(arguments: &[&str], path: &Path) -> (i32, String) {
    let output = Command::new(program())
        .args(arguments)
        .arg(path)
        .output()
        .expect("started");
    let code = output.status.code().expect("an exit code");
    (code, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// One cell of the matrix, as a line of the table. None if this machine has no private network.
fn cell(moment: Moment, ending: Ending) -> Option<String> {
    let out = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let schedule = out.path().join("schedule.json");
    std::fs::write(&schedule, SCHEDULE).expect("written");
    let runs = out.path().join("runs");
    let before = left::mounts();
    let mut child = Command::new(program())
        .args(["run", "--time-limit", "4s", "--seed", "1", "--schedule"])
        .args([&schedule, Path::new("--out"), &runs])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let met = moment.wait(&runs, &mut child);
    ending.end(&child);
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait().expect("asked") {
            Some(status) => break status,
            None if Instant::now() > deadline => {
                let _ = child.kill();
                panic!("{moment} {ending}: still running after {PATIENCE:?}");
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    if status.code() == Some(253) {
        return None;
    }
    let ended = match std::os::unix::process::ExitStatusExt::signal(&status) {
        Some(signal) => format!("signal {signal}"),
        None => format!("exit {}", status.code().unwrap_or(-1)),
    };
    let what = format!("{moment} {ending} ({ended})");
    left::nothing(&runs, &before).unwrap_or_else(|left| panic!("{what}: left behind: {left}"));

    let run = std::fs::canonicalize(runs.join("latest")).expect("a run");
    let had_results = run.join("results.json").is_file();
    let (check, said) = jepsen(&["check"], &run);
    // In formation there may be nothing that could be judged. A correct broker is never found invalid.
    assert!(matches!(check, 0 | 2), "{what}: check {check}: {said}");
    let (report, said) = jepsen(&["report"], &run);
    assert!(matches!(report, 0 | 130), "{what}: report {report}: {said}");
    let results = std::fs::read_to_string(run.join("results.json")).expect("results");
    let results: Value = serde_json::from_str(&results).expect("results");
    let interrupted = results["run"]["interrupted"].as_bool().unwrap_or(false);
    assert!(
        std::fs::metadata(run.join("report.html"))
            .expect("a page")
            .len()
            > 10_000,
        "{what}"
    );
    assert_eq!(
        had_results,
        report == 0,
        "{what}: completed only if it was not finished"
    );
    assert!(
        had_results || interrupted,
        "{what}: a run that died is marked"
    );
    if ending.is_orderly() {
        assert!(had_results, "{what}: it did not judge and save");
        assert!(
            status.code() == Some(130) || !met || moment.is_late(),
            "{what}"
        );
    }
    left::temporary(&run).unwrap_or_else(|left| panic!("{what}: left in the run: {left}"));
    let own = if had_results { "own" } else { "none" };
    let met = if met { "" } else { " (it had ended)" };
    Some(format!(
        "| {moment:14} | {ending:15} | {ended:8} | nothing | {own:7} | {check} | {report} | {} |{met}",
        results["validity"].as_str().unwrap_or("?")
    ))
}

#[test]
fn whatever_ends_a_run_its_evidence_stays_and_nothing_else() {
    let all = std::env::var("JEPSEN_KILLS").is_ok_and(|what| what == "all");
    let few = [
        (Moment::Formation, Ending::Kill(2)),
        (Moment::Window, Ending::Signal(Signal::SIGHUP)),
        (Moment::Judging, Ending::Twice(Signal::SIGTERM)),
    ];
    let cells: Vec<(Moment, Ending)> = match all {
        true => Moment::ALL
            .into_iter()
            .flat_map(|moment| ENDINGS.map(|ending| (moment, ending)))
            .collect(),
        false => few.into(),
    };
    println!(
        "| phase | ending | exit | left | results | check | report | verdict |\n|---|---|---|---|---|---|---|---|"
    );
    for (moment, ending) in cells {
        match cell(moment, ending) {
            Some(line) => println!("{line}"),
            None => {
                println!("SKIPPED: the kill matrix: this machine has no private network");
                return;
            }
        }
    }
}
