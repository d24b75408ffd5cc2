//! Power cuts: a run on a file system of its own, which loses power at a drawn moment, from the run's first write to
//! after its verdict. Then: results never exist without their evidence, and the older run that `--keep` may remove is
//! there until the new one is whole.
//!
//! The cut is the kernel's own: `FS_IOC_SHUTDOWN` without flush ends an ext4 at once, as `xfstests` does, and mounting
//! it again replays what the journal has. What a disk's own cache loses is not simulated. It needs root and a loop
//! device, and says so where there is none.
//!
//! `JEPSEN_POWER_CUTS=50` cuts fifty times and prints a table; without it, twice.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rand::Rng;
use serde_json::Value;

use crate::image::{Mounted, make, program, runs, tool};

/// The time after the verdict within which a cut may come.
const AFTER: Duration = Duration::from_secs(10);

fn start(out: &Path, seed: &str) -> Child {
    let mut command = Command::new(program());
    command
        .args([
            "run",
            "--faults",
            "none",
            "--time-limit",
            "3s",
            "--keep",
            "1",
            "--seed",
            seed,
            "--out",
        ])
        .arg(out)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().expect("started")
}

/// What a run is after the cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It has results, and they are supported by everything that belongs to them.
    Whole,
    /// It has no results.
    Unfinished,
}

/// # Errors
/// What a run that claims a verdict lacks.
fn state(run: &Path) -> Result<State, String> {
    let Ok(results) = std::fs::read(run.join("results.json")) else {
        return Ok(State::Unfinished);
    };
    let results: Value = serde_json::from_slice(&results)
        .map_err(|error| format!("results.json has {} bytes: {error}", results.len()))?;
    for name in [
        "run.json",
        "report.json",
        "metrics.json",
        "report.html",
        "junit.xml",
        "scenarios/default/verdict.json",
        "scenarios/default/faults.json",
        "scenarios/default/nodes/n1/stderr.log",
    ] {
        let path = run.join(name);
        let length = path
            .metadata()
            .map(|meta| meta.len())
            .map_err(|error| format!("{name}: {error}"))?;
        // A node may have written nothing.
        if length == 0 && !name.ends_with(".log") {
            return Err(format!("{name} has 0 bytes"));
        }
    }
    let judged = Command::new(program())
        .arg("check")
        .arg(run)
        .output()
        .expect("started");
    let code = judged.status.code().map(i64::from);
    match code == results["exit_code"].as_i64() {
        true => Ok(State::Whole),
        false => Err(format!(
            "its history is judged as {code:?} instead of {}: {}",
            results["exit_code"],
            String::from_utf8_lossy(&judged.stderr)
        )),
    }
}

/// What `jepsen report` makes of a copy of an unfinished run.
fn completed(run: &Path, scratch: &Path) -> String {
    let copy = scratch.join("copy");
    let _ = std::fs::remove_dir_all(&copy);
    tool("cp", &["-a"], &[run, &copy]).expect("copied");
    let output = Command::new(program())
        .arg("report")
        .arg(&copy)
        .output()
        .expect("started");
    let code = output.status.code();
    assert!(
        matches!(code, Some(2 | 130 | 254)),
        "{code:?} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    format!("report {}", code.unwrap_or(-1))
}

/// Copies an image to a new file: the old one may still be mounted in the namespace of another run.
fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_file(to);
    tool("cp", &["--sparse=always"], &[from, to]).expect("copied");
}

#[test]
fn a_verdict_never_exists_without_its_evidence() {
    let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let [base, image, after, at] =
        ["base", "image", "after", "at"].map(|name| scratch.path().join(name));
    let mounted = make(&base).and_then(|()| Mounted::mount(&base, &at));
    let mounted = match mounted {
        Ok(mounted) => mounted,
        Err(why) => {
            println!("SKIPPED: power cuts: {why}");
            return;
        }
    };
    let began = Instant::now();
    let ended = start(&mounted.out(), "1").wait().expect("ended");
    let long = began.elapsed();
    if ended.code() == Some(253) {
        println!("SKIPPED: power cuts: this machine cannot run the scenario");
        return;
    }
    let older = runs(&mounted.out()).pop().expect("a run");
    assert_eq!(state(&older), Ok(State::Whole));
    let older = older.file_name().expect("a name").to_owned();
    drop(mounted);
    let cuts: u32 =
        std::env::var("JEPSEN_POWER_CUTS").map_or(2, |text| text.parse().expect("a number"));
    let mut random = rand::rng();
    let mut wrong = Vec::new();
    println!("a run takes {:.1} s", long.as_secs_f64());
    for cut in 1..=cuts {
        // Every second cut comes near the verdict, where the files are written.
        let moment = match cut % 2 {
            0 => long.mul_f64(random.random_range(0.9..1.3)),
            _ => (long + AFTER).mul_f64(random.random_range(0.0..1.0)),
        };
        copy(&base, &image);
        let mounted = Mounted::mount(&image, &at).expect("mounted");
        let mut run = start(&mounted.out(), "2");
        std::thread::sleep(moment);
        let code = run
            .try_wait()
            .expect("asked")
            .and_then(|status| status.code());
        mounted.cut();
        let _ = run.kill();
        let _ = run.wait();
        drop(mounted);
        copy(&image, &after);
        let mounted = Mounted::mount(&after, &at).expect("mounted again");
        let (mut words, mut whole) = (Vec::new(), 0);
        for run in runs(&mounted.out()) {
            let name = if run.file_name() == Some(&older) {
                "older"
            } else {
                "new"
            };
            match state(&run) {
                Ok(State::Whole) => {
                    whole += 1;
                    words.push(format!("{name} whole"));
                }
                Ok(State::Unfinished) => words.push(format!(
                    "{name} unfinished, {}",
                    completed(&run, scratch.path())
                )),
                Err(why) => {
                    wrong.push(format!("cut {cut}: {name} run: {why}"));
                    words.push(format!("{name} WRONG: {why}"));
                }
            }
        }
        if whole == 0 {
            wrong.push(format!("cut {cut}: no whole run is left"));
        }
        let verdict = code.map_or("running".to_owned(), |code| format!("exit {code}"));
        println!(
            "cut {cut:2} after {:5.2} s, {verdict}: {}",
            moment.as_secs_f64(),
            words.join("; ")
        );
        if code.is_some() && !words.iter().any(|words| words == "new whole") {
            wrong.push(format!(
                "cut {cut}: the verdict was reported before it was durable"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
