//! One set of hostile files, fed to every reader of the command line under a limit of memory. Each is refused, or
//! undecided: no reader hangs, is ended by a signal, shows a panic, or calls such a file valid or invalid.

mod set;

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::libc;
use set::Hostile;

use crate::support::command;

/// The address space of each process. An honest history of this size needs a tenth of it.
const MEMORY_BYTES: u64 = 1 << 30;
/// A guard against readers that never end, and not a measurement.
const PATIENCE: Duration = Duration::from_secs(240);

/// Undecided; this machine cannot; bad arguments or files.
const ALLOWED: [i32; 3] = [2, 253, 254];

/// The models of `check --model`.
const MODELS: [&str; 20] = [
    "register",
    "cas-register",
    "kv",
    "mutex",
    "fifo-queue",
    "set",
    "log",
    "multi-register",
    "counter",
    "bank",
    "set-full",
    "total-queue",
    "unique-ids",
    "long-fork",
    "sequential",
    "causal-register",
    "causal-reverse",
    "list-append",
    "rw-register",
    "kafka",
];

/// Runs the program under the limits, and returns a problem if it did not end as it should.
fn problem(command: &mut Command) -> Option<String> {
    let shown = format!("{command:?}");
    let limit = libc::rlimit {
        rlim_cur: MEMORY_BYTES,
        rlim_max: MEMORY_BYTES,
    };
    // SAFETY: `setrlimit` is async-signal-safe, and reads a value that lives in the closure.
    unsafe {
        command.pre_exec(
            move || match libc::setrlimit(libc::RLIMIT_AS, &raw const limit) {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            },
        );
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| std::fs::File::create(folder.path().join(name)).expect("a file");
    command
        .stdin(Stdio::null())
        .stdout(file("out"))
        .stderr(file("err"));
    let mut child = command.spawn().expect("started");
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("waited") {
            break status;
        }
        if began.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return Some(format!("{shown}: it did not end"));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let text = |name: &str| {
        let bytes = std::fs::read(folder.path().join(name)).expect("output");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (out, said) = (text("out"), text("err"));
    let panicked = ["panicked at", "this is a bug of jepsen"]
        .iter()
        .any(|word| said.contains(word));
    match status.code() {
        Some(code) if ALLOWED.contains(&code) && !panicked => None,
        _ => {
            let short: String = said.chars().take(400).collect();
            let out: String = out.chars().take(200).collect();
            Some(format!("{shown}: {status}\n    {short}\n    {out}"))
        }
    }
}

/// Tries every command on every hostile file, with a few processes at once.
fn expect_refusals(cases: Vec<Command>) {
    let next = std::sync::Mutex::new(cases);
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(mut case) = next.lock().expect("no panic").pop() else {
                        return;
                    };
                    if let Some(problem) = problem(&mut case) {
                        wrong.lock().expect("no panic").push(problem);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no panic");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The arguments of every reader of a file that the user names.
fn of_named_files(file: &Path, out: &Path) -> Vec<Command> {
    let file = file.display().to_string();
    let out = out.display().to_string();
    let mut all = vec![
        command(&["check", &file]),
        command(&["check", "--json", &file]),
        command(&["figures", &file]),
        command(&["export", "--edn", &file]),
        command(&["run", "--plan", "--schedule", &file]),
        command(&["run", "--plan", "--target", &file]),
        command(&["prepare", &file]),
        command(&["bench", &file, "--out", &out]),
        command(&["qualify", &file, "--out", &out]),
        command(&["broker", "--config", &file]),
    ];
    all.extend(MODELS.map(|model| command(&["check", "--model", model, &file])));
    all
}

#[test]
fn no_file_that_a_user_names_breaks_a_reader() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut cases = Vec::new();
    for hostile in set::of(folder.path()) {
        cases.extend(of_named_files(&hostile.path, folder.path()));
    }
    expect_refusals(cases);
}

/// A run directory in which one file is hostile. The others are missing, or those of a run.
fn run_with(folder: &Path, number: usize, name: &str, hostile: &Hostile) -> PathBuf {
    let run = folder.join(format!("20260101T000000Z-{number}"));
    std::fs::create_dir_all(run.join("scenarios/small")).expect("made");
    for (own, text) in [
        ("run.json", "{}"),
        ("report.json", "{\"run\":{\"id\":\"r\"}}"),
        ("scenarios/small/history.jsonl", set::HEADER),
    ] {
        std::fs::write(run.join(own), text).expect("written");
    }
    let path = run.join(name);
    let _ = std::fs::remove_file(&path);
    hostile.place(&path);
    run
}

#[test]
fn no_file_of_a_run_breaks_a_reader() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = folder.path().join("files");
    std::fs::create_dir(&files).expect("made");
    let good = run_with(
        folder.path(),
        0,
        "note",
        &Hostile::text(&files, "note", b"no run"),
    );
    let good = good.display().to_string();
    let (mut cases, mut number) = (Vec::new(), 0);
    for hostile in set::of(&files) {
        for name in [
            "report.json",
            "results.json",
            "suite.json",
            "scenarios/small/history.jsonl.zst",
            "scenarios/small/scenario.json",
        ] {
            number += 1;
            let run = run_with(folder.path(), number, name, &hostile)
                .display()
                .to_string();
            let own: &[&[&str]] = match name {
                "report.json" => &[
                    &["report", &run],
                    &["compare", &run, &good],
                    &["merge", &run],
                    &["qualify", "smoke", "--baseline", &run],
                ],
                "results.json" => &[
                    &["report", &run],
                    &["check", &run],
                    &["compare", &good, &run],
                ],
                "suite.json" => &[&["compare", &good, &run], &["merge", &run]],
                "scenarios/small/scenario.json" => &[&["check", &run]],
                _ => &[
                    &["check", &run],
                    &["figures", &run],
                    &["export", "--edn", &run],
                    &["check", "--model", "kafka", &run],
                ],
            };
            cases.extend(own.iter().map(|arguments| {
                let mut command = command(arguments);
                command.current_dir(folder.path());
                command
            }));
        }
    }
    expect_refusals(cases);
    // The list of runs reads the results of all of them, in this process.
    let page = harness::session::index::page(folder.path());
    assert!(page.contains("damaged"), "no run is shown as damaged");
}
