//! `jepsen init` and `jepsen schema`: what they write, and what they refuse to touch.

use std::path::Path;

use crate::support::{Ended, command, ended};

const USAGE: i32 = 254;
const SCHEMA: &str = "jepsen-target.schema.json";

fn in_folder(folder: &Path, arguments: &[&str]) -> Ended {
    ended(command(arguments).current_dir(folder))
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("readable").flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_new_file_can_be_used_as_it_stands_and_is_never_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = in_folder(folder.path(), &["init", "acme"]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert_eq!(files(folder.path()), ["acme.toml", SCHEMA]);
    let text = std::fs::read_to_string(folder.path().join("acme.toml")).expect("written");
    assert!(text.starts_with(&format!("#:schema ./{SCHEMA}\n")));
    // The next two commands are printed, and both take the file.
    let next: Vec<&str> = first
        .stdout
        .lines()
        .filter(|line| line.starts_with("  "))
        .collect();
    assert_eq!(next.len(), 2, "{}", first.stdout);
    for line in next {
        let script = format!("{} --plan", line.trim());
        let mut shell = std::process::Command::new("sh");
        let planned = ended(shell.args(["-c", &script]).current_dir(folder.path()));
        assert_eq!(planned.code, 0, "{script}: {}", planned.stderr);
    }
    std::fs::write(folder.path().join("acme.toml"), "mine").expect("written");
    let again = in_folder(folder.path(), &["init", "acme"]);
    assert_eq!(again.code, USAGE);
    assert!(
        again.stderr.contains("acme.toml exists already"),
        "{}",
        again.stderr
    );
    let kept = std::fs::read_to_string(folder.path().join("acme.toml"));
    assert_eq!(kept.expect("there"), "mine");
    // Another target shares the schema, and a changed one stays.
    std::fs::write(folder.path().join(SCHEMA), "{}").expect("written");
    let other = in_folder(folder.path(), &["init", "other"]);
    assert_eq!(other.code, 0, "{}", other.stderr);
    assert!(other.stderr.contains("stays"), "{}", other.stderr);
    let kept = std::fs::read_to_string(folder.path().join(SCHEMA));
    assert_eq!(kept.expect("there"), "{}");
}

#[test]
fn nothing_is_written_if_the_name_is_wrong_or_nobody_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    // Nobody listens on a port that was just free.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr());
    let address = port.expect("a port").to_string();
    let link = folder.path().join("link.toml");
    std::os::unix::fs::symlink("/nonexistent/file", &link).expect("linked");
    let before = files(folder.path());
    for (arguments, says) in [
        (vec!["init"], "required"),
        (vec!["init", "../acme"], "not a name"),
        (vec!["init", "acme.toml"], "jepsen init acme"),
        (vec!["init", "reference"], "built-in"),
        (vec!["init", "link"], "exists already"),
        (
            vec!["init", "acme", "--bootstrap-server", &address],
            "no cluster answers",
        ),
        (
            vec!["init", "acme", "--from", "no port"],
            "no cluster answers",
        ),
        (vec!["schema", "targets"], "target, suite, waivers, exhibit"),
    ] {
        let refused = in_folder(folder.path(), &arguments);
        assert_eq!(refused.code, USAGE, "{arguments:?}: {}", refused.stderr);
        assert!(
            refused.stderr.contains(says),
            "{arguments:?}: {}",
            refused.stderr
        );
    }
    assert_eq!(files(folder.path()), before);
}

/// A broker that is none: it takes connections and answers nonsense.
#[test]
fn a_port_that_does_not_speak_kafka_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = server.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        use std::io::Write;
        for stream in server.incoming().flatten() {
            let _ = (&stream).write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let refused = in_folder(
        folder.path(),
        &["init", "acme", "--bootstrap-server", &address],
    );
    assert_eq!(refused.code, USAGE, "{}", refused.stderr);
    assert!(files(folder.path()).is_empty());
}

#[test]
fn a_schema_is_printed_and_is_the_one_that_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(in_folder(folder.path(), &["init", "acme"]).code, 0);
    let written = std::fs::read_to_string(folder.path().join(SCHEMA)).expect("written");
    for kind in ["target", "suite", "waivers", "exhibit"] {
        let printed = in_folder(folder.path(), &["schema", kind]);
        assert_eq!(printed.code, 0);
        let json: serde_json::Value = serde_json::from_str(&printed.stdout).expect("JSON");
        assert_eq!(json["$schema"], "http://json-schema.org/draft-07/schema#");
        if kind == "target" {
            assert_eq!(printed.stdout, written);
        }
    }
}
