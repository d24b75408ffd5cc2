//! Whether the program of a target's nodes exists, before anything is started. A run whose nodes cannot start tests nothing, and
//! would end *undecided*, as if another try could help.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use super::{NodePlace, Target, environment};

impl Target {
    /// The nodes' program, if it is surely not there. None if it is there, if it is made only when a node is initialised, or if
    /// the harness starts no nodes.
    pub fn missing_program(&self) -> Option<String> {
        let word = self.node.command.first()?;
        // What lies in a node's own directory may be written by its `init`.
        if self.runs_already() || word.contains("{dir}") || word.contains("{tmp}") {
            return None;
        }
        let place = NodePlace {
            jepsen: std::env::current_exe().ok()?,
            ..NodePlace::nowhere()
        };
        let filled = self.fill(word, &place).ok()?;
        let program = filled.reveal();
        // A node starts in its own directory, where a relative path means something else.
        let is_elsewhere = program.contains('/') && Path::new(program).is_relative();
        let base = environment::base();
        let path = base.into_iter().find(|(name, _)| *name == "PATH")?.1;
        let found = is_elsewhere || is_program(program, &path);
        (!found).then(|| filled.to_string())
    }
}

/// Whether a shell with this PATH would find this program.
pub fn is_program(word: &str, path: &OsStr) -> bool {
    let is_executable = |file: PathBuf| file.is_file() && access(&file, AccessFlags::X_OK).is_ok();
    match word.contains('/') {
        true => is_executable(PathBuf::from(word)),
        false => std::env::split_paths(path).any(|folder| is_executable(folder.join(word))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(command: &str) -> Option<String> {
        let text = format!("base = \"reference\"\nname = \"x\"\n[node]\ncommand = [{command:?}]\n");
        Target::parse(&text, "x.toml")
            .expect("a target")
            .missing_program()
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let wrong = "/opt/mine/bin/mine";
        assert_eq!(missing(wrong).as_deref(), Some(wrong));
        assert_eq!(missing("no-such-broker").as_deref(), Some("no-such-broker"));
        assert_eq!(missing("/etc").as_deref(), Some("/etc"), "a directory");
        for right in ["sh", "/bin/sh", "{jepsen}", "{dir}/broker", "bin/mine"] {
            assert_eq!(missing(right), None, "{right}");
        }
        assert_eq!(
            Target::load("reference")
                .expect("built in")
                .missing_program(),
            None
        );
    }
}
