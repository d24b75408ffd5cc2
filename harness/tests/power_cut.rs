//! Power cuts: a run on a file system of its own, which loses power at a drawn moment, from the run's first write to
//! after its verdict. Then: results never exist without their evidence, and the older run that `--keep` may remove is
//! there until the new one is whole.
//!
//! The cut is the kernel's own: `FS_IOC_SHUTDOWN` without flush ends an ext4 at once, as `xfstests` does, and mounting
//! it again replays what the journal has. What a disk's own cache loses is not simulated. It needs root and a loop
//! device, and says so where there is none.
//!
//! `JEPSEN_POWER_CUTS=50` cuts fifty times and prints a table; without it, twice. `JEPSEN_PROGRAM` names another
//! program to test.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rand::Rng;
use serde_json::Value;

/// `_IOR('X', 125, __u32)`.
const FS_IOC_SHUTDOWN: u64 = 0x8004_587d;
/// Nothing is written any more, not even the journal.
const NO_LOG_FLUSH: u32 = 2;
/// Enough for two runs, and more than a run demands.
const IMAGE_BYTES: u64 = 1 << 30;
/// The time after the verdict within which a cut may come.
const AFTER: Duration = Duration::from_secs(10);

fn program() -> PathBuf {
    std::env::var_os("JEPSEN_PROGRAM").map_or(env!("CARGO_BIN_EXE_jepsen").into(), PathBuf::from)
}

/// An ext4 in a file, mounted.
struct Mounted {
    at: PathBuf,
}

impl Mounted {
    fn mount(image: &Path, at: &Path) -> Result<Mounted, String> {
        std::fs::create_dir_all(at).map_err(|error| error.to_string())?;
        tool("mount", &["-o", "loop"], &[image, at])?;
        Ok(Mounted { at: at.to_owned() })
    }

    fn out(&self) -> PathBuf {
        self.at.join("runs")
    }

    /// Loses power.
    fn cut(&self) {
        let root = File::open(&self.at).expect("mounted");
        // SAFETY: the request reads one u32.
        let result = unsafe { libc::ioctl(root.as_raw_fd(), FS_IOC_SHUTDOWN as _, &NO_LOG_FLUSH) };
        assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        // The namespaces of a killed run hold copies of the mount until the kernel has removed them.
        while tool("umount", &[], &[&self.at]).is_err() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn tool(name: &str, flags: &[&str], paths: &[&Path]) -> Result<(), String> {
    let mut command = Command::new(name);
    let output = command
        .args(flags)
        .args(paths)
        .output()
        .map_err(|error| format!("{name}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
    }
}

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

fn runs(out: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(out).into_iter().flatten().flatten();
    let runs = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut runs: Vec<PathBuf> = runs.map(|entry| entry.path()).collect();
    runs.retain(|path| {
        !path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'))
    });
    runs.sort();
    runs
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

#[test]
fn a_verdict_never_exists_without_its_evidence() {
    let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let (base, image, at) = (
        scratch.path().join("base"),
        scratch.path().join("image"),
        scratch.path().join("at"),
    );
    File::create(&base)
        .and_then(|file| file.set_len(IMAGE_BYTES))
        .expect("an image");
    let mounted = tool("mkfs.ext4", &["-q"], &[&base]).and_then(|()| Mounted::mount(&base, &at));
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
        tool("cp", &["--sparse=always"], &[&base, &image]).expect("copied");
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
        let mounted = Mounted::mount(&image, &at).expect("mounted again");
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
