//! The ways to have the program that the repository ships: the action for GitHub (`action.yml`) and the recipe of an image
//! (`Dockerfile`). They parse, and their commands run as far as that can be done here: with programs that record their
//! arguments in the place of cargo, sudo and jepsen.

mod action;
mod image;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use harness::cli::Cli;

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The text of a file of the repository.
fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A program of this name that records its arguments, one a line after their number, and ends with the code in `CODE`.
fn stand_in(folder: &Path, name: &str) -> PathBuf {
    let program = folder.join(name);
    let script = "#!/bin/sh\n[ \"$1\" = doctor ] && exit 253\nprintf '%s\\n' \"$#\" \"$@\" >> \"$CALLS\"\nexit \"${CODE:-0}\"\n";
    std::fs::write(&program, script).expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("runnable");
    program
}

/// What was recorded, and forgets it.
fn calls(file: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let _ = std::fs::remove_file(file);
    let mut lines = text.lines();
    let mut calls = Vec::new();
    while let Some(count) = lines.next() {
        let count: usize = count.parse().expect("a number of words");
        calls.push(lines.by_ref().take(count).map(str::to_owned).collect());
    }
    calls
}

/// What this program makes of the arguments of a call.
fn parsed(call: &[String]) -> harness::cli::Command {
    use clap::Parser;
    let words = std::iter::once("jepsen".to_owned()).chain(call.iter().cloned());
    let cli = Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{call:?}: {error}"));
    cli.command.expect("a command")
}
