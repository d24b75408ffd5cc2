//! The stage of every command that runs scenarios: the sandbox, the runtime, and what a signal asks for. Entered once in
//! the life of the process, before any thread exists.

use std::time::Duration;

use anyhow::{Context, Result};
use nemesis::Environment;
use nemesis::process::ProcessTable;
use nemesis::sandbox::{self, Isolation, SandboxOptions};
use tokio::runtime::Runtime;

use crate::exit::{self, Stop};
use crate::output::say;
use crate::probe::StopFlag;

/// Where scenarios run.
pub(super) struct Stage {
    /// Where the nodes are.
    pub(super) environment: Environment,
    /// Their processes.
    pub(super) table: ProcessTable,
    /// Runs what waits.
    pub(super) runtime: Runtime,
    /// Set by the user's first Ctrl-C.
    pub(super) interrupt: StopFlag,
}

impl Stage {
    /// Enters the sandbox, with a private network or without.
    ///
    /// # Errors
    /// If this machine permits no such sandbox (exit code 253); the message says what to do.
    pub(super) fn enter(network: bool) -> Result<Stage> {
        let isolation = if network {
            Isolation::Network
        } else {
            Isolation::ProcessesOnly
        };
        let entered =
            sandbox::enter(&SandboxOptions { isolation }).map_err(|error| refused(&error))?;
        let environment = Environment::build(&entered).map_err(|error| refused(&error))?;
        let table = ProcessTable::of(&entered);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .context("start the runtime")?;
        let interrupt = StopFlag::default();
        runtime.spawn(watch_signals(interrupt.clone()));
        Ok(Stage {
            environment,
            table,
            runtime,
            interrupt,
        })
    }

    /// Ends the runtime; what still waits is not waited for.
    pub(super) fn leave(self) {
        self.runtime.shutdown_timeout(Duration::from_millis(200));
    }
}

fn refused(error: &dyn std::fmt::Display) -> anyhow::Error {
    Stop::machine(format!(
        "no private network on this machine: {error}.\n\
         `jepsen doctor` names the setting that permits it. Pauses and kills need none of it: \
         `jepsen run process` runs them with nodes on 127.0.0.1 to 127.0.0.3."
    ))
}

#[expect(
    clippy::exit,
    reason = "a second signal leaves at once, whatever the tasks do"
)]
/// First signal: stop, heal, save, judge. Second: leave at once; the sandbox ends every node with us.
async fn watch_signals(interrupt: StopFlag) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut int), Ok(mut term)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return;
    };
    loop {
        tokio::select! { _ = int.recv() => {}, _ = term.recv() => {} }
        if interrupt.is_set() {
            say("jepsen: second signal: leaving at once");
            std::process::exit(exit::INTERRUPTED);
        }
        interrupt.set();
        say(
            "jepsen: stopping: faults are healed, what was recorded is judged; again to leave at once",
        );
    }
}
