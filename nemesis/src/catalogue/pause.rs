//! Pause: SIGSTOP to the whole process group of a node or a client, SIGCONT to heal. The kernel still
//! accepts connections for a paused node, so an open port proves nothing; the state of every thread
//! does. A member of a consumer group that is paused for longer than its session comes back as a zombie.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use crate::fault::{Fault, FaultError};
use crate::kind::{Class, FaultKind};
use crate::node::Node;
use crate::process::{Client, ProcessTable};
use crate::site::Site;
use crate::target::Role;

/// How long threads may take to stop. One that waits for a disk stops when the disk has answered.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// How often their states are read.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

/// SIGSTOP.
pub(super) struct PauseKind;

/// The row of the catalogue.
pub(super) static KIND: PauseKind = PauseKind;

impl FaultKind for PauseKind {
    fn name(&self) -> &'static str {
        "pause"
    }

    fn description(&self) -> &'static str {
        "SIGSTOP to all processes of a node or a client, SIGCONT at the end"
    }

    fn class(&self) -> Class {
        Class::Process
    }

    fn roles(&self) -> &'static [Role] {
        super::roles::NODES_AND_MEMBERS
    }

    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        let group = |node: &Node| {
            let group = site.control.group(*node);
            let group = group.ok_or(FaultError::NotRunning { node: *node })?;
            Ok((*node, group))
        };
        let groups = aimed.iter().map(group).collect::<Result<_, FaultError>>()?;
        Ok(Box::new(Pause::new(site.table.clone(), groups)))
    }

    fn make_for_clients(
        &self,
        site: &Site,
        clients: &[Client],
    ) -> Result<Box<dyn Fault>, FaultError> {
        Ok(Box::new(Pause::of_clients(site.table.clone(), clients)))
    }
}

/// Some nodes, or some clients, paused together. Dropping it continues them.
#[derive(Debug)]
pub struct Pause {
    table: ProcessTable,
    groups: Vec<(String, i32)>,
    sent: bool,
}

impl Pause {
    /// For nodes and their process groups.
    pub fn new(table: ProcessTable, groups: Vec<(Node, i32)>) -> Pause {
        let named = |(node, group): (Node, i32)| (node.to_string(), group);
        Pause {
            table,
            groups: groups.into_iter().map(named).collect(),
            sent: false,
        }
    }

    /// For clients.
    pub fn of_clients(table: ProcessTable, clients: &[Client]) -> Pause {
        let clients = clients.iter();
        Pause {
            table,
            groups: clients.map(|one| (one.name.clone(), one.group)).collect(),
            sent: false,
        }
    }

    fn signal(&self, signal: Signal) -> Result<(), FaultError> {
        for (who, group) in &self.groups {
            match killpg(Pid::from_raw(*group), signal) {
                // A process that has died meanwhile needs no SIGCONT.
                Err(Errno::ESRCH) if signal == Signal::SIGCONT => {}
                outcome => outcome.map_err(|errno| FaultError::Signal {
                    who: who.clone(),
                    errno,
                })?,
            }
        }
        Ok(())
    }

    fn resume(&mut self) -> Result<(), FaultError> {
        if self.sent {
            self.signal(Signal::SIGCONT)?;
            self.sent = false;
        }
        Ok(())
    }

    /// Threads and stopped threads of each of them.
    fn look(&self) -> Vec<(&str, usize, usize, usize)> {
        let groups = self.groups.iter();
        groups
            .map(|(who, group)| {
                let members = self.table.members(*group);
                let threads = members.iter().map(|member| member.threads).sum();
                let stopped = members.iter().map(|member| member.stopped).sum();
                (who.as_str(), members.len(), threads, stopped)
            })
            .collect()
    }

    async fn wait_until(&self, stopped: bool) -> Result<String, FaultError> {
        let limit = Instant::now() + STOP_LIMIT;
        loop {
            let seen = self.look();
            let settled = seen.iter().all(|(_, processes, threads, stopped_threads)| {
                if stopped {
                    *processes > 0 && stopped_threads == threads
                } else {
                    *stopped_threads == 0
                }
            });
            let text = describe(&seen);
            if settled {
                return Ok(text);
            }
            if Instant::now() >= limit {
                return Err(FaultError::NoEffect { evidence: text });
            }
            sleep(LOOK_INTERVAL).await;
        }
    }
}

fn describe(seen: &[(&str, usize, usize, usize)]) -> String {
    let all: Vec<String> = seen
        .iter()
        .map(|(who, processes, threads, stopped)| {
            format!("{who}: {stopped} of {threads} threads in state T, processes {processes}")
        })
        .collect();
    all.join("; ")
}

impl Fault for Pause {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>> {
        // Before the first signal: if the second is refused, the first must be taken back.
        self.sent = true;
        let outcome = self.signal(Signal::SIGSTOP);
        async { outcome }.boxed()
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        self.wait_until(true).boxed()
    }

    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        let outcome = self.resume();
        async {
            outcome?;
            self.wait_until(false).await
        }
        .boxed()
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        // What cannot be signalled is dead.
        let _ = self.resume();
    }
}
