//! Two releases in one cluster: ends a node as an operator does, replaces its program and files by those of the other
//! release, and runs the command that makes an upgrade final.

use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nemesis::Node;
use nemesis::process::Release;
use nix::sys::signal::killpg;
use nix::unistd::Pid;

use super::program::{describe, shown};
use super::stopping::signal;
use super::{Cluster, NodeProcess};
use crate::config::target::{Target, environment};
use crate::kafka::questions::features::{Features, changes, features};
use crate::kafka::wire::Wire;
use crate::secret::Filled;

/// How long a node may take to end in order before it is killed. Apache Kafka first hands over what it leads.
const ORDERLY_END: Duration = Duration::from_secs(30);

/// How long the command that makes an upgrade final may take.
const FINALIZE: Duration = Duration::from_secs(60);

/// How long one node may take to state its features.
const ANSWER: Duration = Duration::from_secs(2);

/// How long the nodes may take to agree on them.
const AGREEMENT: Duration = Duration::from_secs(15);

/// How many of its last lines are evidence.
const LINES: usize = 6;

impl Cluster {
    /// The target whose program a node runs.
    pub(super) fn target_of(&self, process: &NodeProcess) -> &Target {
        match &self.0.target.next {
            Some(next) if process.is_new.load(Ordering::SeqCst) => next,
            _ => &self.0.target,
        }
    }

    /// The name of the release that a node runs. A target that can be upgraded may be named after both.
    pub(super) fn release_name(&self, process: &NodeProcess) -> &str {
        let name = &self.target_of(process).name;
        let next = self
            .0
            .target
            .next
            .as_ref()
            .map(|next| format!(" to {}", next.name));
        next.and_then(|next| name.strip_suffix(&next))
            .unwrap_or(name)
    }

    /// Sends a node the target's stop signal and waits until its process was reaped. One that does not end in time is
    /// killed. Returns how it ended, and after what time.
    ///
    /// # Errors
    /// If it still exists after SIGKILL.
    pub(super) async fn ask_to_end(&self, node: Node) -> Result<String> {
        let process = self.process(node);
        let stop = signal(self.target_of(process).node.stop_signal);
        let asked = Instant::now();
        process.ending.store(true, Ordering::SeqCst);
        if let Some(pid) = self.pid(node) {
            // A process that is already gone is not an error.
            let _ = killpg(Pid::from_raw(pid), stop);
        }
        let mut alive = process.alive.subscribe();
        let ended = alive.wait_for(|alive| !alive);
        let in_time = tokio::time::timeout(ORDERLY_END, ended).await.is_ok();
        // Also one that has ended, for its status.
        let status = self.kill(node).await?;
        let seconds = asked.elapsed().as_secs_f64();
        Ok(match in_time {
            true => format!("{status} {seconds:.1} s after {stop}"),
            false => format!(
                "did not end within {} s of {stop}; killed: {status}",
                ORDERLY_END.as_secs()
            ),
        })
    }

    /// Which release a node runs at its next start.
    pub(super) fn release(&self, node: Node) -> Release {
        match self.process(node).is_new.load(Ordering::SeqCst) {
            true => Release::New,
            false => Release::Old,
        }
    }

    /// Writes the files of a release for a node that does not run. Its data stays. Returns the release's name.
    pub(super) fn replace(&self, node: Node, release: Release) -> Result<String> {
        let process = self.process(node);
        anyhow::ensure!(self.pid(node).is_none(), "it still runs");
        anyhow::ensure!(
            process.layouts.1.is_some(),
            "there is no release to upgrade to"
        );
        process
            .is_new
            .store(release == Release::New, Ordering::SeqCst);
        process.layout().create()?;
        Ok(self.release_name(process).to_owned())
    }

    /// Runs the command that makes the upgrade final, and returns the last lines of what it printed.
    pub(super) async fn finalize(&self) -> Result<String> {
        let target = self.0.target.next.as_deref();
        let target = target.context("there is no upgrade to make final")?;
        let first = self.nodes().into_iter().next().context("no nodes")?;
        let words = target.fill_all(&target.upgrade.finalize, self.place(first))?;
        let Some((program, arguments)) = words.split_first() else {
            return Ok(format!("{} has no such step", target.name));
        };
        let before = self.features(first);
        let mut command = tokio::process::Command::new(program.reveal());
        command
            .args(arguments.iter().map(Filled::reveal))
            .env_clear()
            .envs(environment::base())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let ran = tokio::time::timeout(FINALIZE, command.output()).await;
        let ran = ran.with_context(|| format!("`{program}` did not end within {FINALIZE:?}"))?;
        let ran = ran.with_context(|| format!("start {program}"))?;
        let text = [ran.stdout, ran.stderr].concat();
        let said = last_lines(&String::from_utf8_lossy(&text));
        anyhow::ensure!(
            ran.status.success(),
            "`{}` ended with {}: {said}",
            shown(&words),
            describe(ran.status)
        );
        let after = self.agreed_features().await?;
        Ok(match before {
            Ok(before) => format!("{}; it said: {said}", changes(&before, &after)),
            Err(error) => format!("features before: {error}; it said: {said}"),
        })
    }

    /// The finalized features that a node states.
    fn features(&self, node: Node) -> Result<Features> {
        let mut wire = Wire::new(self.address(node), ANSWER);
        Ok(tokio::task::block_in_place(|| features(&mut wire))?)
    }

    /// The same as all nodes state them, once they agree.
    async fn agreed_features(&self) -> Result<Features> {
        let deadline = Instant::now() + AGREEMENT;
        loop {
            let all: Result<Vec<Features>> = self
                .nodes()
                .into_iter()
                .map(|node| self.features(node))
                .collect();
            match all {
                Ok(all) if all.windows(2).all(|pair| pair[0] == pair[1]) => {
                    return all.into_iter().next().context("no nodes");
                }
                Ok(all) if Instant::now() >= deadline => {
                    anyhow::bail!("the nodes state different features: {all:?}")
                }
                Err(error) if Instant::now() >= deadline => return Err(error),
                _ => tokio::time::sleep(ANSWER / 10).await,
            }
        }
    }
}

/// The last lines of a program's output that are no lines of a log.
fn last_lines(text: &str) -> String {
    let is_said = |line: &&str| !line.is_empty() && !line.starts_with('[');
    let said: Vec<&str> = text.lines().map(str::trim).filter(is_said).collect();
    said[said.len().saturating_sub(LINES)..].join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_said_is_without_its_log() {
        let text = "[2026-01-01 10:00:00] INFO x (y)\n\nkraft.version was upgraded to 1.\nmetadata.version was upgraded to 29.\n";
        assert_eq!(
            last_lines(text),
            "kraft.version was upgraded to 1.; metadata.version was upgraded to 29."
        );
        let long: String = (0..20).map(|line| format!("{line}\n")).collect();
        assert_eq!(last_lines(&long), "14; 15; 16; 17; 18; 19");
        assert_eq!(last_lines(""), "");
    }
}
