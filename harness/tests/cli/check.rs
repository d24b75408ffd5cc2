//! `jepsen check` of stored histories: the verdict decides the exit code.

use crate::support::{Ended, beside, jepsen};

fn check(name: &str, more: &[&str]) -> Ended {
    let path = beside(&format!("histories/{name}")).display().to_string();
    jepsen(&[&["check", &path], more].concat())
}

#[test]
fn the_verdict_decides_the_exit_code() {
    let valid = check("valid", &[]);
    assert_eq!((valid.code, valid.stderr.as_str()), (0, ""));
    assert!(valid.stdout.starts_with("valid  "), "{}", valid.stdout);
    let invalid = check("invalid", &[]);
    assert_eq!(invalid.code, 1, "{}", invalid.stderr);
    let found = "1 acknowledged record missing, at t0/0 offset 99";
    assert!(invalid.stdout.contains(found), "{}", invalid.stdout);
    let undecided = check("undecided", &[]);
    assert_eq!(undecided.code, 2, "{}", undecided.stderr);
    assert!(
        undecided.stdout.contains("too little evidence"),
        "{}",
        undecided.stdout
    );
}

#[test]
fn a_torn_last_line_is_a_warning() {
    let torn = check("torn", &[]);
    assert_eq!(torn.code, 0, "{}", torn.stderr);
    assert!(torn.stderr.contains("line 6 is torn"), "{}", torn.stderr);
}

#[test]
fn what_is_missing_is_254() {
    for (name, says) in [
        ("missing", "there is no such file"),
        ("valid/scenarios", "neither a history file"),
        (
            "valid/scenarios/small/missing.jsonl",
            "there is no such file",
        ),
    ] {
        let missing = check(name, &[]);
        assert_eq!(missing.code, 254, "{name}: {}", missing.stderr);
        assert!(missing.stderr.contains(says), "{}", missing.stderr);
    }
}

#[test]
fn a_file_alone_is_judged_by_all_checks_or_those_named() {
    let file = "valid/scenarios/small/../small/history.jsonl";
    let all = check(file, &["--only", "log-order,lost-write"]);
    assert_eq!(all.code, 0, "{}", all.stdout);
    let json = check("invalid", &["--json"]);
    assert_eq!(json.code, 1);
    let document: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    let verdicts = &document["histories"][0]["judgement"]["verdicts"];
    assert!(verdicts.as_array().is_some_and(|all| all.len() == 3));
}

#[test]
fn several_histories_are_one_document() {
    let path = |name: &str| beside(&format!("histories/{name}")).display().to_string();
    let (valid, invalid) = (path("valid"), path("invalid"));
    let json = jepsen(&["check", "--json", &valid, &invalid]);
    assert_eq!((json.code, json.stderr.as_str()), (1, ""));
    let document: serde_json::Value = serde_json::from_str(&json.stdout).expect("one document");
    assert_eq!(document["schema"], 1);
    assert_eq!(
        (&document["validity"], &document["exit_code"]),
        (&"invalid".into(), &1.into())
    );
    let of = |at: usize, field: &str| document["histories"][at][field].clone();
    assert_eq!([of(0, "validity"), of(1, "validity")], ["valid", "invalid"]);
    assert!(
        of(1, "path")
            .as_str()
            .is_some_and(|path| path.contains("histories/invalid"))
    );
}

/// `-q` leaves the verdict lines; `-v` adds what is done, on standard error.
#[test]
fn less_and_more_is_printed_as_asked() {
    let plain = check("invalid", &[]);
    let quiet = check("invalid", &["-q"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (1, ""));
    assert!(
        plain.stdout.contains("promised") && !quiet.stdout.contains("promised"),
        "{}",
        quiet.stdout
    );
    assert!(
        quiet.stdout.starts_with("invalid  ") && quiet.stdout.contains("lost write"),
        "{}",
        quiet.stdout
    );
    let verbose = check("invalid", &["-v"]);
    assert_eq!((verbose.code, &verbose.stdout), (1, &plain.stdout));
    assert!(
        verbose.stderr.contains("reading ") && plain.stderr.is_empty(),
        "{}",
        verbose.stderr
    );
    let torn = check("torn", &["--quiet"]);
    assert_eq!((torn.code, torn.stderr.as_str()), (0, ""));
    let missing = check("missing", &["--quiet"]);
    assert!(
        missing.stderr.contains("there is no such file"),
        "{}",
        missing.stderr
    );
}

#[test]
fn what_judges_nothing_is_undecided() {
    let folder = tempfile::tempdir().expect("a folder");
    let header = "{\"format\":\"jepsen-history\",\"version\":1}\n";
    std::fs::write(folder.path().join("history.jsonl"), header).expect("written");
    let file = folder.path().join("history.jsonl").display().to_string();
    let empty = folder.path().join("empty").display().to_string();
    std::fs::write(&empty, "").expect("written");
    // The scenario asked for three checks, and this is none of them.
    let run = beside("histories/valid").display().to_string();
    for arguments in [
        &["check", &file][..],
        &["check", "--model", "kafka", &file],
        &["check", "--model", "log", &file],
        &["check", "--model", "register", &empty],
        &["check", "--model", "list-append", &empty],
        &["check", "--only", "recovery", &run],
    ] {
        let ended = jepsen(arguments);
        assert_eq!(
            ended.code, 2,
            "{arguments:?}: {}{}",
            ended.stdout, ended.stderr
        );
    }
}

#[test]
fn damage_is_reported_whichever_checks_are_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = folder.path().join("scenarios/small");
    std::fs::create_dir_all(&scenario).expect("made");
    let history = beside("histories/valid/scenarios/small/history.jsonl");
    let packed = zstd::encode_all(std::fs::read(history).expect("read").as_slice(), 3);
    let mut packed = packed.expect("packed");
    packed.truncate(packed.len() - 5);
    let path = scenario.join("history.jsonl.zst");
    std::fs::write(&path, packed).expect("written");
    let (run, file) = (
        folder.path().display().to_string(),
        path.display().to_string(),
    );
    let whole = jepsen(&["check", "--only", "lost-write", &run]);
    assert_eq!(whole.code, 2, "{}", whole.stderr);
    assert!(whole.stdout.contains("history damaged"), "{}", whole.stdout);
    let alone = jepsen(&["check", &file]);
    assert_eq!(alone.code, 254, "{}", alone.stdout);
    assert!(alone.stderr.contains("damaged or cut"), "{}", alone.stderr);
}

#[test]
fn the_worst_of_several_counts() {
    let path = |name: &str| beside(&format!("histories/{name}")).display().to_string();
    let both = jepsen(&[
        "check",
        &path("undecided"),
        &path("invalid"),
        &path("valid"),
    ]);
    assert_eq!(both.code, 1, "{}", both.stderr);
    assert!(both.stdout.contains("valid  ") && both.stdout.contains("undecided  "));
}
