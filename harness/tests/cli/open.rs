//! `--open`: the page that was written is shown, once, by the browser of the user. Without one there is a note.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use crate::support::{command, ended, finished};

/// A browser that writes its arguments into a pipe, which this side reads.
struct Recorder {
    program: PathBuf,
    shown: mpsc::Receiver<String>,
}

impl Recorder {
    fn new(folder: &Path) -> Recorder {
        let (pipe, program) = (folder.join("pipe"), folder.join("browser"));
        let mode = nix::sys::stat::Mode::S_IRWXU;
        nix::unistd::mkfifo(&pipe, mode).expect("a pipe");
        let script = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > '{}'\n", pipe.display());
        std::fs::write(&program, script).expect("written");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))
            .expect("runnable");
        let (sender, shown) = mpsc::channel();
        std::thread::spawn(move || {
            while sender
                .send(std::fs::read_to_string(&pipe).unwrap_or_default())
                .is_ok()
            {}
        });
        Recorder { program, shown }
    }

    fn shown(&self) -> String {
        let patience = Duration::from_secs(60);
        self.shown
            .recv_timeout(patience)
            .expect("a browser was started")
    }
}

#[test]
fn the_page_is_shown_in_the_browser() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = finished(&folder.path().join("my runs"), "20261130T000000Z-00000007");
    let browser = Recorder::new(folder.path());
    let page = run.join("report.html").canonicalize().expect("a page");
    let report = |browser: &str, more: &[&str]| {
        let mut report =
            command(&[&["report", "my runs/20261130T000000Z-00000007"], more].concat());
        ended(report.current_dir(folder.path()).env("BROWSER", browser))
    };
    let program = browser.program.display().to_string();
    assert_eq!(report(&program, &["--open"]).code, 0);
    assert_eq!(browser.shown(), format!("{}\n", page.display()));
    // With the page in the place that the user names.
    let placed = format!("/nonexistent/browser:{program} --url=%s --new:{program}");
    assert_eq!(report(&placed, &["--open"]).code, 0);
    assert_eq!(
        browser.shown(),
        format!("--url={}\n--new\n", page.display())
    );
    // Never unless it is asked for.
    assert_eq!(report(&program, &[]).code, 0);
    assert!(browser.shown.try_recv().is_err());
}

#[test]
fn a_missing_browser_is_a_note() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = finished(folder.path(), "20261130T000000Z-00000007");
    let mut report = command(&[Path::new("report"), &run, Path::new("--open")]);
    let noted = ended(report.env("PATH", folder.path()).env_remove("BROWSER"));
    assert_eq!(noted.code, 0);
    let says =
        noted.stderr.contains("--open found no browser") && noted.stderr.contains("report.html");
    assert!(says, "{}", noted.stderr);
}

#[test]
fn only_a_page_can_be_shown() {
    for (arguments, says) in [
        (["compare", "a", "b", "--open"].as_slice(), "--html"),
        (&["run", "--plan", "--open"], "--plan"),
        (&["qualify", "--plan", "--open"], "--plan"),
        (&["list", "--open"], "unexpected argument"),
    ] {
        let refused = ended(&mut command(arguments));
        assert_eq!(refused.code, 254, "{arguments:?}");
        assert!(
            refused.stderr.contains(says),
            "{arguments:?}: {}",
            refused.stderr
        );
    }
}
