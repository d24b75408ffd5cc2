//! The trials themselves. They run in a child of the caller, and those of the network inside a real
//! sandbox.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pause};
use strum::VariantArray;

use super::remedy::Surroundings;
use super::switched;
use super::{Capability, Outcome, Trial};
use crate::calls::{self, Supervisor};
use crate::clock;
use crate::confinement::Attempt;
use crate::disk;
use crate::link::Link;
use crate::network::{Cut, Network, partition};
use crate::node::Nodes;
use crate::process::ProcessTable;
use crate::process::pressure::{Resource, waited_us};
use crate::sandbox::{Entered, Isolation, SandboxError, SandboxOptions, Step, enter, leave};

/// How long a stopped process may take to be reported.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// Where trials are reported, one JSON object a line.
struct Report {
    writer: File,
    surroundings: Surroundings,
}

impl Report {
    fn record(&mut self, capability: Capability, outcome: Result<String, String>) -> bool {
        let works = outcome.is_ok();
        let (outcome, remedies) = match outcome {
            Ok(detail) => (Outcome::Works(detail), Vec::new()),
            Err(reason) => {
                let remedies = self.surroundings.remedies(capability, &reason);
                (Outcome::Refused(reason), remedies)
            }
        };
        let trial = Trial {
            capability,
            outcome,
            remedies,
        };
        if let Ok(mut line) = serde_json::to_string(&trial) {
            line.push('\n');
            // If the reader is gone, the report is not needed.
            let _ = self.writer.write_all(line.as_bytes());
        }
        works
    }
}

/// Tries everything and reports each trial as it ends. Several processes return from `enter` below
/// one after the other, but only one of them at a time reports.
pub(super) fn perform(writer: File) {
    let mut report = Report {
        writer,
        surroundings: Surroundings::of_this_machine(),
    };
    report.record(Capability::Processes, processes());
    report.record(Capability::Figures, figures());
    report.record(Capability::Clock, clock::trial());
    match enter(&SandboxOptions {
        isolation: Isolation::Network,
        nodes: Nodes::THREE,
    }) {
        Err(error) => {
            refused_entry(&mut report, &error);
            // Nodes on loopback are confined as well.
            let plain = SandboxOptions {
                isolation: Isolation::ProcessesOnly,
                nodes: Nodes::THREE,
            };
            if let Ok(entered) = enter(&plain) {
                confined(&mut report, &entered);
                report.record(Capability::Supervision, supervised(&entered));
                leave(0);
            }
        }
        Ok(entered) => {
            inside(&mut report, &entered);
            // Not back into the caller's code: this process is the harness of the trial's sandbox.
            leave(0);
        }
    }
}

fn refused_entry(report: &mut Report, error: &SandboxError) {
    let reached = match error {
        SandboxError::Refused {
            step: Step::UserMap,
            ..
        } => Capability::UserMap,
        SandboxError::Refused {
            step: Step::Mounts, ..
        } => Capability::PrivateMounts,
        _ => Capability::Namespaces,
    };
    let before = [
        Capability::Namespaces,
        Capability::UserMap,
        Capability::PrivateMounts,
    ];
    for capability in before
        .into_iter()
        .filter(|capability| *capability < reached)
    {
        report.record(capability, Ok("made".to_owned()));
    }
    report.record(reached, Err(error.to_string()));
}

fn inside(report: &mut Report, entered: &Entered) {
    let how = if entered.user_namespace() {
        "through a user namespace"
    } else {
        "as root"
    };
    report.record(Capability::Namespaces, Ok(how.to_owned()));
    let map = if entered.user_namespace() {
        "onto itself"
    } else {
        "not needed as root"
    };
    report.record(Capability::UserMap, Ok(map.to_owned()));
    report.record(Capability::PrivateMounts, Ok("made private".to_owned()));
    let seen = |result: Result<(), &str>| result.map(|()| String::new()).map_err(str::to_owned);
    report.record(Capability::OwnProc, seen(entered.own_proc()));
    report.record(Capability::OwnHosts, seen(entered.own_hosts()));
    confined(report, entered);
    report.record(Capability::Supervision, supervised(entered));
    let disk = disk::attempt().map(|()| "what was not synced is gone".to_owned());
    report.record(Capability::Disk, disk.map_err(|error| error.to_string()));
    let network = match Network::build(entered) {
        Ok(network) => network,
        Err(error) => {
            report.record(Capability::Links, Err(error.to_string()));
            return;
        }
    };
    report.record(
        Capability::Links,
        Ok(format!("{} links", Link::all(network.nodes()).len())),
    );
    let whole = Cut::new(network.clone(), Vec::new());
    let passed = whole
        .verify()
        .map_err(|error| error.to_string())
        .and_then(|seen| seen);
    if report.record(Capability::Packets, passed) {
        let mut nodes = network.nodes().into_iter();
        if let (Some(sender), Some(receiver)) = (nodes.next(), nodes.next()) {
            let cut = Cut::new(network.clone(), partition::link_one_way(sender, receiver));
            report.record(Capability::Cut, cut_and_heal(&cut));
            report.record(
                Capability::Switch,
                switched::trial(&network, sender, receiver),
            );
        }
    }
}

/// A process of its own is supervised.
fn supervised(entered: &Entered) -> Result<String, String> {
    let supervisor =
        Supervisor::start(ProcessTable::of(entered)).map_err(|error| error.to_string())?;
    calls::attempt(&supervisor).map_err(|refused| refused.to_string())
}

/// What nodes are kept from. The attempts were made when the sandbox was entered.
fn confined(report: &mut Report, entered: &Entered) {
    let confinement = entered.confinement();
    let memory = match entered.isolation() {
        Isolation::Network => Ok("an IPC namespace for each node".to_owned()),
        Isolation::ProcessesOnly => {
            Err("segments and queues of nodes on loopback outlive the run".to_owned())
        }
    };
    report.record(Capability::OwnMemory, memory);
    let view = confinement.view().map(|()| "tried".to_owned());
    report.record(Capability::OwnView, view.map_err(str::to_owned));
    let version = confinement
        .landlock()
        .map(|version| format!("version {version}"));
    report.record(Capability::Landlock, version.map_err(str::to_owned));
    let list = |attempts: &[Attempt]| {
        let words: Vec<String> = attempts.iter().map(ToString::to_string).collect();
        words.join(", ")
    };
    let denied = match confinement.open() {
        [] => Ok(format!("refused: {}", list(Attempt::VARIANTS))),
        open => Err(format!("a node here can {}", list(open))),
    };
    report.record(Capability::Denied, denied);
}

fn cut_and_heal(cut: &Cut) -> Result<String, String> {
    let text = |error: crate::network::NetworkError| error.to_string();
    cut.begin().map_err(text)?;
    let during = cut.verify().map_err(text)??;
    cut.heal().map_err(text)?;
    cut.verify().map_err(text)??;
    Ok(during)
}

fn figures() -> Result<String, String> {
    std::fs::read_to_string("/proc/self/schedstat")
        .map_err(|error| format!("/proc/self/schedstat: {error}"))?;
    match (waited_us(Resource::Cpu), waited_us(Resource::Io)) {
        (Some(_), Some(_)) => Ok("schedstat and pressure".to_owned()),
        _ => Ok("schedstat; this kernel has no /proc/pressure".to_owned()),
    }
}

/// Pauses a child until it is reported as stopped, then kills it and reaps it.
fn processes() -> Result<String, String> {
    // SAFETY: this process has a single thread.
    match unsafe { fork() }.map_err(|errno| format!("a child could not be started: {errno}"))? {
        ForkResult::Child => {
            let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
            loop {
                pause();
            }
        }
        ForkResult::Parent { child } => {
            let seen = stopped(child);
            let killed = kill(child, Signal::SIGKILL);
            let end = waitpid(child, None);
            seen?;
            killed.map_err(|errno| format!("SIGKILL: {errno}"))?;
            match end {
                Ok(WaitStatus::Signaled(_, Signal::SIGKILL, _)) => {
                    Ok("seen stopped, seen reaped".to_owned())
                }
                other => Err(format!("a killed child was reported as {other:?}")),
            }
        }
    }
}

fn stopped(child: Pid) -> Result<(), String> {
    kill(child, Signal::SIGSTOP).map_err(|errno| format!("SIGSTOP: {errno}"))?;
    let interval = Duration::from_millis(2);
    let mut left = STOP_LIMIT;
    while !left.is_zero() {
        let flags = WaitPidFlag::WUNTRACED | WaitPidFlag::WNOHANG;
        if let Ok(WaitStatus::Stopped(..)) = waitpid(child, Some(flags)) {
            return Ok(());
        }
        std::thread::sleep(interval);
        left = left.saturating_sub(interval);
    }
    Err("a child did not stop on SIGSTOP".to_owned())
}
