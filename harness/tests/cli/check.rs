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
    for name in [
        "missing",
        "valid/scenarios",
        "valid/scenarios/small/missing.jsonl",
    ] {
        let missing = check(name, &[]);
        assert_eq!(missing.code, 254, "{name}: {}", missing.stderr);
        assert!(
            missing.stderr.contains("neither a history file"),
            "{}",
            missing.stderr
        );
    }
}

#[test]
fn a_file_alone_is_judged_by_all_checks_or_those_named() {
    let file = "valid/scenarios/small/../small/history.jsonl";
    let all = check(file, &["--only", "log-order,lost-write"]);
    assert_eq!(all.code, 0, "{}", all.stdout);
    let json = check("invalid", &["--json"]);
    assert_eq!(json.code, 1);
    let verdicts: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert!(
        verdicts["verdicts"]
            .as_array()
            .is_some_and(|all| all.len() == 3)
    );
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
