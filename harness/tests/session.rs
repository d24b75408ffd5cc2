//! A session without a shell: a target whose nodes never form a cluster goes from resolve to publish, and all files of
//! a run exist. The case enters the sandbox, which must happen before the first thread starts, so this program starts
//! itself again for it. libtest would enter too late.
#![allow(clippy::print_stdout, missing_docs)]

use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;

use checkers::verdict::Validity;
use harness::config::plan;
use harness::config::plants::Plants;
use harness::config::scenario::Scenario;
use harness::config::target::Target;
use harness::exit;
use harness::session::publish::Conditions;
use harness::session::{Overrides, Publication, Session, resolve};
use harness::store::layout;

/// Asks a process to run the case, below this directory.
const OUT: &str = "JEPSEN_SESSION_TEST_OUT";

/// Its nodes run and never answer.
const STUB: &str = r#"
name = "stub"
description = "a program that is not a broker"
ports = { kafka = 29092 }
node = { command = ["sleep", "100"] }
limits = { formation_ms = 300, recovery_ms = 300 }
"#;

fn main() -> ExitCode {
    if let Some(out) = std::env::var_os(OUT) {
        plays_judges_and_publishes(Path::new(&out));
        return ExitCode::SUCCESS;
    }
    let out = tempfile::tempdir().expect("a folder");
    let own = std::env::current_exe().expect("this program has a path");
    let ended = Command::new(own).env(OUT, out.path()).output();
    let ended = ended.expect("this program starts again");
    let failed = !ended.status.success();
    let word = if failed { "FAILED" } else { "ok" };
    println!("test plays_judges_and_publishes ... {word}");
    if failed {
        println!("{}", String::from_utf8_lossy(&ended.stdout));
        println!("{}", String::from_utf8_lossy(&ended.stderr));
    }
    let (passed, failed) = if failed { (0, 1) } else { (1, 0) };
    println!("{passed} passed, {failed} failed");
    ExitCode::from(failed)
}

fn plays_judges_and_publishes(out: &Path) {
    let target = Arc::new(Target::parse(STUB, "stub.toml").expect("a right target"));
    let scenario = Scenario::plain("never", "nothing answers");
    let overrides = Overrides {
        faults: Some("kill:any".to_owned()),
        time_limit: Some(Duration::from_secs(20)),
        ..Overrides::default()
    };
    let case = resolve(&scenario, &overrides, &target, 7).expect("a case");
    let planned = case.plan.clone();
    assert!(!planned.windows.is_empty() && !case.needs_network);

    let session = Session::open_beside(out).expect("a process tree");
    let conditions = Conditions {
        target: &target,
        command: "jepsen run never".to_owned(),
        seed: 7,
        plants: &Plants::default(),
        suite: "",
    };
    let mut run = Publication::begin(&session, &conditions).expect("a directory");
    assert!(run.directory.path.join(layout::RUN).is_file());
    let directory = run.directory.scenario(&case.name).expect("a directory");
    let playing = session.play(case, &run.directory.id, &directory);
    let recorded = session.runtime.block_on(playing).expect("played");
    assert_eq!(
        plan::replay(&directory.join(layout::FAULTS)).expect("a plan"),
        planned
    );
    assert!(directory.join(layout::SCENARIO).is_file());
    assert!(!recorded.warnings.is_empty(), "that it never formed");

    let judged = recorded.judge().expect("judged");
    let formation = judged.judgement.verdict("formation").expect("a check");
    assert_eq!(formation.validity, Validity::Invalid);

    run.add(&recorded, &judged).expect("added");
    run.settle(&session, 1);
    assert_eq!(run.finish(&session, 20).expect("published"), exit::INVALID);
    for name in [
        layout::RESULTS,
        layout::METRICS,
        layout::REPORT_VALUES,
        layout::PAGE,
        layout::JUNIT,
    ] {
        assert!(run.directory.path.join(name).is_file(), "{name}");
    }
    assert!(directory.join(layout::VERDICT).is_file());
    assert!(directory.join(layout::HISTORY_COMPRESSED).is_file());
    assert!(!directory.join(layout::HISTORY).exists());
    let latest = std::fs::read_link(out.join(layout::LATEST)).expect("a link");
    assert_eq!(latest.to_string_lossy(), run.directory.id);
    session.leave();
}
