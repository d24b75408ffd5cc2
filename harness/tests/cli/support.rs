//! Starts the program and waits for it. It must never show a panic, with any arguments.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::session::publish::write_results;
use reports::RunReport;

/// How the program ended.
pub(crate) struct Ended {
    /// Its exit code.
    pub(crate) code: i32,
    /// What it wrote to standard output.
    pub(crate) stdout: String,
    /// What it wrote to standard error.
    pub(crate) stderr: String,
}

/// The program.
pub(crate) const JEPSEN: &str = env!("CARGO_BIN_EXE_jepsen");

/// The program with these arguments, not yet started.
pub(crate) fn command<S: AsRef<OsStr>>(arguments: &[S]) -> Command {
    let mut command = Command::new(JEPSEN);
    command.args(arguments);
    command
}

/// Runs the program.
pub(crate) fn jepsen<S: AsRef<OsStr>>(arguments: &[S]) -> Ended {
    ended(&mut command(arguments))
}

/// Runs a command that ends as the program does.
pub(crate) fn ended(command: &mut Command) -> Ended {
    let output = command.env_remove("RUST_LOG").output().expect("started");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let ended = Ended {
        code: output.status.code().expect("an exit code"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    };
    for panic in ["panicked at", "this is a bug of jepsen", "RUST_BACKTRACE"] {
        assert!(
            !ended.stderr.contains(panic),
            "{command:?}: {}",
            ended.stderr
        );
    }
    ended
}

/// Limits the size of the files that a command may write, as `ulimit -f` does.
pub(crate) fn limit_files(command: &mut Command, bytes: u64) {
    let limit = nix::libc::rlimit {
        rlim_cur: bytes,
        rlim_max: bytes,
    };
    // SAFETY: setrlimit is a system call that reads one live value, and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            match nix::libc::setrlimit(nix::libc::RLIMIT_FSIZE, &raw const limit) {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            }
        });
    }
}

/// A file or folder next to the tests.
pub(crate) fn beside(path: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", path].iter().collect()
}

/// Reports what could not be tested here, past the test runner, which hides the output of a passing test.
pub(crate) fn skipped(what: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}: {why}");
}

/// A finished run below `out`, without scenarios.
pub(crate) fn finished(out: &Path, id: &str) -> PathBuf {
    let run = out.join(id);
    std::fs::create_dir_all(run.join("scenarios")).expect("made");
    let mut report = RunReport::default();
    report.run.id = id.to_owned();
    let head = serde_json::to_string(&report).expect("values");
    std::fs::write(run.join("run.json"), head).expect("written");
    write_results(&run, &mut report, &Default::default()).expect("written");
    run
}
