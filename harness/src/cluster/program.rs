//! A program in a node's place: its environment, where it may write, its output; and how it ended, in words.

use std::process::{ExitStatus, Stdio};

use anyhow::Result;
use nemesis::Node;

use super::Cluster;
use crate::config::target::environment;
use crate::exit::Stop;
use crate::secret::Filled;

impl Cluster {
    /// Starts a program in a node's place and appends its output to the node's. None for an empty command.
    pub(super) fn spawn(
        &self,
        node: Node,
        words: &[Filled],
    ) -> Result<Option<tokio::process::Child>> {
        let Some((program, arguments)) = words.split_first() else {
            return Ok(None);
        };
        let layout = self.process(node).layout();
        let environment = &self.0.environment;
        let room = layout.room(self.target_of(self.process(node)));
        let own_temporary = environment.confinement().view().is_ok() && room.temporary.is_some();
        let mut command = tokio::process::Command::new(program.reveal());
        let set = layout.environment.iter();
        command
            .args(arguments.iter().map(Filled::reveal))
            .stdin(Stdio::null())
            .stdout(layout.output("stdout.log")?)
            .stderr(layout.output("stderr.log")?)
            .current_dir(&layout.place.directory)
            .env_clear()
            .envs(environment::base())
            .env("HOME", layout.home())
            .envs(set.map(|(name, value)| (name, value.reveal())));
        if !own_temporary && !layout.environment.iter().any(|(name, _)| name == "TMPDIR") {
            command.env("TMPDIR", layout.temporary());
        }
        let child = tokio::task::block_in_place(|| environment.spawn(node, command, &room))
            .map_err(|error| Stop::usage(format!("start {program}: {error}")))?;
        Ok(Some(child))
    }
}

/// A command line without its secrets.
pub(super) fn shown(words: &[Filled]) -> String {
    let words: Vec<String> = words.iter().map(Filled::to_string).collect();
    words.join(" ")
}

/// How a process ended.
pub(super) fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "ended".into(),
    }
}
