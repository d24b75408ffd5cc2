//! Where the nodes run: in the sandbox's private network, or on loopback without it. The same calls
//! start a process in both.

use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::signal::Signal;

use crate::address;
use crate::calls::{self, Calls, Installing, Refused, Supervisor};
use crate::clock::Clocks;
use crate::confinement::{self, Confined, Confinement, Room};
use crate::disk::{self, Disks};
use crate::link::End;
use crate::network::{Network, NetworkError};
use crate::node::Node;
use crate::process::ProcessTable;
use crate::sandbox::resident::Resident;
use crate::sandbox::{Entered, Isolation};

/// Where the nodes run.
#[derive(Clone, Debug)]
pub struct Environment {
    place: Place,
    confinement: Arc<Confinement>,
    clocks: Arc<Clocks>,
    disks: Arc<Disks>,
    supervision: Arc<Supervision>,
}

/// The supervision of system calls, which begins when it is first needed.
#[derive(Debug)]
struct Supervision {
    table: ProcessTable,
    state: Mutex<Supervised>,
}

#[derive(Debug, Default)]
struct Supervised {
    calls: Calls,
    supervisor: Option<Result<Arc<Supervisor>, Refused>>,
}

#[derive(Clone, Debug)]
enum Place {
    /// Each in its own network namespace: every fault can run.
    Sandboxed(Arc<Network>),
    /// On 127.0.0.1, 127.0.0.2 and so on: pauses and kills only.
    Loopback(Arc<Loopback>),
}

/// The thread that starts the nodes where there are no namespaces.
#[derive(Debug)]
struct Loopback {
    spawner: Resident,
}

impl Environment {
    /// Builds what the sandbox was entered for. Blocks for some hundred
    /// milliseconds, rarely more than a second.
    pub fn build(entered: &Entered) -> Result<Environment, NetworkError> {
        let place = match entered.isolation() {
            Isolation::Network => Place::Sandboxed(Network::build(entered)?),
            Isolation::ProcessesOnly => {
                let spawner =
                    Resident::here("spawner").map_err(|source| NetworkError::Refused {
                        step: "start a thread".to_owned(),
                        source,
                    })?;
                Place::Loopback(Arc::new(Loopback { spawner }))
            }
        };
        let confinement = Arc::new(entered.confinement().clone());
        let supervision = Arc::new(Supervision {
            table: ProcessTable::of(entered),
            state: Mutex::default(),
        });
        Ok(Environment {
            place,
            confinement,
            clocks: Arc::default(),
            disks: Arc::default(),
            supervision,
        })
    }

    /// What nodes are kept from here.
    pub fn confinement(&self) -> &Confinement {
        &self.confinement
    }

    /// Lets nodes that are started from now on be asked for before each of these system calls, for none of them by
    /// default. Where calls can be supervised is tried once, which takes some tens of milliseconds; blocks.
    ///
    /// # Errors
    /// If they cannot be supervised here; the error says why.
    pub fn supervise(&self, calls: Calls) -> Result<(), Refused> {
        let mut state = self.supervised();
        state.calls = Calls::default();
        if calls.is_none() {
            return Ok(());
        }
        let tried = state.supervisor.get_or_insert_with(|| {
            let supervisor = Supervisor::start(self.supervision.table.clone())?;
            calls::attempt(&supervisor)?;
            Ok(Arc::new(supervisor))
        });
        tried.as_ref().map_err(Clone::clone)?;
        state.calls = calls;
        Ok(())
    }

    /// Who answers for the nodes' system calls, if anybody does.
    pub(crate) fn supervisor(&self) -> Option<Arc<Supervisor>> {
        self.supervised().supervisor.clone()?.ok()
    }

    fn supervised(&self) -> std::sync::MutexGuard<'_, Supervised> {
        let state = self.supervision.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    /// The nodes' own disks. Whoever wants to act on them says so before the nodes are prepared.
    pub fn disks(&self) -> &Disks {
        &self.disks
    }

    /// Tries whether nodes can have disks of their own here. Blocks for some milliseconds.
    ///
    /// # Errors
    /// If they cannot; the error says why.
    pub fn try_disk(&self) -> io::Result<()> {
        match self.place {
            Place::Sandboxed(_) => disk::attempt(),
            // A mount would be seen by the whole machine.
            Place::Loopback(_) => Err(io::Error::other("there are no private mounts here")),
        }
    }

    /// The nodes' clocks. Whoever wants to move them says so before the nodes start.
    pub fn clocks(&self) -> &Clocks {
        &self.clocks
    }

    /// Makes room for a new cluster in the same sandbox: the nodes' shared memory is emptied, and their segments and
    /// queues are removed. No node may run.
    ///
    /// # Errors
    /// If the kernel refuses a new IPC namespace.
    pub fn renew(&self) -> io::Result<()> {
        let Place::Sandboxed(network) = &self.place else {
            return Ok(());
        };
        for node in network.nodes() {
            self.resident(node)?.renew_ipc()?;
            confinement::empty_shared_memory(node);
        }
        Ok(())
    }

    /// Where a node listens. Every node may use the same ports.
    pub fn address(&self, node: Node) -> Ipv4Addr {
        match &self.place {
            Place::Sandboxed(network) => network.address(node),
            Place::Loopback(_) => address::loopback(node),
        }
    }

    /// The private network, where there is one.
    pub fn network(&self) -> Option<&Arc<Network>> {
        match &self.place {
            Place::Sandboxed(network) => Some(network),
            Place::Loopback(_) => None,
        }
    }

    /// Starts a process as a node: in its namespace, leader of its own process group, killed when
    /// the harness ends, confined to its room as far as this machine permits. Its process id is also its group's. Call
    /// it inside a tokio runtime, which reaps the process.
    ///
    /// Always use this instead of `command.spawn()`: a child's parent-death signal fires when the
    /// thread that started it ends, and a runtime starts and ends threads at any time.
    pub fn spawn(
        &self,
        node: Node,
        mut command: tokio::process::Command,
        room: &Room,
    ) -> io::Result<tokio::process::Child> {
        let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        let working = command.as_std().get_current_dir().map(Path::to_owned);
        let working = working.or_else(|| std::env::current_dir().ok());
        let confined = self.confinement.prepare(node, room, working.as_deref())?;
        tie_to_harness(command.as_std_mut());
        confine(command.as_std_mut(), confined);
        let calls = self.supervised().calls;
        if let Some(supervisor) = self.supervisor().filter(|_| !calls.is_none()) {
            let installing = supervisor.prepare(node, calls, &room.directories)?;
            supervise(command.as_std_mut(), installing);
        }
        let clock = self.clocks.of(node)?;
        if let Some(clock) = &clock {
            clock.hook(command.as_std_mut());
        }
        self.resident(node)?
            .run(move |_| {
                let _entered = runtime.enter();
                let child = command.spawn()?;
                if let Some(clock) = clock {
                    clock.redirect(child.id());
                }
                Ok(child)
            })
            .map_err(io::Error::other)?
    }

    /// Runs a closure on a thread inside a node's namespace and waits for it: to open a socket
    /// there, for instance.
    pub fn run_inside<T: Send + 'static>(
        &self,
        node: Node,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let resident = self.resident(node)?;
        resident.run(move |_| job()).map_err(io::Error::other)
    }

    fn resident(&self, node: Node) -> io::Result<&Resident> {
        match &self.place {
            Place::Sandboxed(network) => {
                network.resident(End::Node(node)).map_err(io::Error::other)
            }
            Place::Loopback(loopback) => Ok(&loopback.spawner),
        }
    }
}

/// A process group of its own, so that a terminal's signals miss it and ours reach all of it; death
/// with the harness, or with the thread that starts it, if that ends first.
pub fn tie_to_harness(command: &mut std::process::Command) {
    use std::os::unix::process::CommandExt;
    let harness = nix::unistd::getpid();
    command.process_group(0);
    // SAFETY: the closure runs between fork and exec; prctl and getppid are system calls without
    // locks or memory.
    unsafe {
        command.pre_exec(move || {
            nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
            if nix::unistd::getppid() == harness {
                Ok(())
            } else {
                Err(io::Error::from_raw_os_error(libc::ESRCH))
            }
        });
    }
}

/// Lets the kernel ask for a node's system calls from now on, as the last step before its program: what follows is asked
/// for as well.
fn supervise(command: &mut std::process::Command, installing: Installing) {
    use std::os::unix::process::CommandExt;
    // SAFETY: the closure runs between fork and exec; it makes system calls with values that exist already.
    unsafe {
        command.pre_exec(move || installing.install());
    }
}

/// Takes away what a node must not have.
fn confine(command: &mut std::process::Command, confined: Confined) {
    use std::os::unix::process::CommandExt;
    // SAFETY: the closure runs between fork and exec; it makes system calls with values that exist already.
    unsafe {
        command.pre_exec(move || confined.apply());
    }
}
