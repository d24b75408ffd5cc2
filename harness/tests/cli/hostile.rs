//! Names and values that try to act on a terminal, through every text output: escape sequences, line breaks that forge a
//! line of ours, controls of the direction of writing, characters that nobody sees, bytes that are not UTF-8.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{JEPSEN, beside};

/// A value with one of each kind.
const HOSTILE: &str = "x\n\u{1b}[2J\u{1b}]0;t\u{7}fake: VALID\r\nfake: VALID\u{202e}\u{2066}\u{200f}\u{61c}\u{200b}\u{feff}\u{7f}\u{9b}31m\u{2028}fake: VALID\u{85}\u{e0041}\u{3164}\t";

/// The same as a name of a file, with a byte that is not UTF-8.
fn hostile_name() -> OsString {
    let mut bytes = HOSTILE.as_bytes().to_vec();
    bytes.push(0xff);
    OsStr::from_bytes(&bytes).to_owned()
}

/// Whether a character acts, or is not seen: the general categories Cc, Cf, Zl and Zp in the value above, and one letter.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}' | '\u{3164}')
}

fn assert_harmless(text: &str, what: &dyn std::fmt::Debug) {
    let found = text.chars().find(|c| *c != '\n' && acts(*c));
    assert_eq!(found, None, "{what:?}: {text:?}");
    let forged = text
        .lines()
        .find(|line| line.trim_start().starts_with("fake"));
    assert_eq!(forged, None, "{what:?}: {text}");
}

/// Runs the program in a directory. Both outputs must be harmless.
fn shown<S: AsRef<OsStr>>(words: &[S], folder: &Path) -> String {
    let mut command = Command::new(JEPSEN);
    let output = command.args(words).current_dir(folder).output();
    let output = output.expect("started");
    let words: Vec<&OsStr> = words.iter().map(AsRef::as_ref).collect();
    let code = output.status.code();
    assert!(
        code.is_some_and(|code| code != 255),
        "{words:?}: {output:?}"
    );
    let mut both = String::new();
    for bytes in [output.stdout, output.stderr] {
        let text = String::from_utf8(bytes).expect("text");
        assert_harmless(&text, &words);
        both += &text;
    }
    both
}

/// The history of a lost record, with hostile names of topic, node, target, run and scenario.
fn history() -> String {
    let text = std::fs::read_to_string(beside("histories/invalid/scenarios/small/history.jsonl"));
    let quoted = |text: &str| serde_json::to_string(text).expect("JSON");
    let mut text = text.expect("a history");
    for name in ["t0", "n1", "reference", "by-hand", "small"] {
        text = text.replace(&quoted(name), &quoted(&format!("{name}{HOSTILE}")));
    }
    text
}

fn report() -> Value {
    let verdict = json!({
        "check": HOSTILE, "class": "safety", "validity": "undecided",
        "doubts": [], "anomalies": [],
    });
    json!({
        "tool": {"name": HOSTILE, "version": HOSTILE},
        "run": {"id": HOSTILE, "suite": HOSTILE, "seed": HOSTILE, "started": HOSTILE,
                "reproduce": HOSTILE, "recheck": HOSTILE, "directory": HOSTILE, "incomplete": [HOSTILE]},
        "subject": {"name": HOSTILE, "version": HOSTILE, "plants": [HOSTILE]},
        "scenarios": [{"name": HOSTILE, "description": HOSTILE, "judgement": {"verdicts": [verdict]}}],
        "warnings": [HOSTILE], "not_tested": [HOSTILE],
        "faults_unavailable": [{"class": HOSTILE, "why": HOSTILE}],
        "environment": {"kernel": HOSTILE, "cpu_model": HOSTILE, "network": HOSTILE,
                        "nodes": [{"name": HOSTILE, "address": HOSTILE, "command": HOSTILE, "config": HOSTILE}],
                        "client": [{"name": HOSTILE, "value": HOSTILE}]},
    })
}

/// A directory with hostile names: a history, a run, a shard.
struct Place {
    folder: tempfile::TempDir,
    run: PathBuf,
    history: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join(hostile_name());
    let scenario = run.join("scenarios").join(hostile_name());
    std::fs::create_dir_all(&scenario).expect("made");
    let file = scenario.join("history.jsonl");
    std::fs::write(&file, history()).expect("written");
    std::fs::write(run.join("report.json"), report().to_string()).expect("written");
    // As an older version wrote it, without digests.
    std::fs::write(run.join("results.json"), r#"{"schema":1}"#).expect("written");
    let manifest = json!({
        "suite": HOSTILE, "digest": HOSTILE, "target": HOSTILE, "seed": HOSTILE, "repeat": 1,
        "shard": 1, "shards": 2, "cells": [HOSTILE, "b"], "mine": [HOSTILE],
    });
    std::fs::write(run.join("suite.json"), manifest.to_string()).expect("written");
    Place {
        folder,
        run,
        history: file,
    }
}

#[test]
fn stored_values_and_paths_are_shown_without_effect() {
    let place = place();
    let here = place.folder.path();
    let (run, file) = (place.run.as_os_str(), place.history.as_os_str());
    let word = OsStr::new;
    let verdicts = shown(&[word("check"), run], here);
    assert!(verdicts.starts_with("invalid  "), "{verdicts}");
    assert!(
        verdicts.contains("\\xff"),
        "the byte that is not UTF-8 is visible: {verdicts}"
    );
    assert!(
        verdicts.contains("\\x1b[2J") && verdicts.contains("\\u{202e}"),
        "{verdicts}"
    );
    shown(&[word("check"), file], here);
    shown(&[word("figures"), run], here);
    shown(&[word("compare"), run, run], here);
    shown(&[word("merge"), run, word("--out"), word("out")], here);
    shown(&[word("merge"), run, run], here);
    shown(&[word("export"), word("--edn"), run], here);
    shown(&[word("list")], here);
    for words in [
        &[word("check"), word("--json"), run][..],
        &[word("compare"), word("--json"), run, run],
        &[word("figures"), word("--json"), run],
    ] {
        let text = shown(words, here);
        // Notes on standard error follow.
        let mut values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
        let read = values.next().expect("a value").expect("JSON");
        assert!(read.is_object(), "{text}");
    }
    shown(&[word("report"), run], here);
    for name in ["report.html", "junit.xml"] {
        let text = std::fs::read_to_string(place.run.join(name)).expect("written");
        let found = text.chars().find(|c| !matches!(c, '\n' | '\t') && acts(*c));
        assert_eq!(found, None, "{name}");
        assert!(text.contains("\\u{202e}"), "{name}: a control is visible");
    }
}

#[test]
fn a_model_shows_topics_and_values_without_effect() {
    let folder = tempfile::tempdir().expect("a folder");
    let quoted = serde_json::to_string(HOSTILE).expect("JSON");
    let path = folder.path().join(hostile_name());
    let edn = format!(
        "{{:process 0, :type :invoke, :f :write, :value {quoted}}}\n\
         {{:process 0, :type :ok, :f :write, :value {quoted}}}\n\
         {{:process 1, :type :invoke, :f :read, :value nil}}\n\
         {{:process 1, :type :ok, :f :read, :value \"other{}}}\n",
        &quoted[1..]
    );
    for text in [edn, history(), HOSTILE.to_owned()] {
        std::fs::write(&path, text).expect("written");
        for model in [
            "register",
            "cas-register",
            "list-append",
            "rw-register",
            "fifo-queue",
            "log",
            "set",
        ] {
            let words = ["check", "--model", model].map(OsStr::new);
            shown(&[&words[..], &[path.as_os_str()]].concat(), folder.path());
            shown(
                &[&words[..], &["--json".as_ref(), path.as_os_str()]].concat(),
                folder.path(),
            );
        }
    }
}

#[test]
fn errors_show_files_and_arguments_without_effect() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let name = hostile_name();
    let name = name.as_os_str();
    let missing = OsString::from(format!("{HOSTILE}.toml"));
    let word = OsStr::new;
    let value = OsString::from(format!("--seed={HOSTILE}"));
    let unknown = OsString::from(format!("--{HOSTILE}"));
    for words in [
        &[word("check"), name][..],
        &[word("check"), name, word("--model"), word(HOSTILE)],
        &[word("check"), name, word("--only"), word(HOSTILE)],
        &[word("check"), name, word("--promise"), word(HOSTILE)],
        &[word("export"), word("--edn"), name],
        &[word("figures"), name],
        &[word("report"), name],
        &[word("compare"), name, name],
        &[word("merge"), name],
        &[word("serve"), name],
        &[word("serve"), word(HOSTILE)],
        &[word("prepare"), word(HOSTILE)],
        &[word("broker"), word("--config"), name],
        &[word("run"), word(HOSTILE)],
        &[word("run"), word("--target"), &missing],
        &[word("run"), word("--target"), name],
        &[word("run"), word("--schedule"), name],
        &[word("run"), word("--faults"), word(HOSTILE)],
        &[word("run"), word("--plant"), word(HOSTILE)],
        &[word("run"), word("--workload"), word(HOSTILE)],
        &[word("run"), word("--out"), name],
        &[word("run"), &value],
        &[word("run"), &unknown],
        &[word("calibrate"), word(HOSTILE)],
        &[word("qualify"), word(HOSTILE)],
        &[word("qualify"), word("--accept=/nowhere"), word(HOSTILE)],
        &[word("bench"), word(HOSTILE)],
        &[word(HOSTILE)],
        &[name],
    ] {
        let text = shown(words, here);
        assert!(!text.is_empty(), "{words:?}");
    }
}

#[test]
fn mistakes_in_files_show_their_lines_without_effect() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let raw = HOSTILE.replace(['\n', '\r'], " ");
    let key = format!("\"a\\nfake: VALID\\u001b[2J{}\" = 1\n", "\u{202e}");
    let target = "name = \"x\"\nports = { kafka = 1 }\nnode = { command = [\"a\"] }\n";
    let suite = "name = \"mine\"\n[[scenario]]\nname = \"a\"\n";
    let texts = [
        format!("{key}{target}"),
        format!("name = \"{raw}\n"),
        format!("{target}# {raw}\nx = = {raw}\n"),
        format!("{target}[client]\n{key}"),
        format!("{target}[logs]\nshow = ['({raw}']\n"),
        format!("{target}[variables]\nx = \"{{env-fake}} \\nfake: VALID\"\n"),
        format!("{key}{suite}"),
        format!("{suite}workload = \"\\nfake: VALID\\u001b[2J\"\n"),
        format!("{suite}faults = \"\\nfake: VALID\\u202e\"\n"),
        format!("{suite}checks = [\"\\nfake: VALID\\u202e\"]\n"),
    ];
    for text in texts {
        let file = here.join("x.toml");
        std::fs::write(&file, &text).expect("written");
        let file = file.display().to_string();
        for words in [
            ["run", "--plan", "--target", &file],
            ["qualify", "--plan", "--seed=1", &file],
            ["prepare", "--check", &file, "--check"],
            ["broker", "--config", &file, "--config"],
        ] {
            let last = if words[3].starts_with("--") { 3 } else { 4 };
            assert!(!shown(&words[..last], here).is_empty(), "{words:?}: {text}");
        }
    }
}

#[test]
fn a_plan_shows_its_ids_without_effect() {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = Command::new(JEPSEN)
        .args(["run", "--plan", "--seed", "1"])
        .output();
    assert!(plan.expect("started").status.success());
    let window = json!({"id": HOSTILE, "at_ms": 5000, "kind": "pause", "role": "leader", "draw": 0, "duration_ms": 3000});
    let schedule = json!({"version": 1, "seed": 1, "time_limit_ms": 60000, "windows": [window]});
    let file = folder.path().join("faults.json");
    std::fs::write(&file, schedule.to_string()).expect("written");
    let words = [
        OsStr::new("run"),
        "--plan".as_ref(),
        "--schedule".as_ref(),
        file.as_os_str(),
    ];
    let text = shown(&words, folder.path());
    assert!(
        text.contains("pause") && text.contains("\\u{202e}"),
        "{text}"
    );
}
