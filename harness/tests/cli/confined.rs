//! A target whose nodes attack the harness, through the built program: what they may not write, see or reach, and that no
//! file of the run contains a secret of the environment. As root and as an ordinary user, as far as the tests may choose.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Ended, command, ended, skipped};

/// A node's program.
const ATTACK: &str = include_str!("confined/attack.sh");

/// Its target. The nodes never form a cluster.
const TARGET: &str = r#"
name = "attacker"
ports = { kafka = 29093 }
limits = { formation_ms = 1500, recovery_ms = 300 }

[node]
command = ["sh", "{here}/attack.sh", "{dir}/../../..", "{dir}", "{here}/victim", "{env.JEPSEN_TEST_PASSWORD}"]

[node.environment]
PASSWORD = "{env.JEPSEN_TEST_PASSWORD}"
SHORT = "{env.JEPSEN_TEST_SHORT}"
ABSENT = "{env.JEPSEN_TEST_ABSENT}"

[client]
"client.id" = "{env.JEPSEN_TEST_PASSWORD}"

[[file]]
path = "{dir}/node.conf"
text = "password = {env.JEPSEN_TEST_PASSWORD}, short = {env.JEPSEN_TEST_SHORT}"

[[file]]
path = "{dir}/plain.conf"
text = "id = {id}"

[logs]
show = ["logged in"]
keep_on_failure = ["{dir}/node.conf"]
"#;

/// Quotes and angle brackets are written in another way by JSON and HTML.
const PASSWORD: &str = "hunter2 \"<&'s3cret";
const TOKEN: &str = "token-of-whoever-starts-the-tests";
const SHORT: &str = "q7";
const NOBODY: u32 = 65_534;
const MACHINE: i32 = 253;

struct Attacked {
    folder: tempfile::TempDir,
    ended: Ended,
}

/// Runs the target in a folder of its own. None if the program may not be run as this user.
fn attacked(user: Option<u32>) -> Option<Attacked> {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path();
    for (name, text) in [
        ("attack.sh", ATTACK),
        ("target.toml", TARGET),
        ("victim", "before"),
    ] {
        std::fs::write(place.join(name), text).expect("written");
    }
    let target = place.join("target.toml").display().to_string();
    let out = place.join("runs").display().to_string();
    let run = [
        "run",
        "process",
        "--faults",
        "none",
        "--time-limit",
        "1s",
        "--seed",
        "5",
    ];
    let mut command = command(&[&run[..], &["--target", &target, "--out", &out]].concat());
    command
        .env("JEPSEN_TEST_PASSWORD", PASSWORD)
        .env("JEPSEN_TEST_SHORT", SHORT)
        .env("JEPSEN_TEST_TOKEN", TOKEN)
        .env("HOME", place)
        .current_dir(place);
    if let Some(user) = user {
        for path in [place.to_owned(), place.join("victim")] {
            std::os::unix::fs::chown(&path, Some(user), Some(user)).expect("root may");
        }
        command.uid(user).gid(user);
        let tried = Command::new(command.get_program())
            .arg("--version")
            .uid(user)
            .output();
        if let Err(error) = tried {
            skipped("nodes of an ordinary user", &error.to_string());
            return None;
        }
    }
    let ended = ended(&mut command);
    if ended.code == MACHINE {
        skipped("nodes that attack", &ended.stderr);
        return None;
    }
    Some(Attacked { folder, ended })
}

/// The users to try: this one, and an ordinary one if this is root.
fn users() -> Vec<Option<u32>> {
    match nix::unistd::geteuid().is_root() {
        true => vec![None, Some(NOBODY)],
        false => vec![None],
    }
}

impl Attacked {
    fn scenario(&self) -> PathBuf {
        self.folder.path().join("runs/latest/scenarios/process")
    }

    fn node(&self, name: &str) -> String {
        let path = self.scenario().join("nodes/n1").join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

#[test]
fn a_node_reaches_nothing_but_its_own_directory() {
    for attacked in users().into_iter().filter_map(attacked) {
        let said = attacked.node("stdout.log");
        assert!(said.contains("finished"), "{said}{}", attacked.ended.stderr);
        let mut reached: Vec<&str> = said
            .lines()
            .filter_map(|l| l.strip_suffix(": yes"))
            .collect();
        reached.sort_unstable();
        let own = [
            "null",
            "own-data",
            "own-home",
            "own-output",
            "own-temporary",
        ];
        // What this machine cannot refuse is what its doctor reports.
        let doctor = command(&["doctor"]).output().expect("started");
        let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
        if doctor.contains("ok      deny nodes what they must not do") {
            assert_eq!(reached, own, "{said}");
        } else {
            skipped("every attack of a node", &doctor);
        }
        for line in said
            .lines()
            .filter_map(|line| line.strip_prefix("status Cap"))
        {
            let is_bounding = line.starts_with("Bnd");
            let none = line
                .split_whitespace()
                .nth(1)
                .is_some_and(|set| !set.contains(['1', 'f']));
            assert!(is_bounding || none, "{line}");
        }
        let victim = std::fs::read_to_string(attacked.folder.path().join("victim"));
        assert_eq!(victim.expect("readable"), "before");
        assert!(!attacked.folder.path().join("runs/latest/planted").exists());
        let name = attacked.folder.path().file_name().expect("a name");
        assert!(
            !Path::new("/tmp")
                .join(format!("of-{}", name.display()))
                .exists()
        );
        assert!(said.contains("host jepsen\n"), "{said}");
    }
}

#[test]
fn a_node_inherits_nothing_and_no_file_contains_a_secret() {
    let Some(attacked) = attacked(None) else {
        return;
    };
    let said = attacked.node("stdout.log");
    let set = said
        .lines()
        .filter_map(|line| line.strip_prefix("environment "));
    let mut names: Vec<&str> = set.filter_map(|line| line.split('=').next()).collect();
    // The shell's own, and the directory for temporary files where /tmp is the machine's.
    names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_", "TMPDIR"].contains(name));
    names.sort_unstable();
    assert_eq!(
        names,
        ["HOME", "LANG", "PASSWORD", "PATH", "SHORT"],
        "{said}"
    );
    let home = said.lines().find_map(|line| line.strip_prefix("home "));
    assert!(home.expect("a line").ends_with("nodes/n1/home"), "{said}");
    assert!(
        said.contains(
            "logged in with {env.JEPSEN_TEST_PASSWORD}, {env.JEPSEN_TEST_PASSWORD} and q7"
        ),
        "{said}"
    );

    // Written by the harness from the target: redacted exactly, however short.
    let values = std::fs::read_to_string(attacked.folder.path().join("runs/latest/report.json"));
    let values: serde_json::Value = serde_json::from_str(&values.expect("readable")).expect("JSON");
    let node = &values["environment"]["nodes"][0];
    let expected = "password = {env.JEPSEN_TEST_PASSWORD}, short = {env.JEPSEN_TEST_SHORT}";
    assert_eq!(node["config"], expected, "{node}");
    let line = node["command"].as_str().expect("a command");
    assert!(
        line.ends_with("/victim {env.JEPSEN_TEST_PASSWORD}"),
        "{line}"
    );
    assert_eq!(attacked.node("data/node.conf"), expected);
    assert_eq!(attacked.node("kept/node.conf"), expected);

    let forms = [
        PASSWORD.to_owned(),
        PASSWORD.replace('"', "\\\""),
        PASSWORD.replace('&', "&amp;").replace('<', "&lt;"),
        PASSWORD
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;"),
        "s3cret".to_owned(),
        TOKEN.to_owned(),
    ];
    let mut files = Vec::new();
    collect(&attacked.folder.path().join("runs"), &mut files);
    assert!(
        files.iter().any(|path| path.ends_with("report.html")),
        "{files:?}"
    );
    for path in files {
        let bytes = std::fs::read(&path).expect("readable");
        let bytes = match path.extension().is_some_and(|end| end == "zst") {
            true => zstd_text(&path),
            false => bytes,
        };
        let text = String::from_utf8_lossy(&bytes);
        for form in &forms {
            assert!(!text.contains(form.as_str()), "{}: {form}", path.display());
        }
    }
    let Ended { stdout, stderr, .. } = &attacked.ended;
    assert!(
        !stdout.contains("s3cret") && !stderr.contains("s3cret"),
        "{stdout}{stderr}"
    );
    let mode = |name: &str| {
        let meta = std::fs::metadata(attacked.scenario().join("nodes/n1").join(name));
        meta.expect(name).permissions().mode() & 0o777
    };
    assert_eq!((mode("data"), mode("data/node.conf")), (0o700, 0o600));
    assert_eq!((mode("stdout.log"), mode("kept/node.conf")), (0o600, 0o600));
}

/// The history as text, by the program itself.
fn zstd_text(path: &Path) -> Vec<u8> {
    let scenario = path.parent().expect("a directory").display().to_string();
    let exported = command(&["export", "--edn", &scenario])
        .output()
        .expect("started");
    assert!(exported.status.success(), "{exported:?}");
    exported.stdout
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("readable").flatten() {
        match entry.file_type().expect("known") {
            kind if kind.is_dir() => collect(&entry.path(), files),
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
}

/// A mistake in a target file, or a program that cannot be started, is reported without the secret.
#[test]
fn a_message_does_not_contain_a_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("target.toml");
    let out = folder.path().join("runs").display().to_string();
    for (text, says) in [
        (
            "command = [\"/no/{env.JEPSEN_TEST_PASSWORD}\"]",
            "no program /no/{env.JEPSEN_TEST_PASSWORD}",
        ),
        (
            "command = [\"true\"]\n[prepare]\ncommand = [\"false\", \"{env.JEPSEN_TEST_PASSWORD}\"]",
            "false {env.JEPSEN_TEST_PASSWORD}",
        ),
        (
            "command = [\"true\"]\nwritable = [\"/no/{env.JEPSEN_TEST_PASSWORD}\"]",
            "/no/{env.JEPSEN_TEST_PASSWORD}",
        ),
    ] {
        let head =
            "name = \"x\"\nports = { kafka = 29094 }\nlimits = { formation_ms = 100 }\n[node]\n";
        std::fs::write(&target, format!("{head}{text}\n")).expect("written");
        let target = target.display().to_string();
        let run = [
            "run",
            "process",
            "--faults",
            "none",
            "--time-limit",
            "1s",
            "--target",
            &target,
        ];
        let mut command = command(&[&run[..], &["--out", &out]].concat());
        command
            .env("JEPSEN_TEST_PASSWORD", PASSWORD)
            .env("XDG_CACHE_HOME", folder.path());
        let ended = ended(&mut command);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        if said.contains("no private network") {
            skipped("messages of a run", &said);
            continue;
        }
        assert!(said.contains(says), "{says}: {said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
}
