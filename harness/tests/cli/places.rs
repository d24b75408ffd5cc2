//! Files and directories that cannot be written: each ends with 253 or 254, names the path and says why. None is a
//! success, and none a bug of the program.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{JEPSEN, command, ended, finished, jepsen, skipped};

const MACHINE: i32 = 253;
const USAGE: i32 = 254;

fn run_in(folder: &Path) -> PathBuf {
    let run = finished(folder, "20260101T000000Z-1");
    // Only this test's program writes it.
    std::fs::remove_file(run.join("report.html")).expect("removed");
    run
}

/// A page at a place that is missing, a loop of links, below a file, a directory, too long, read-only.
#[test]
fn a_page_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = run_in(folder.path()).display().to_string();
    let place = |name: &str| folder.path().join(name).display().to_string();
    symlink("loop", folder.path().join("loop")).expect("linked");
    std::fs::write(folder.path().join("file"), "").expect("written");
    std::fs::create_dir(folder.path().join("folder.html")).expect("made");
    std::fs::write(folder.path().join("folder.html/x"), "").expect("written");
    for (page, says) in [
        (place("missing/page.html"), "No such file"),
        (place("loop/page.html"), "Too many levels of symbolic links"),
        (place("file/page.html"), "Not a directory"),
        (place("folder.html"), "s a directory"),
        (
            place(&format!("{}.html", "x".repeat(300))),
            "File name too long",
        ),
    ] {
        let ended = jepsen(&["compare", &run, &run, "--html", &page]);
        assert_eq!(ended.code, USAGE, "{page}: {}", ended.stderr);
        let named = ended.stderr.contains(&page);
        assert!(
            named && ended.stderr.contains(says),
            "{page}: {}",
            ended.stderr
        );
    }
}

#[test]
fn a_report_without_its_page_is_not_a_success() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = run_in(folder.path());
    // A directory with the page's name: nothing replaces it, not even for root.
    let page = run.join("report.html");
    std::fs::create_dir(&page).expect("made");
    std::fs::write(page.join("x"), "").expect("written");
    let ended = jepsen(&["report".as_ref(), run.as_os_str()]);
    assert_eq!(ended.code, USAGE, "{}", ended.stderr);
    assert!(ended.stderr.contains("report.html"), "{}", ended.stderr);
    assert_eq!(
        ended.stdout, "",
        "it printed the path of a page that it did not write"
    );
}

/// A disk that is full, and one that is read-only, in a namespace of the test's own.
#[test]
fn a_report_on_a_bad_disk_is_not_a_success() {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = folder.path().display().to_string();
    let run = format!("{disk}/run");
    let other = tempfile::tempdir().expect("a folder");
    let source = run_in(other.path()).display().to_string();
    let prepare = format!("mount -t tmpfs -o size=64k none \"$0\" && cp -r {source} \"$0/run\"");
    let on_disk = |then: &str| {
        let script = format!("{prepare} && {then} && exec \"$@\"");
        let mut command = Command::new("unshare");
        command.args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            &script,
            &disk,
        ]);
        command
    };
    let tried = on_disk("true").arg("true").output();
    if !tried.as_ref().is_ok_and(|output| output.status.success()) {
        skipped("a bad disk", &format!("{tried:?}"));
        return;
    }
    let fill = "{ dd if=/dev/zero of=\"$0/fill\" bs=4k 2>/dev/null || true; }";
    let read_only = "mount -o remount,ro \"$0\"";
    for (then, code, says) in [
        (fill, MACHINE, "No space left"),
        (read_only, USAGE, "Read-only file system"),
    ] {
        let ended = ended(on_disk(then).args([JEPSEN, "report", &run]));
        assert_eq!(ended.code, code, "{then}: {}", ended.stderr);
        let named = ended.stderr.contains("/run/");
        assert!(named && ended.stderr.contains(says), "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
}

/// A directory whose path no target can quote is refused before anything is written. `node.toml` was broken by it, and
/// the broker was blamed.
#[test]
fn a_path_that_no_target_can_quote_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let names: [&[u8]; 8] = [
        b"a\nb",
        b"a\"b",
        b"a'b",
        b"a\\b",
        b"a`b",
        b"a$HOME",
        b"a\x1b[2J",
        b"a\xff",
    ];
    for name in names {
        let out = folder.path().join(std::ffi::OsStr::from_bytes(name));
        for arguments in [
            &["run", "process", "--time-limit", "1s", "--out"][..],
            &["run", "incident", "--out"],
            &["qualify", "smoke", "--out"],
            &["bench", "reference", "--out"],
            &["calibrate", "startup-storm", "--out"],
            &["cluster", "--port", "23100", "--data"],
        ] {
            let ended = ended(command(arguments).arg(&out));
            assert_eq!(ended.code, USAGE, "{out:?} {arguments:?}: {}", ended.stderr);
            let says = "cannot contain; name another directory";
            assert!(ended.stderr.contains(says), "{out:?}: {}", ended.stderr);
            let last = ended.stderr.lines().last().unwrap_or_default();
            assert!(
                last.contains("--out ") || last.contains("--data "),
                "{last}"
            );
            assert!(!out.exists(), "{out:?} {arguments:?}");
        }
    }
}
