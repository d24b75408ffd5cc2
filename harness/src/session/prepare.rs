//! Downloads or builds what a target needs before it can run, once. This happens outside the sandbox, because it may
//! need the network, and before the sandbox, because a process cannot leave it.
//!
//! A file next to the prepared files records what they were prepared from. If the command, the target's own files or a
//! declared environment variable has changed, the target is prepared again.

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::bounded;
use crate::config::target::{NodePlace, Target, environment};
use crate::exit::Stop;
use crate::output::{detail, say};
use crate::secret::Filled;
use crate::store::write_whole;

/// The file next to the prepared files.
const RECORD: &str = "prepared.json";

/// The inputs from which a target was prepared.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    command: Vec<String>,
    files: Vec<(String, String)>,
    /// Names of variables, with a fingerprint of each value: a file in a cache must not contain a token.
    environment: Vec<(String, String)>,
}

/// Prepares a target unless it is prepared already, and says so.
///
/// # Errors
/// If the command fails (exit code 253): the message contains the command and where to look. If the nodes' program is not there
/// even then (exit code 254).
pub fn ensure(target: &Target) -> Result<()> {
    once(target)?;
    match target.missing_program() {
        Some(program) => Err(Stop::usage(format!(
            "{}: [node] command: there is no program {program} that can be executed; name your broker's own",
            target.source
        ))),
        None => Ok(()),
    }
}

fn once(target: &Target) -> Result<()> {
    if target.prepare.command.is_empty() {
        return Ok(());
    }
    if is_there(target)? {
        detail(|| format!("{} is prepared in {}", target.name, target.home.display()));
        return Ok(());
    }
    let why = match target.home.join(RECORD).exists() {
        true => "its inputs have changed",
        false => "this is its first run",
    };
    say(&format!(
        "jepsen: {}: {why}: preparing it in {} (once; `jepsen prepare {}` does only this)",
        target.name,
        target.home.display(),
        target.name
    ));
    anew(target)
}

/// Whether everything that the target provides exists, prepared from the current inputs.
///
/// # Errors
/// If a placeholder cannot be filled.
pub fn is_there(target: &Target) -> Result<bool> {
    let text = bounded::text(&target.home.join(RECORD), bounded::MARK).unwrap_or_default();
    let same = serde_json::from_str::<Record>(&text).is_ok_and(|kept| kept == record(target));
    let provided = provided(target)?;
    Ok(target.prepare.command.is_empty() || (same && provided.iter().all(|path| path.exists())))
}

/// Prepares a target, even if it is prepared already.
///
/// # Errors
/// As [`ensure`].
pub fn anew(target: &Target) -> Result<()> {
    let home = &target.home;
    let refuse = |path: &Path, error: std::io::Error| {
        Stop::machine(format!(
            "prepare {}: {}: {error}",
            target.name,
            path.display()
        ))
    };
    std::fs::create_dir_all(home).map_err(|error| refuse(home, error))?;
    let record_file = home.join(RECORD);
    let _ = std::fs::remove_file(&record_file);
    for (name, text) in &target.companions {
        let path = target.here.join(name);
        std::fs::create_dir_all(&target.here)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|error| refuse(&path, error))?;
    }
    let command = target.fill_all(&target.prepare.command, &NodePlace::nowhere())?;
    let Some((program, arguments)) = command.split_first() else {
        return Ok(());
    };
    // The output of the command consists of messages, and standard output is for data.
    let place = NodePlace::nowhere();
    let set = target.variables_of(&target.prepare.environment, &place)?;
    let ran = Command::new(program.reveal())
        .args(arguments.iter().map(Filled::reveal))
        .current_dir(home)
        .env_clear()
        .envs(environment::base())
        .envs(environment::of_preparing(target))
        .envs(set.iter().map(|(name, value)| (name, value.reveal())))
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status();
    let words: Vec<String> = command.iter().map(Filled::to_string).collect();
    let failed = |why: String| {
        Stop::machine(format!(
            "prepare {}: `{}` {why}. It ran in {}; the target file's top lists what it needs",
            target.name,
            words.join(" ").trim(),
            home.display()
        ))
    };
    match ran {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(failed(format!("ended with {status}"))),
        Err(error) => return Err(failed(format!("cannot be run: {error}"))),
    }
    if let Some(missing) = provided(target)?.into_iter().find(|path| !path.exists()) {
        return Err(failed(format!("did not create {}", missing.display())));
    }
    let text = serde_json::to_string_pretty(&record(target))?;
    write_whole(&record_file, &text)
}

fn provided(target: &Target) -> Result<Vec<PathBuf>> {
    let place = NodePlace::nowhere();
    let filled = target.fill_all(&target.prepare.provides, &place)?;
    Ok(filled
        .iter()
        .map(|path| PathBuf::from(path.reveal()))
        .collect())
}

fn record(target: &Target) -> Record {
    let variable = |name: &String| {
        let value = std::env::var_os(name).unwrap_or_default();
        (name.clone(), fingerprint(&value))
    };
    let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    // With its placeholders filled, because a variable may decide what is downloaded. Secrets are not shown in it.
    let place = NodePlace::nowhere();
    let filled = target.fill_all(&target.prepare.command, &place);
    let filled = filled.map(|words| words.iter().map(Filled::to_string).collect());
    Record {
        command: filled.unwrap_or_else(|_| target.prepare.command.clone()),
        files: target.companions.iter().map(own).collect(),
        environment: target.prepare.looks_at.iter().map(variable).collect(),
    }
}

/// Tells whether a value has changed, and not what it is. Empty for a variable that is not set or empty.
fn fingerprint(value: &std::ffi::OsStr) -> String {
    if value.is_empty() {
        return String::new();
    }
    let mut hasher = std::hash::DefaultHasher::new();
    value.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(home: &Path, command: &str) -> Target {
        let text = format!(
            "name = \"x\"\nports = {{ kafka = 1 }}\n[node]\ncommand = [\"sh\"]\n[prepare]\n\
             command = [\"sh\", \"-c\", \"{command}\"]\nprovides = [\"{{home}}/made\"]\n"
        );
        let mut target = Target::parse(&text, "x.toml").expect("right");
        target.home = home.to_owned();
        target
    }

    #[test]
    fn it_is_prepared_once_and_again_when_the_command_changes() {
        let home = tempfile::tempdir().expect("a folder");
        let once = target(home.path(), "echo a >> made");
        ensure(&once)
            .and_then(|()| ensure(&once))
            .expect("prepared");
        let made = || std::fs::read_to_string(home.path().join("made")).expect("made");
        assert_eq!(made(), "a\n");
        let other = target(home.path(), "echo b >> made");
        assert!(!is_there(&other).expect("known"));
        ensure(&other).expect("prepared");
        assert_eq!(made(), "a\nb\n");
    }

    /// Cargo sets variables for tests, which stand for the tokens of whoever starts the program.
    #[test]
    fn the_command_inherits_only_what_is_named() {
        let home = tempfile::tempdir().expect("a folder");
        let mut target = target(home.path(), "env > made");
        target.prepare.looks_at = vec!["CARGO_PKG_NAME".to_owned()];
        let renamed = ("RENAMED".to_owned(), "{env.CARGO_MANIFEST_DIR}".to_owned());
        target.prepare.environment = [renamed].into();
        ensure(&target).expect("prepared");
        let made = std::fs::read_to_string(home.path().join("made")).expect("made");
        for set in ["PATH=", "LANG=", "CARGO_PKG_NAME=", "RENAMED="] {
            assert!(
                made.lines().any(|line| line.starts_with(set)),
                "{set}: {made}"
            );
        }
        assert!(!made.contains("CARGO_PKG_VERSION="), "{made}");
        let record = std::fs::read_to_string(home.path().join(RECORD)).expect("kept");
        assert!(record.contains("CARGO_PKG_NAME"), "{record}");
        assert!(!record.contains(env!("CARGO_PKG_NAME")), "{record}");
        assert!(is_there(&target).expect("known"));
    }

    #[test]
    fn a_command_that_fails_or_makes_nothing_is_told() {
        let home = tempfile::tempdir().expect("a folder");
        let fails = ensure(&target(home.path(), "exit 3")).expect_err("it fails");
        assert!(fails.to_string().contains("exit 3"), "{fails}");
        let idle = ensure(&target(home.path(), "true")).expect_err("nothing made");
        assert!(idle.to_string().contains("did not create"), "{idle}");
        assert!(!is_there(&target(home.path(), "true")).expect("known"));
    }
}
