//! `jepsen run process` from its start to its report: three real nodes, three seconds of load.

use std::path::Path;

use serde_json::Value;

use crate::support::{jepsen, skipped};

const MACHINE: i32 = 253;

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

#[test]
fn a_run_leaves_what_its_readers_rely_on() {
    let folder = tempfile::tempdir().expect("a folder");
    // A shell takes it for two words unless it is quoted.
    let out = folder.path().join("my runs");
    let place = out.display().to_string();
    let flags = ["--time-limit", "3s", "--seed", "7"];
    let run = jepsen(&[&["run", "process", "--out", &place][..], &flags].concat());
    if run.code == MACHINE {
        skipped("jepsen run process", &run.stderr);
        return;
    }
    // A busy machine may make it undecided.
    assert!(
        matches!(run.code, 0 | 2),
        "{}\n{}{}",
        run.code,
        run.stdout,
        run.stderr
    );
    for says in [
        "report     ",
        "seed       0x7",
        "reproduce  ",
        "recheck    ",
    ] {
        assert!(run.stdout.contains(says), "{says}: {}", run.stdout);
    }
    let latest = out.join("latest");
    let id = std::fs::read_link(&latest).expect("a link to the run");
    let directory = out.join(&id);
    assert!(
        directory.is_dir() && id.to_string_lossy().ends_with("Z-7"),
        "{id:?}"
    );
    layout(&directory, run.code);
    again(&directory, run.code);
    let printed = |name: &str| {
        let line = run
            .stdout
            .lines()
            .find_map(|line| line.trim_start().strip_prefix(name));
        line.expect("it is printed").trim().to_owned()
    };
    let (recheck, reproduce) = (printed("recheck"), printed("reproduce"));
    assert_eq!(typed(&recheck), Some(run.code));
    let repeated = typed(&reproduce);
    assert!(matches!(repeated, Some(0 | 2)), "{repeated:?}");
    everywhere(&directory, &recheck, &reproduce);
    let runs = std::fs::read_dir(&place).expect("listed");
    let runs = runs.filter(|entry| {
        entry
            .as_ref()
            .is_ok_and(|entry| entry.path().join("run.json").exists())
    });
    // `latest` is one of them.
    assert_eq!(
        runs.count(),
        3,
        "the repeated run is where the first one is"
    );
}

/// Page, JSON and JUnit have the commands that the terminal printed.
fn everywhere(directory: &Path, recheck: &str, reproduce: &str) {
    let values = json(&directory.join("results.json"));
    assert_eq!(values["run"]["recheck"], recheck);
    assert_eq!(values["run"]["reproduce"], reproduce);
    let text = |name: &str| std::fs::read_to_string(directory.join(name)).expect("written");
    let unescaped = |text: &str| {
        // A page keeps each word of a command on one line.
        let text = text.replace("<span>", "").replace("</span>", "");
        let quoted = text.replace("&quot;", "\"").replace("&apos;", "'");
        quoted
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    };
    let (page, junit) = (
        unescaped(&text("report.html")),
        unescaped(&text("junit.xml")),
    );
    for command in [recheck, reproduce] {
        assert!(
            page.contains(&format!("<code>{command}</code>")),
            "{command}"
        );
        assert!(junit.contains(&format!("value=\"{command}\"")), "{command}");
    }
}

/// The exit code of a printed command, run by a shell in another directory.
fn typed(command: &str) -> Option<i32> {
    let mut shell = std::process::Command::new("sh");
    let ended = shell
        .args(["-c", command])
        .current_dir("/")
        .output()
        .expect("it starts");
    ended.status.code()
}

fn layout(directory: &Path, code: i32) {
    for name in [
        "report.html",
        "junit.xml",
        "scenarios/process/history.jsonl.zst",
        "scenarios/process/nodes/n1/stdout.log",
        "scenarios/process/nodes/n1/stderr.log",
        "scenarios/process/nodes/n2/stderr.log",
        "scenarios/process/nodes/n3/stderr.log",
    ] {
        assert!(directory.join(name).is_file(), "{name}");
    }
    let scenario = directory.join("scenarios/process");
    assert!(
        !scenario.join("history.jsonl").exists(),
        "packed, and still there"
    );
    let results = json(&directory.join("results.json"));
    assert_eq!(results["schema"], 1, "{results}");
    assert_eq!(results["exit_code"], code, "{results}");
    assert!(json(&directory.join("run.json"))["run"]["seed"] == "0x7");
    assert!(json(&directory.join("metrics.json")).is_object());
    assert!(json(&scenario.join("verdict.json"))["verdicts"].is_array());
    assert!(json(&scenario.join("scenario.json"))["checks"].is_array());
    let faults = json(&scenario.join("faults.json"));
    assert_eq!(faults["time_limit_ms"], 3_000, "{faults}");
    let page = std::fs::read_to_string(directory.join("report.html")).expect("a page");
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("process"));
}

/// The stored verdict does not change when judged again, and the faults are those of the seed.
fn again(directory: &Path, code: i32) {
    let path = directory.display().to_string();
    let check = jepsen(&["check", &path]);
    assert_eq!(check.code, code, "{}{}", check.stdout, check.stderr);
    let report = jepsen(&["report", &path]);
    assert_eq!(report.code, 0, "{}", report.stderr);
    let faults = directory.join("scenarios/process/faults.json");
    let faults = faults.display().to_string();
    let drawn = [
        "run",
        "process",
        "--plan",
        "--seed",
        "7",
        "--time-limit",
        "3s",
    ];
    let stored = [
        "run",
        "process",
        "--plan",
        "--seed",
        "7",
        "--schedule",
        &faults,
    ];
    let (drawn, stored) = (jepsen(&drawn), jepsen(&stored));
    assert_eq!((drawn.code, stored.code), (0, 0), "{}", stored.stderr);
    assert_eq!(drawn.stdout, stored.stdout);
}
