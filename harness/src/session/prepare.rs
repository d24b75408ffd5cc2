//! Downloads or builds what a target needs before it can run, once. This happens outside the sandbox, because it may
//! need the network, and before the sandbox, because a process cannot leave it.
//!
//! A file next to the prepared files records what they were prepared from. If the command, the target's own files or a
//! declared environment variable has changed, the target is prepared again.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::bounded;
use crate::config::target::{NodePlace, Target};
use crate::exit::Stop;
use crate::output::say;
use crate::store::write_whole;

/// The file next to the prepared files.
const RECORD: &str = "prepared.json";

/// The inputs from which a target was prepared.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    command: Vec<String>,
    files: Vec<(String, String)>,
    environment: Vec<(String, String)>,
}

/// Prepares a target unless it is prepared already, and says so.
///
/// # Errors
/// If the command fails (exit code 253). The message contains the command and where to look.
pub fn ensure(target: &Target) -> Result<()> {
    if target.prepare.command.is_empty() || is_there(target)? {
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
    let ran = Command::new(program)
        .args(arguments)
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status();
    let failed = |why: String| {
        Stop::machine(format!(
            "prepare {}: `{}` {why}. It ran in {}; the target file's top lists what it needs",
            target.name,
            command.join(" ").trim(),
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
    Ok(filled.into_iter().map(PathBuf::from).collect())
}

fn record(target: &Target) -> Record {
    let variable = |name: &String| (name.clone(), std::env::var(name).unwrap_or_default());
    let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    Record {
        command: target.prepare.command.clone(),
        files: target.companions.iter().map(own).collect(),
        environment: target.prepare.looks_at.iter().map(variable).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(home: &Path, command: &str) -> Target {
        let text = format!(
            "name = \"x\"\nports = {{ kafka = 1 }}\n[node]\ncommand = [\"a\"]\n[prepare]\n\
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
