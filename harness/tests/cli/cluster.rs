//! `jepsen cluster`: where it writes, what it leaves behind, and which links it follows.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{command, skipped};

const USAGE: i32 = 254;

/// Where the next search for ports begins. Tests run at the same time, and none may be given what another has just found.
static NEXT: AtomicU16 = AtomicU16::new(21_000);

/// Six free ports in the order that the command uses; the first one.
fn free_ports() -> u16 {
    loop {
        let base = NEXT.fetch_add(7, Ordering::Relaxed);
        assert!(base < 29_000, "no six free ports below 29000");
        let all = [0, 1, 2, 100, 101, 102];
        let bind = |offset: &u16| TcpListener::bind(("127.0.0.1", base + offset)).is_ok();
        if all.iter().all(bind) {
            return base;
        }
    }
}

/// A cluster that is up, with the directory that it names. Dropping it ends it.
struct Up {
    child: Child,
    place: PathBuf,
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a cluster with these arguments and waits until it is up; or what it said before it ended, with its exit code.
/// Where another program took a port meanwhile, it tries others.
fn start(arguments: &[&str], temporary: &Path) -> Result<Up, (Option<i32>, String)> {
    loop {
        match start_once(arguments, temporary) {
            Err((_, said)) if said.contains("Address already in use") => {}
            other => return other,
        }
    }
}

fn start_once(arguments: &[&str], temporary: &Path) -> Result<Up, (Option<i32>, String)> {
    let port = free_ports().to_string();
    let mut child = command(&[&["cluster", "--port", &port], arguments].concat())
        .env("TMPDIR", temporary)
        .env("JEPSEN_TEST_TOKEN", "token-of-the-tests")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let mut said = Vec::new();
    for line in lines.map_while(Result::ok) {
        let place = line
            .split_once("data in ")
            .and_then(|(_, rest)| rest.split_once(';'));
        if let Some((place, _)) = place {
            let place = PathBuf::from(place);
            return Ok(Up { child, place });
        }
        said.push(line);
    }
    let code = child.wait().expect("it ends").code();
    Err((code, said.join("\n")))
}

#[test]
fn its_directory_cannot_be_foretold_and_is_removed_by_every_signal() {
    let temporary = tempfile::tempdir().expect("a folder");
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let mut up = match start(&[], temporary.path()) {
            Ok(up) => up,
            Err((_, said)) => {
                // A busy machine may form no cluster in time.
                skipped("jepsen cluster", &said);
                continue;
            }
        };
        let name = up
            .place
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let number = up.child.id().to_string();
        assert!(
            name.starts_with("jepsen-cluster-") && !name.ends_with(&number),
            "{name}"
        );
        let mode =
            |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&up.place), 0o700);
        assert_eq!(mode(&up.place.join("n1/node.toml")), 0o600);
        assert_eq!(mode(&up.place.join("n1/stderr.log")), 0o600);
        let mut environment = Vec::new();
        for process in children_of(up.child.id()) {
            let path = format!("/proc/{process}/environ");
            environment.extend(std::fs::read(path).expect("a node's environment"));
        }
        let environment = String::from_utf8_lossy(&environment).into_owned();
        assert!(
            environment.contains("PATH=") && !environment.contains("token-of"),
            "{environment}"
        );
        kill(Pid::from_raw(up.child.id() as i32), signal).expect("sent");
        let code = up.child.wait().expect("it ends").code();
        assert_eq!(code, Some(0), "{signal}");
        let left: Vec<_> = std::fs::read_dir(temporary.path())
            .expect("readable")
            .collect();
        assert!(left.is_empty(), "{signal}: {left:?}");
    }
}

fn children_of(parent: u32) -> Vec<i32> {
    let path = format!("/proc/{parent}/task/{parent}/children");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect()
}

/// Where somebody else may write, a link in the place of a file would make the command overwrite another file.
#[test]
fn a_link_in_its_directory_is_not_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let victim = folder.path().join("victim");
    std::fs::write(&victim, "before").expect("written");
    for link in ["n1/node.toml", "n1/stderr.log", "n1"] {
        let data = tempfile::tempdir().expect("a folder");
        let path = data.path().join(link);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        let to = if link == "n1" { folder.path() } else { &victim };
        std::os::unix::fs::symlink(to, &path).expect("linked");
        let place = data.path().display().to_string();
        let Err((code, said)) = start(&["--data", &place], folder.path()) else {
            panic!("{link} was followed");
        };
        assert_eq!(code, Some(USAGE), "{link}: {said}");
        assert!(said.contains(&path.display().to_string()), "{said}");
        assert_eq!(
            std::fs::read_to_string(&victim).expect("readable"),
            "before"
        );
        assert!(!folder.path().join("node.toml").exists(), "{link}");
    }
}
