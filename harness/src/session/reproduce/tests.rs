//! A shell executes what is printed, and a program in the place of this one says which words reach it.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use clap::Parser;

use super::*;
use crate::cli::Cli;

/// A program that prints its directory and its arguments, each with a byte 0 behind it.
const ECHO: &str =
    "#!/bin/sh\npwd | tr -d '\\n'\nprintf '\\0'\nfor word; do printf '%s\\0' \"$word\"; done\n";

/// A directory whose name a shell takes for several words, with the program in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let folder_path = folder.path().canonicalize().expect("there");
    let place = folder_path.join("it's a place; $HOME `x` \"y\"");
    std::fs::create_dir(&place).expect("made");
    let program = place.join("jepsen");
    std::fs::write(&program, ECHO).expect("written");
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).expect("changed");
    (folder, place)
}

/// The directory and the arguments with which a printed command starts the program, from the root.
fn executed(command: &str, path: Option<&Path>) -> (PathBuf, Vec<OsString>) {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir("/");
    if let Some(path) = path {
        let usual = std::env::var_os("PATH").unwrap_or_default();
        let all = std::iter::once(path.to_owned()).chain(std::env::split_paths(&usual));
        shell.env("PATH", std::env::join_paths(all).expect("no colon"));
    }
    let ended = shell.output().expect("started");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{command}: {said}");
    let words = ended.stdout.split(|byte| *byte == 0);
    let mut words: Vec<OsString> = words
        .map(|word| OsString::from_vec(word.to_vec()))
        .collect();
    words.pop();
    (PathBuf::from(words.remove(0)), words)
}

fn called(place: &Path, arguments: &[&str]) -> Called {
    Called {
        program: place.join("jepsen").into_os_string(),
        directory: Some(place.to_owned()),
        arguments: arguments.iter().map(OsString::from).collect(),
    }
}

/// Every option that matters reaches the program again, and the words are what the command line reads.
#[test]
fn a_printed_command_runs_with_all_that_mattered() {
    let (_folder, place) = place();
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("run", &[], &["run", "--seed", "0x7"]),
        ("run", &["default"], &["run", "default", "--seed", "0x7"]),
        (
            "run",
            &[
                "run",
                "process",
                "--seed",
                "3",
                "--repeat",
                "9",
                "--until-fail",
            ],
            &["run", "process", "--seed", "0x7"],
        ),
        (
            "run",
            &[
                "--seed=3",
                "--repeat=9",
                "-q",
                "--workload",
                "pipeline",
                "--load",
                "linger.ms=5",
            ],
            &[
                "run",
                "--workload",
                "pipeline",
                "--load",
                "linger.ms=5",
                "--seed",
                "0x7",
            ],
        ),
        (
            "run",
            &[
                "run",
                "--faults",
                "kill:leader,lossy-link=5%",
                "--time-limit",
                "5s",
                "--rate",
                "10",
                "--concurrency",
                "4",
                "--target",
                "my targets/it's.toml",
                "--promise",
                "no-idempotent",
                "--plant",
                "slow-leak=8@n2",
                "--mutant",
                "produce-never@n1",
                "--waivers",
                "known issues.toml",
                "--out",
                "my runs",
                "--keep",
                "3",
                "--keep-running",
                "-v",
            ],
            &[
                "run",
                "--faults",
                "kill:leader,lossy-link=5%",
                "--time-limit",
                "5s",
                "--rate",
                "10",
                "--concurrency",
                "4",
                "--target",
                "my targets/it's.toml",
                "--promise",
                "no-idempotent",
                "--plant",
                "slow-leak=8@n2",
                "--mutant",
                "produce-never@n1",
                "--waivers",
                "known issues.toml",
                "--out",
                "my runs",
                "--keep",
                "3",
                "--seed",
                "0x7",
            ],
        ),
        (
            "run",
            &[
                "run",
                "--schedule",
                "runs/latest/scenarios/default/faults.json",
                "--",
                "default",
            ],
            &[
                "run",
                "--schedule",
                "runs/latest/scenarios/default/faults.json",
                "--seed",
                "0x7",
                "--",
                "default",
            ],
        ),
        (
            "qualify",
            &[
                "qualify",
                "a suite.toml",
                "--repeat",
                "3",
                "--shard",
                "2/5",
                "--accept",
                "--json",
                "--against",
                "$x",
            ],
            &[
                "qualify",
                "a suite.toml",
                "--repeat",
                "3",
                "--shard",
                "2/5",
                "--against",
                "$x",
                "--seed",
                "0x7",
            ],
        ),
        (
            "upgrade",
            &[
                "upgrade",
                "--from",
                "apache-kafka-3.9.1",
                "--to",
                "a b.toml",
                "--roll-back",
                "--seed",
                "1",
            ],
            &[
                "upgrade",
                "--from",
                "apache-kafka-3.9.1",
                "--to",
                "a b.toml",
                "--roll-back",
                "--seed",
                "0x7",
            ],
        ),
    ];
    for (command, arguments, expected) in cases {
        let printed = called(&place, arguments).again(command, 7);
        let (directory, words) = executed(&printed, None);
        assert_eq!(directory, place, "{printed}");
        assert_eq!(words, *expected, "{printed}");
        let program = [OsString::from("jepsen")];
        Cli::try_parse_from(program.into_iter().chain(words)).expect("what the command line reads");
    }
}

#[test]
fn what_was_typed_is_printed_as_it_was() {
    let (_folder, place) = place();
    let typed = ["calibrate", "--seeds", "2", "--out", "a b", ""];
    let called = called(&place, &typed);
    let (directory, words) = executed(&called.here(called.arguments.clone()), None);
    assert_eq!(
        (directory, words),
        (place, typed.map(OsString::from).to_vec())
    );
}

#[test]
fn a_run_is_judged_again_from_anywhere_by_the_same_waivers() {
    let (_folder, place) = place();
    for waivers in [
        &["--waivers", "known issues.toml"][..],
        &["--waivers=known issues.toml"],
    ] {
        let printed = called(&place, waivers).check(Path::new("runs/1"));
        let (directory, words) = executed(&printed, None);
        assert_eq!(directory, Path::new("/"));
        let inside = |name: &str| place.join(name).into_os_string();
        let expected = [
            "check".into(),
            inside("runs/1"),
            "--waivers".into(),
            inside("known issues.toml"),
        ];
        assert_eq!(words, expected, "{printed}");
    }
    let (_, words) = executed(&called(&place, &[]).check(Path::new("/runs/1")), None);
    assert_eq!(words, ["check", "/runs/1"]);
}

#[test]
fn a_program_that_the_shell_finds_is_called_by_its_name() {
    let (_folder, place) = place();
    let own = place.join("jepsen");
    let name = || OsString::from("jepsen");
    let path = |places: &[&Path]| std::env::join_paths(places).ok();
    assert_eq!(
        program(
            name(),
            own.clone(),
            path(&[Path::new("/nowhere"), place.as_path()])
        ),
        "jepsen"
    );
    for path in [
        path(&[Path::new("/nowhere")]),
        path(&[Path::new(".")]),
        None,
    ] {
        assert_eq!(program(name(), own.clone(), path), *own.as_os_str());
    }
    assert_eq!(
        program("./jepsen".into(), own.clone(), path(&[place.as_path()])),
        *own.as_os_str()
    );
    let found = Called {
        program: name(),
        ..called(&place, &["list"])
    };
    let (directory, words) = executed(&found.here(found.arguments.clone()), Some(&place));
    assert_eq!((directory, words), (place, vec!["list".into()]));
}

#[test]
fn a_program_that_was_replaced_is_called_by_its_path() {
    let (_folder, place) = place();
    let own = place.join("jepsen");
    assert_eq!(without_mark(own.clone()), own);
    assert_eq!(without_mark(place.join("jepsen (deleted)")), own);
}

#[test]
fn words_of_any_bytes_reach_the_program() {
    let (_folder, place) = place();
    for bytes in [
        &b"a\xff"[..],
        b"a\nb%d\\n'\xe2\x80\xae",
        b"%s\x1b[2J",
        b"it's",
        b"$HOME `x` \"y\" \\ * ? ~ # ! & | ; < > ( ) { } [ ]",
        b"~",
        b"--a\xff",
        b"",
    ] {
        let word = OsStr::from_bytes(bytes);
        let printed = line(place.join("jepsen").as_os_str(), &[word.to_owned()]);
        assert!(!printed.chars().any(is_hidden), "{printed}");
        let (_, words) = executed(&printed, None);
        assert_eq!(words, [word], "{printed}");
    }
    assert_eq!(quoted(OsStr::new("a,b")), "a,b");
    assert_eq!(quoted(OsStr::new("a\u{202e}\n")), r"$'a\342\200\256\012'");
}
