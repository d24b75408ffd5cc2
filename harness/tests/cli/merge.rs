//! `jepsen merge` joins only what belongs together, changes no shard, and leaves no half run.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Ended, command, ended, jepsen, limit_files};

const USAGE: i32 = 254;

/// The run directory of a shard, with these changes to its `suite.json`.
fn shard(folder: &Path, number: u32, cell: &str, change: &Value) -> PathBuf {
    let run = folder.join(format!("2026010{number}T000000Z-1"));
    let scenario = run.join("scenarios").join(cell);
    std::fs::create_dir_all(&scenario).expect("made");
    std::fs::write(scenario.join("history.jsonl"), cell).expect("written");
    let mut manifest = json!({
        "suite": "smoke", "digest": "1", "target": "reference", "seed": "0x1", "repeat": 1,
        "shard": number, "shards": 2, "cells": ["a", "b"], "mine": [cell],
    });
    for (key, value) in change.as_object().expect("fields") {
        manifest[key] = value.clone();
    }
    let id = run.file_name().expect("a name").to_string_lossy();
    let report = json!({"run": {"id": id}, "scenarios": [{"name": cell}]});
    for (name, value) in [("suite.json", &manifest), ("report.json", &report)] {
        std::fs::write(run.join(name), value.to_string()).expect("written");
    }
    run
}

/// Every path below a directory, with the content of files.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            let kind = path.symlink_metadata().expect("there").file_type();
            if kind.is_dir() {
                folders.push(path.clone());
            }
            let text = match kind.is_file() {
                true => std::fs::read(&path).expect("read"),
                false => Vec::new(),
            };
            found.insert(path, text);
        }
    }
    found
}

fn merge(runs: &[&Path], out: &Path) -> Ended {
    let mut command = command(&["merge", "--baseline", "none", "--out"]);
    ended(command.arg(out).args(runs))
}

/// It is refused, says why, and writes nothing.
fn refused(folder: &Path, runs: &[&Path], out: &Path, says: &str) {
    let before = content(folder);
    let ended = merge(runs, out);
    assert_eq!(
        ended.code, USAGE,
        "{says}: {}{}",
        ended.stdout, ended.stderr
    );
    assert!(ended.stderr.contains(says), "{says}: {}", ended.stderr);
    assert!(content(folder) == before, "{says}: something was written");
}

#[test]
fn shards_that_belong_together_are_one_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let (a, b) = (
        shard(folder.path(), 1, "a", &json!({})),
        shard(folder.path(), 2, "b", &json!({})),
    );
    let before = content(folder.path());
    let out = tempfile::tempdir().expect("a folder");
    let merged = merge(&[&a, &b], out.path());
    assert_eq!(merged.code, 0, "{}", merged.stderr);
    assert!(content(folder.path()) == before, "a shard was changed");
    let latest = out.path().join("latest");
    for name in ["a", "b"] {
        let history = latest.join("scenarios").join(name).join("history.jsonl");
        assert_eq!(std::fs::read_to_string(history).expect("copied"), name);
    }
    assert!(
        latest.join("run.json").is_file(),
        "the list of runs needs it"
    );
    let one = merge(&[&a], out.path());
    assert_eq!(one.code, 2, "{}", one.stderr);
    assert!(
        one.stdout.contains("incomplete: shard 2 of 2 is missing"),
        "{}",
        one.stdout
    );
    // The default: the joined run is next to its shards.
    let beside = jepsen(&["merge".as_ref(), "--out".as_ref(), folder.path(), &a, &b]);
    assert_eq!(beside.code, 0, "{}", beside.stderr);
}

#[test]
fn what_does_not_belong_together_is_refused() {
    for (change, says) in [
        (json!({"seed": "0x2"}), "same --seed"),
        (json!({"digest": "2"}), "texts of the suite"),
        (json!({"target": "other"}), "targets"),
        (json!({"target_digest": "2"}), "texts of the target"),
        (json!({"plants": ["x"]}), "plants"),
        (json!({"repeat": 2}), "repetitions"),
        (json!({"cells": ["a", "b", "c"]}), "matrices"),
        (json!({"shards": 3}), "numbers of shards"),
        (json!({"shards": 0}), "no suite has such a part"),
        (json!({"shard": 3}), "no suite has such a part"),
        (json!({"shards": u32::MAX}), "no suite has such a part"),
        (json!({"shard": 0}), "a joined run"),
        (json!({"shard": 1}), "both shard 1"),
        (json!({"mine": ["a", "b"]}), "both have a"),
        (json!({"mine": []}), "was not assigned"),
        (json!({"against": "../../x"}), "interleaved"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let a = shard(folder.path(), 1, "a", &json!({}));
        let b = shard(folder.path(), 2, "b", &change);
        refused(folder.path(), &[&a, &b], &folder.path().join("out"), says);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let zero = shard(folder.path(), 1, "a", &json!({"shards": 0, "cells": ["a"]}));
    refused(
        folder.path(),
        &[&zero],
        &folder.path().join("out"),
        "shard 1 of 0",
    );
}

#[test]
fn a_run_counts_once_under_every_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let a = shard(folder.path(), 1, "a", &json!({}));
    let out = folder.path().join("out");
    refused(folder.path(), &[&a, &a], &out, "named twice");
    let latest = folder.path().join("latest");
    symlink(&a, &latest).expect("linked");
    refused(folder.path(), &[&a, &latest], &out, "named twice");
    refused(
        folder.path(),
        &[folder.path(), &latest],
        &out,
        "named twice",
    );
    // A copy is the same shard.
    let copies = tempfile::tempdir().expect("a folder");
    let copy = shard(copies.path(), 1, "a", &json!({}));
    refused(folder.path(), &[&a, &copy], &out, "both shard 1");
    // The same cell in two shards, one of which does not list it.
    let b = shard(folder.path(), 2, "b", &json!({}));
    std::fs::create_dir(b.join("scenarios/a")).expect("made");
    refused(folder.path(), &[&a, &b], &out, "both contain a");
}

#[test]
fn a_destination_within_a_shard_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let a = shard(folder.path(), 1, "a", &json!({}));
    let b = shard(folder.path(), 2, "b", &json!({}));
    let link = folder.path().join("link");
    symlink(&a, &link).expect("linked");
    for out in [
        a.clone(),
        a.join("scenarios"),
        a.join("scenarios/a/new/deep"),
        link.join("new"),
        folder.path().join("new/..").join("link/x"),
    ] {
        refused(folder.path(), &[&a, &b], &out, "within the run");
    }
    let inner = shard(&a.join("scenarios"), 2, "b", &json!({}));
    refused(
        folder.path(),
        &[&a, &inner],
        &folder.path().join("out"),
        "contains no other run",
    );
}

#[test]
fn a_pipe_in_a_shard_is_refused_and_a_link_is_not_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let a = shard(folder.path(), 1, "a", &json!({}));
    let out = folder.path().join("out");
    symlink("/etc/passwd", a.join("scenarios/a/secret")).expect("linked");
    let pipe = a.join("scenarios/a/pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("made");
    refused(folder.path(), &[&a], &out, "neither a file nor a directory");
    std::fs::remove_file(pipe).expect("removed");
    let merged = merge(&[&a], &out);
    assert_eq!(merged.code, 2, "{}", merged.stderr);
    assert!(!out.join("latest/scenarios/a/secret").exists());
}

/// The file is larger than this process may write, so the copy fails in the middle.
#[test]
fn a_copy_that_fails_leaves_no_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let a = shard(folder.path(), 1, "a", &json!({}));
    std::fs::write(a.join("scenarios/a/nodes.log"), vec![b'x'; 1 << 20]).expect("written");
    let before = content(folder.path());
    let out = tempfile::tempdir().expect("a folder");
    let mut command = command(&["merge", "--out"]);
    command.arg(out.path()).arg(&a);
    limit_files(&mut command, 1 << 18);
    let ended = ended(&mut command);
    assert_eq!(ended.code, 253, "{}", ended.stderr);
    assert!(ended.stderr.contains("File too large"), "{}", ended.stderr);
    assert_eq!(
        content(out.path()).len(),
        0,
        "{:?}",
        content(out.path()).keys()
    );
    assert!(content(folder.path()) == before, "a shard was changed");
}

/// Adds a finding to a shard's report, and these waivers.
fn finds(run: &Path, waivers: &Value) {
    let path = run.join("report.json");
    let text = std::fs::read_to_string(&path).expect("read");
    let mut report: Value = serde_json::from_str(&text).expect("JSON");
    report["subject"] = json!({"name": "reference"});
    report["waivers"] = waivers.clone();
    report["scenarios"][0]["judgement"] = json!({"verdicts": [{
        "check": "recovery", "class": "liveness", "validity": "invalid", "anomaly_count": 1,
        "anomalies": [{"kind": "not-served", "certain": true, "what": "appends", "waited_ms": 9}],
    }]});
    std::fs::write(path, report.to_string()).expect("written");
}

#[test]
fn waivers_of_the_shards_and_of_the_command_count() {
    let in_days = |days: i64| {
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
        at.strftime("%Y-%m-%d").to_string()
    };
    let waiver = |expires: &str| {
        json!({"check": "recovery", "kind": "not-served", "subject": "reference",
               "reason": "ACME-17", "author": "jo", "expires": expires})
    };
    let merged = |of_a: Value, named: Option<&str>| {
        let folder = tempfile::tempdir().expect("a folder");
        let a = shard(folder.path(), 1, "a", &json!({}));
        let b = shard(folder.path(), 2, "b", &json!({}));
        finds(&a, &of_a);
        finds(&b, &json!([]));
        let out = tempfile::tempdir().expect("a folder");
        let mut command = command(&["merge", "--baseline", "none", "--out"]);
        command.arg(out.path()).args([&a, &b]);
        if let Some(expires) = named {
            let file = folder.path().join("waivers.toml");
            let text = format!(
                "[[waiver]]\ncheck = \"recovery\"\nkind = \"not-served\"\nsubject = \"reference\"\n\
                 reason = \"ACME-17\"\nauthor = \"jo\"\nexpires = \"{expires}\"\n"
            );
            std::fs::write(&file, text).expect("written");
            command.arg("--waivers").arg(file);
        }
        ended(&mut command)
    };
    let (soon, over) = (in_days(30), in_days(-2));
    assert_eq!(merged(json!([]), None).code, 1, "a finding");
    let by_a_shard = merged(json!([waiver(&soon)]), None);
    assert_eq!(by_a_shard.code, 0, "{}", by_a_shard.stderr);
    let by_the_command = merged(json!([]), Some(&soon));
    assert_eq!(by_the_command.code, 0, "{}", by_the_command.stderr);
    let ended = merged(json!([waiver(&over)]), None);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let refused = merged(json!([]), Some(&over));
    assert_eq!(refused.code, USAGE);
    assert!(refused.stderr.contains("expired"), "{}", refused.stderr);
}
