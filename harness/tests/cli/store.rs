//! What stays in a directory of runs: whole files of concurrent writers, and older runs.

use std::path::Path;

use nix::fcntl::{Flock, FlockArg};
use reports::RunReport;

use crate::support::{command, finished, jepsen};

const USAGE: i32 = 254;

/// `report.part` served both report.json and report.html: of two writers one failed, and values were destroyed.
#[test]
fn reports_written_at_the_same_time_leave_everything_whole() {
    let out = tempfile::tempdir().expect("a folder");
    let run = finished(out.path(), "20260101T000000Z-1");
    for _ in 0..5 {
        let report = || {
            command(&[Path::new("report"), &run])
                .output()
                .expect("started")
        };
        let ended: Vec<_> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4).map(|_| scope.spawn(report)).collect();
            writers
                .into_iter()
                .map(|writer| writer.join().expect("ended"))
                .collect()
        });
        for output in ended {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success() && !said.contains("warning"),
                "{said}"
            );
        }
        let values = std::fs::read_to_string(run.join("report.json")).expect("values");
        serde_json::from_str::<RunReport>(&values).expect("values");
        let page = std::fs::read_to_string(run.join("report.html")).expect("a page");
        assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    }
    let names = std::fs::read_dir(&run).expect("a run").flatten();
    let names: Vec<_> = names.map(|entry| entry.file_name()).collect();
    assert!(
        !names
            .iter()
            .any(|name| name.to_string_lossy().contains("part")),
        "{names:?}"
    );
}

#[test]
fn a_run_in_progress_is_not_written_by_another_command() {
    let out = tempfile::tempdir().expect("a folder");
    let run = finished(out.path(), "20260101T000000Z-1");
    std::fs::remove_file(run.join("report.html")).expect("removed");
    let head = std::fs::File::open(run.join("run.json")).expect("there");
    let held = Flock::lock(head, FlockArg::LockExclusiveNonblock).expect("free");
    let report = jepsen(&[Path::new("report"), &run]);
    assert_eq!(report.code, USAGE, "{}", report.stderr);
    assert!(
        report.stderr.contains("another jepsen is writing this run"),
        "{}",
        report.stderr
    );
    assert!(!run.join("report.html").exists());
    drop(held);
    assert_eq!(jepsen(&[Path::new("report"), &run]).code, 0);
}

/// Old runs were removed before the new one had started, so a refused one left nothing.
#[test]
fn a_run_that_is_refused_replaces_no_older_one() {
    let out = tempfile::tempdir().expect("a folder");
    let runs = out.path().join("runs");
    let older = finished(&runs, "20260101T000000Z-1");
    let target = out.path().join("refused.toml");
    let text = "name = \"refused\"\nports = { kafka = 9092 }\nnode = { command = [\"/bin/true\"] }\n\
                [[file]]\npath = \"/proc/no/such/file\"\ntext = \"x\"\n";
    std::fs::write(&target, text).expect("written");
    let refused = jepsen(&[
        "run",
        "process",
        "--keep",
        "1",
        "--time-limit",
        "3s",
        "--target",
        &target.display().to_string(),
        "--out",
        &runs.display().to_string(),
    ]);
    assert!(
        matches!(refused.code, 253 | 254),
        "{} {}",
        refused.code,
        refused.stderr
    );
    assert!(older.join("results.json").exists(), "{}", refused.stderr);
}
