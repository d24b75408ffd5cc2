//! A disk that another program fills while a run is in progress. The run ends early and says so, with a page; it is
//! undecided and stays so when it is judged again. It is never a finding about the broker.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::statvfs::statvfs;
use serde_json::Value;

use crate::image::{Mounted, make, program, runs};

/// When the disk is filled, by a line of the history.
const MOMENTS: [(&str, &str); 4] = [
    ("formation", r#""phase":"formation""#),
    ("load", r#""f":"append""#),
    ("final reads", r#""phase":"final""#),
    ("judging", r#""phase":"done""#),
];

#[test]
fn a_full_disk_is_reported_as_such() {
    let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let image = scratch.path().join("image");
    for (moment, line) in MOMENTS {
        let mounted =
            make(&image).and_then(|()| Mounted::mount(&image, &scratch.path().join("at")));
        let mounted = match mounted {
            Ok(mounted) => mounted,
            Err(why) => {
                println!("SKIPPED: a full disk: {why}");
                return;
            }
        };
        if !on(&mounted.out(), moment, line) {
            println!("SKIPPED: a full disk: this machine cannot run the scenario");
            return;
        }
    }
}

/// False if the machine cannot run the scenario.
fn on(out: &Path, moment: &str, line: &str) -> bool {
    let mut run = Command::new(program())
        .args([
            "run",
            "--faults",
            "none",
            "--time-limit",
            "4s",
            "--seed",
            "1",
            "--out",
        ])
        .arg(out)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let history = out.join("latest/scenarios/default/history.jsonl");
    let deadline = Instant::now() + Duration::from_secs(60);
    let met = loop {
        let text = std::fs::read_to_string(&history).unwrap_or_default();
        if text.contains(line) {
            break true;
        }
        if run.try_wait().expect("asked").is_some() || Instant::now() > deadline {
            break false;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let filler = out.parent().expect("a mount").join("filler");
    fill(&filler);
    let output = run.wait_with_output().expect("ended");
    let (code, said) = (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr),
    );
    if code == Some(253) && !met {
        return false;
    }
    let run = runs(out).pop().expect("a run");
    // What was complete before the disk became full keeps its verdict.
    let ended_before = !met || moment == "judging";
    let expected: &[i32] = if ended_before { &[0, 2] } else { &[2] };
    assert!(
        code.is_some_and(|code| expected.contains(&code)),
        "{moment}: {code:?} {said}"
    );
    let results = std::fs::read(run.join("results.json")).expect("results");
    let results: Value = serde_json::from_slice(&results).expect("results");
    assert_eq!(
        results["exit_code"].as_i64(),
        code.map(i64::from),
        "{moment}"
    );
    let page = std::fs::read_to_string(run.join("report.html")).expect("a page");
    assert!(page.contains("</html>"), "{moment}: {} bytes", page.len());
    if !ended_before {
        assert!(said.contains("is full"), "{moment}: {said}");
        assert!(page.contains("disk"), "{moment}");
        let lines = std::fs::read_to_string(run.join("scenarios/default/history.jsonl"))
            .or_else(|_| unpacked(&run.join("scenarios/default/history.jsonl.zst")))
            .expect("a history");
        assert!(lines.contains(r#""type":"shortage""#), "{moment}");
    }
    let check = Command::new(program())
        .arg("check")
        .arg(&run)
        .output()
        .expect("started");
    let said = String::from_utf8_lossy(&check.stdout);
    assert_eq!(check.status.code(), code, "{moment}: {said}");
    println!(
        "filled in {moment:12} exit {code:?}, {} bytes of page",
        page.len()
    );
    true
}

/// Takes all space that is left.
fn fill(filler: &Path) {
    let file = File::create(filler).expect("a file");
    let mut at = 0;
    loop {
        let stat = statvfs(filler).expect("mounted");
        let free = stat.blocks_available() * stat.fragment_size();
        let mut piece = i64::try_from(free).expect("a size");
        while piece >= 4096 {
            if fallocate(file.as_fd(), FallocateFlags::empty(), at, piece).is_ok() {
                at += piece;
                break;
            }
            piece /= 2;
        }
        if piece < 4096 {
            return;
        }
    }
}

fn unpacked(path: &Path) -> std::io::Result<String> {
    let bytes = zstd::stream::decode_all(File::open(path)?)?;
    String::from_utf8(bytes).map_err(std::io::Error::other)
}
