//! Standard output that cannot be written: a full disk, a limit, a descriptor that is closed for writing. The exit code is
//! then neither 0 nor 255. A reader that closes the pipe is not an error.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{JEPSEN, beside, finished, limit_files};

const INVALID: i32 = 1;
const MACHINE: i32 = 253;

/// The commands that write to standard output and run no nodes, with the exit code of the command itself. Their files are
/// in this directory.
fn commands(folder: &Path) -> Vec<(Vec<String>, i32)> {
    let history = |name: &str| beside(&format!("histories/{name}")).display().to_string();
    let (valid, invalid, undecided) = (history("valid"), history("invalid"), history("undecided"));
    let run = finished(folder, "20260101T000000Z-1");
    let edn = folder.join("history.edn");
    let text = "{:process 0, :type :invoke, :f :write, :value 1}\n{:process 0, :type :ok, :f :write, :value 1}\n";
    std::fs::write(&edn, text).expect("written");
    let (run, edn) = (run.display().to_string(), edn.display().to_string());
    let cases: &[(&[&str], i32)] = &[
        (&["--help"], 0),
        (&["run", "--help"], 0),
        (&["help", "check"], 0),
        (&["--version"], 0),
        (&["list"], 0),
        (&["list", "faults", "--json"], 0),
        (&["check", &valid], 0),
        (&["check", &valid, "--json"], 0),
        (&["check", &undecided], 2),
        (&["check", &undecided, "--json"], 2),
        (&["check", &invalid], INVALID),
        (&["check", &invalid, "--json"], INVALID),
        (&["check", &edn, "--model", "register"], 0),
        (&["check", &edn, "--model", "register", "--json"], 0),
        (&["export", "--edn", &valid], 0),
        (&["figures", &valid], 2),
        (&["figures", &valid, "--json"], 2),
        (&["compare", &run, &run], 0),
        (&["compare", &run, &run, "--json"], 0),
        (&["report", &run], 0),
        (&["run", "--plan"], 0),
        (&["run", "incident", "--plan"], 0),
        (&["qualify", "smoke", "--plan"], 0),
        (&["qualify", "smoke", "--plan", "--json"], 0),
    ];
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    cases
        .iter()
        .map(|(words, code)| (owned(words), *code))
        .collect()
}

struct Lost {
    code: Option<i32>,
    stderr: String,
}

fn ended(words: &[String], out: Stdio, limit: Option<u64>) -> Lost {
    let mut command = Command::new(JEPSEN);
    command.args(words).stdout(out).stderr(Stdio::piped());
    if let Some(bytes) = limit {
        limit_files(&mut command, bytes);
    }
    let output = command.spawn().expect("started").wait_with_output();
    let output = output.expect("ended");
    let stderr = String::from_utf8(output.stderr).expect("text");
    for panic in ["panicked at", "this is a bug of jepsen"] {
        assert!(!stderr.contains(panic), "{words:?}: {stderr}");
    }
    Lost {
        code: output.status.code(),
        stderr,
    }
}

fn expect_lost(words: &[String], own: i32, lost: &Lost, code: i32, why: &str) {
    // Invalid outranks everything.
    let expected = if own == INVALID { INVALID } else { code };
    assert_eq!(lost.code, Some(expected), "{words:?}: {}", lost.stderr);
    assert!(
        lost.stderr.contains("standard output") && lost.stderr.contains(why),
        "{words:?}: {}",
        lost.stderr
    );
}

#[test]
fn a_full_disk_below_standard_output_is_253() {
    let folder = tempfile::tempdir().expect("a folder");
    for (words, own) in commands(folder.path()) {
        let full = OpenOptions::new().write(true).open("/dev/full");
        let lost = ended(&words, full.expect("a device that is full").into(), None);
        expect_lost(&words, own, &lost, MACHINE, "No space left");
    }
}

#[test]
fn a_limit_of_the_size_of_files_is_253() {
    let folder = tempfile::tempdir().expect("a folder");
    for (words, own) in commands(folder.path()) {
        let file = File::create(folder.path().join("out")).expect("a file");
        // A page has no place within the limit either.
        if words[0] != "report" {
            let lost = ended(&words, file.into(), Some(3));
            expect_lost(&words, own, &lost, MACHINE, "File too large");
        }
    }
}

#[test]
fn a_descriptor_that_is_not_open_for_writing_is_253() {
    let folder = tempfile::tempdir().expect("a folder");
    for (words, own) in commands(folder.path()) {
        let closed = File::open("/dev/null").expect("a device");
        let lost = ended(&words, closed.into(), None);
        expect_lost(&words, own, &lost, MACHINE, "Bad file descriptor");
    }
}

/// `jepsen list >&-`
#[test]
fn a_closed_descriptor_is_253() {
    let folder = tempfile::tempdir().expect("a folder");
    for (words, own) in commands(folder.path()) {
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$0\" \"$@\" >&-", JEPSEN]);
        let output = shell.args(&words).output().expect("started");
        let lost = Lost {
            code: output.status.code(),
            stderr: String::from_utf8(output.stderr).expect("text"),
        };
        expect_lost(&words, own, &lost, MACHINE, "Bad file descriptor");
    }
}

/// `jepsen list | head -1`: the reader has what it wanted, so the command's own exit code counts, and nothing is said.
#[test]
fn a_reader_that_closes_the_pipe_ends_the_command_quietly() {
    let folder = tempfile::tempdir().expect("a folder");
    for (words, own) in commands(folder.path()) {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let lost = ended(&words, writer.into(), None);
        assert_eq!(lost.code, Some(own), "{words:?}: {}", lost.stderr);
        let said = &lost.stderr;
        assert!(!said.contains("standard output"), "{words:?}: {said}");
    }
}

#[test]
fn doctor_says_that_its_output_was_lost() {
    let full = OpenOptions::new().write(true).open("/dev/full");
    let lost = ended(&["doctor".to_owned()], full.expect("a device").into(), None);
    assert_eq!(lost.code, Some(MACHINE), "{}", lost.stderr);
    assert!(lost.stderr.contains("No space left"), "{}", lost.stderr);
}

#[test]
fn what_has_no_end_does_not_start_without_its_first_line() {
    let full = OpenOptions::new().write(true).open("/dev/full");
    let mut command = Command::new(JEPSEN);
    command.args(["serve", env!("CARGO_MANIFEST_DIR"), "--addr", "127.0.0.1:0"]);
    command
        .stdout(full.expect("a device"))
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("started");
    for _ in 0..300 {
        if let Some(status) = child.try_wait().expect("waited") {
            assert_eq!(status.code(), Some(MACHINE));
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    child.kill().and_then(|()| child.wait()).expect("ended");
    panic!("it serves, but nobody can know where");
}
