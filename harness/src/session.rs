//! A session: the one way from a scenario to a verdict. Every command that runs scenarios is a policy over a session.
//!
//! ```text
//! resolve   scenario + what was typed + target -> Case          pure
//! play      Case -> Recorded                                    faults.json and scenario.json are always written
//! judge     Recorded -> Judged                                  once
//! publish   Recorded + Judged -> the files of a run, exit code
//! ```
//!
//! A session is opened once per process, before the first thread starts, because it enters the sandbox.

pub mod browser;
pub mod evidence;
pub mod highlights;
pub mod index;
pub mod judge;
mod packer;
mod play;
pub mod prepare;
pub mod publish;
pub mod reproduce;
pub mod resolve;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nemesis::process::ProcessTable;
use nemesis::sandbox::{self, Isolation, SandboxOptions};
use nemesis::{Environment, Nodes, address};
use tokio::runtime::Runtime;

use crate::config::place;
use crate::exit::{self, Stop};
use crate::output::{detail, say, shown};
use crate::record::{Found, SpaceFlag, StopFlag};
use crate::run::{Case, RunContext};
use crate::store;

pub use judge::Judged;
pub use play::{Recorded, play};
pub use publish::Publication;
pub use resolve::{Overrides, resolve};

/// The interval of checks of the free space.
const SPACE_LOOK: Duration = Duration::from_millis(50);

/// The environment in which scenarios run, and the flags that end them.
pub struct Session {
    /// The network of the nodes.
    pub environment: Environment,
    /// Their processes.
    pub table: ProcessTable,
    /// The runtime for asynchronous tasks.
    pub runtime: Runtime,
    /// Set by the user's first Ctrl-C.
    pub interrupt: StopFlag,
    /// Set when the disk is nearly full. `interrupt` is set after it.
    pub space: SpaceFlag,
    /// The directory that contains the runs.
    pub out: PathBuf,
}

impl Session {
    /// Enters the sandbox. `network` says whether it needs a private network, `nodes` is the number of nodes to prepare
    /// for. Files are written below `out`.
    ///
    /// # Errors
    /// If this machine permits no such sandbox (exit code 253), or no target can use the path of `out` (254). The
    /// message says what to do.
    pub fn open(network: bool, nodes: Nodes, out: &Path) -> Result<Session> {
        place::of_runs(out)?;
        Session::of(&enter(network, nodes)?, out)
    }

    /// Enters only the process tree of the sandbox and uses the machine's own network: for a running cluster, and for
    /// nodes on loopback.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn open_beside(out: &Path) -> Result<Session> {
        let plain = SandboxOptions {
            isolation: Isolation::ProcessesOnly,
            nodes: Nodes::default(),
        };
        let entered = sandbox::enter(&plain).map_err(|error| refused(&error))?;
        Session::of(&entered, out)
    }

    fn of(entered: &sandbox::Entered, out: &Path) -> Result<Session> {
        let environment = Environment::build(entered).map_err(|error| refused(&error))?;
        detail(|| match environment.network() {
            Some(_) => "entered the sandbox, with a private network".to_owned(),
            None => "entered the sandbox, on the network of this machine".to_owned(),
        });
        let table = ProcessTable::of(entered);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .context("start the runtime")?;
        let interrupt = StopFlag::default();
        runtime.spawn(watch_signals(interrupt.clone()));
        let space = SpaceFlag::default();
        runtime.spawn(watch_space(out.to_owned(), space.clone()));
        runtime.spawn(end_on_shortage(
            out.to_owned(),
            space.clone(),
            interrupt.clone(),
        ));
        Ok(Session {
            environment,
            table,
            runtime,
            interrupt,
            space,
            out: out.to_owned(),
        })
    }

    /// The environment of a case that only the user's interrupt ends.
    pub fn context(&self) -> RunContext<'_> {
        RunContext {
            environment: &self.environment,
            table: &self.table,
            interrupt: self.interrupt.clone(),
            enough: StopFlag::default(),
            space: self.space.clone(),
        }
    }

    /// Whether the nodes have a private network.
    pub fn is_isolated(&self) -> bool {
        self.environment.network().is_some()
    }

    /// Why the faults of a case cannot run here although the sandbox can: which, and what to do. None if they can.
    pub fn refuses(&self, case: &Case) -> Option<String> {
        let name = &case.name;
        if let Err(refused) = self.environment.supervise(case.calls()) {
            let faults = case.supervised_faults();
            return Some(format!(
                "{name}: {faults}: {refused}; `jepsen doctor` shows how to permit it"
            ));
        }
        case.disks()?;
        let refused = self.environment.try_disk().err()?;
        Some(format!(
            "{name}: disks that lose power: {refused}; `jepsen doctor` shows how to permit it"
        ))
    }

    /// Ends the runtime, without waiting for its tasks.
    pub fn leave(self) {
        self.runtime.shutdown_timeout(Duration::from_millis(200));
    }
}

/// Enters the sandbox. A private network is preferred even if the plan does not need one, because no other program on
/// this machine can use a port there.
fn enter(network: bool, nodes: Nodes) -> Result<sandbox::Entered> {
    let isolated = SandboxOptions {
        isolation: Isolation::Network,
        nodes,
    };
    match sandbox::enter(&isolated) {
        Err(error) if !network => {
            say(&format!(
                "no private network here ({error}): nodes on {}",
                address::loopback_range(nodes)
            ));
            let plain = SandboxOptions {
                isolation: Isolation::ProcessesOnly,
                nodes,
            };
            sandbox::enter(&plain).map_err(|error| refused(&error))
        }
        entered => entered.map_err(|error| refused(&error)),
    }
}

fn refused(error: &dyn std::fmt::Display) -> anyhow::Error {
    Stop::machine(format!(
        "no private network on this machine: {error}. Pauses, kills, slow, failing and full disks, and clocks do not need it: \
         `jepsen run process` and `jepsen run process --faults slow-sync,clock` run with nodes on 127.0.0.1, 127.0.0.2 and so on."
    ))
}

#[expect(
    clippy::exit,
    reason = "a second signal quits at once, even if tasks are still running"
)]
/// First signal: stop, heal, save, judge. Second signal: quit at once. The sandbox then ends every node.
async fn watch_signals(interrupt: StopFlag) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut int), Ok(mut term), Ok(mut hangup)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
        // A closed terminal or a lost connection must not lose the judgement.
        signal(SignalKind::hangup()),
    ) else {
        return;
    };
    loop {
        let cause = tokio::select! {
            _ = int.recv() => "SIGINT (Ctrl-C)",
            _ = term.recv() => "SIGTERM",
            _ = hangup.recv() => "SIGHUP (its terminal closed)",
        };
        if interrupt.is_set() {
            say("jepsen: second signal: quitting now");
            std::process::exit(exit::INTERRUPTED);
        }
        interrupt.set_by(cause);
        say(
            "jepsen: stopping: healing faults, judging the history; press Ctrl-C again to quit now",
        );
    }
}

/// Reports when the disk is nearly full.
async fn watch_space(out: PathBuf, space: SpaceFlag) {
    let mut since = Instant::now();
    // The directory may not exist yet: the first run creates it.
    while !space.is_set() {
        let before = Instant::now();
        match store::shortage(&out) {
            Some(free) => space.set(Found {
                since,
                free_bytes: Some(free),
            }),
            None => since = before,
        }
        tokio::time::sleep(SPACE_LOOK).await;
    }
}

/// Ends everything early when the disk is nearly full, while there is still space for the results.
async fn end_on_shortage(out: PathBuf, space: SpaceFlag, interrupt: StopFlag) {
    space.wait().await;
    say(&format!(
        "jepsen: the disk of {} is full (less than {} MiB are free, too few files, or a quota): ending early",
        out.display(),
        store::FREE_BYTES_LOW >> 20
    ));
    interrupt.set();
}

/// The error of a command without a run to mark as incomplete, after the disk became full.
pub fn full_disk(out: &Path) -> anyhow::Error {
    Stop::machine(format!(
        "--out {}: the disk became full; remove old files or name another place",
        shown(out)
    ))
}
