//! External errors are not bugs of the program: files that are missing or forbidden, a path that is not a directory, a
//! port that is taken, a full disk. Each ends with 253 or 254 and names its cause, never with 255.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::support::{Ended, JEPSEN, beside, command, ended, jepsen, skipped};

const MACHINE: i32 = 253;
const USAGE: i32 = 254;
/// The values of a run without scenarios.
const VALUES: &str = "{\"run\":{\"id\":\"r\"}}";

fn expect(ended: &Ended, code: i32, says: &str, what: &dyn std::fmt::Debug) {
    assert_eq!(ended.code, code, "{what:?}: {}", ended.stderr);
    assert!(ended.stderr.contains(says), "{what:?}: {}", ended.stderr);
}

#[test]
fn what_is_missing_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing").display().to_string();
    let run = folder.path().join("run");
    std::fs::create_dir(&run).expect("made");
    std::fs::write(run.join("report.json"), VALUES).expect("written");
    let run = run.display().to_string();
    let page = format!("{missing}/page.html");
    let cases: &[&[&str]] = &[
        &["run", "--target", &format!("{missing}.toml")],
        &["run", "--schedule", &missing],
        &["check", &missing],
        &["check", &missing, "--model", "register"],
        &["figures", &missing],
        &["export", "--edn", &missing],
        &["report", &missing],
        &["compare", &missing, &missing],
        &["compare", &run, &run, "--html", &page],
        &["merge", &missing],
        &["serve", &missing],
        &["qualify", "smoke", "--baseline", &missing, "--out", &run],
        &["broker", "--config", &missing],
        &["run", "--target", "127.0.0.1:1"],
    ];
    for arguments in cases {
        let named = match arguments.contains(&"127.0.0.1:1") {
            true => "no cluster answers at 127.0.0.1:1",
            false => &missing,
        };
        expect(&jepsen(arguments), USAGE, named, arguments);
    }
}

#[test]
fn a_file_is_no_place_for_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    let file = file.display().to_string();
    for arguments in [
        &["run", "process", "--out"][..],
        &["run", "incident", "--out"],
        &["calibrate", "startup-storm", "--out"],
        &["qualify", "smoke", "--out"],
        &["bench", "reference", "--out"],
        &["cluster", "--port", "23000", "--data"],
        &["report"],
        &["serve"],
    ] {
        let ended = jepsen(&[arguments, &[file.as_str()]].concat());
        // If a sandbox is refused, that is reported first.
        if ended.code != MACHINE {
            expect(&ended, USAGE, &file, &arguments);
        }
    }
    let below = format!("{file}/page.html");
    let run = folder.path().display().to_string();
    std::fs::write(folder.path().join("report.json"), VALUES).expect("written");
    let compare = ["compare", &run, &run, "--html", &below];
    expect(&jepsen(&compare), USAGE, "Not a directory", &compare);
}

/// Root may read everything, so the program then runs as the user `nobody`.
#[test]
fn what_may_not_be_read_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let locked = folder.path().join("locked");
    std::fs::create_dir(&locked).expect("made");
    std::fs::write(locked.join("report.json"), "{}").expect("written");
    let permit = |path: &Path, mode| {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("changed");
    };
    permit(folder.path(), 0o755);
    permit(&locked, 0o000);
    if nix::unistd::geteuid().is_root() {
        let tried = command(&["--version"]).uid(65_534).gid(65_534).output();
        if let Err(error) = tried {
            skipped("a folder that may not be read", &error.to_string());
            return;
        }
    }
    let inside = |name: &str| locked.join(name).display().to_string();
    let cases: &[&[&str]] = &[
        &["check", &inside("history.jsonl")],
        &["report", &inside("")],
        &["compare", &inside(""), &inside("")],
        &["merge", &inside("")],
        &["run", "--target", &inside("target.toml")],
        &["run", "--schedule", &inside("faults.json")],
        &["run", "process", "--out", &inside("runs")],
        &["serve", &inside("runs")],
    ];
    for arguments in cases {
        let mut command = command(arguments);
        if nix::unistd::geteuid().is_root() {
            command.uid(65_534).gid(65_534);
        }
        let ended = ended(&mut command);
        let code = ended.code;
        assert!(
            matches!(code, MACHINE | USAGE),
            "{arguments:?}: {code} {}",
            ended.stderr
        );
        assert!(!ended.stderr.is_empty(), "{arguments:?}");
    }
    permit(&locked, 0o700);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let address = format!("127.0.0.1:{port}");
    let serve = ["serve", env!("CARGO_MANIFEST_DIR"), "--addr", &address];
    expect(&jepsen(&serve), USAGE, &address, &serve);
    let cluster = ["cluster", "--port", &port.to_string()];
    expect(&jepsen(&cluster), USAGE, &address, &cluster);
}

#[test]
fn a_full_standard_output_is_named() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let history = beside("histories/valid").display().to_string();
    let export = ["export", "--edn", &history];
    let ended = ended_with(command(&export), full.expect("a device that is full"));
    expect(&ended, MACHINE, "No space left", &export);
}

fn ended_with(mut command: Command, out: std::fs::File) -> Ended {
    let child = command
        .stdout(out)
        .stderr(std::process::Stdio::piped())
        .spawn();
    let output = child.expect("started").wait_with_output().expect("ended");
    Ended {
        code: output.status.code().expect("an exit code"),
        stdout: String::new(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A separate disk in a separate namespace. It is full after `inodes` files.
fn on_a_disk_of(inodes: u32, disk: &Path, arguments: &[&str]) -> Command {
    let script = "mount -t tmpfs -o \"size=1g,nr_inodes=$0\" none \"$1\" && shift && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
    command.arg(inodes.to_string()).arg(disk);
    command.args(arguments);
    command
}

#[test]
fn a_full_disk_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = folder.path();
    let place = disk.display().to_string();
    let tried = on_a_disk_of(9, disk, &["true"]).output();
    let permitted = tried.as_ref().is_ok_and(|output| output.status.success());
    if !permitted {
        skipped("a full disk", &format!("{tried:?}"));
        return;
    }
    let run = ["run", "process", "--time-limit", "1s", "--out"];
    for (inodes, arguments) in [
        // Full at the run's first file, at its plan, at its history, at the files of its nodes.
        (3, &run[..]),
        (4, &run),
        (5, &run),
        (6, &run),
        (8, &run),
        (4, &["run", "incident", "--out"]),
        (2, &["calibrate", "startup-storm", "--seeds", "1", "--out"]),
        (4, &["calibrate", "startup-storm", "--seeds", "1", "--out"]),
        (4, &["bench", "reference", "--repetitions", "1", "--out"]),
        (4, &["qualify", "smoke", "--out"]),
    ] {
        let words = [&[JEPSEN][..], arguments, &[place.as_str()]].concat();
        let ended = ended(&mut on_a_disk_of(inodes, disk, &words));
        let says = match &ended.stderr {
            said if said.contains("no private network") => "jepsen doctor",
            // Noticed by the number of free files, before a write failed.
            said if said.contains("the disk became full") => "name another place",
            _ => "No space left",
        };
        expect(&ended, MACHINE, says, &(inodes, arguments));
    }
}
