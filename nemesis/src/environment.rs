//! Where the nodes run: in the sandbox's private network, or on loopback without it. The same calls
//! start a process in both.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use nix::sys::signal::Signal;

use crate::address;
use crate::link::End;
use crate::network::{Network, NetworkError};
use crate::node::Node;
use crate::sandbox::resident::Resident;
use crate::sandbox::{Entered, Isolation};

/// Where the nodes run.
#[derive(Clone, Debug)]
pub enum Environment {
    /// Each in its own network namespace: every fault can run.
    Sandboxed(Arc<Network>),
    /// On 127.0.0.1, 127.0.0.2 and so on: pauses and kills only.
    Loopback(Arc<Loopback>),
}

/// The thread that starts the nodes where there are no namespaces.
#[derive(Debug)]
pub struct Loopback {
    spawner: Resident,
}

impl Environment {
    /// Builds what the sandbox was entered for. Blocks for some hundred
    /// milliseconds, rarely more than a second.
    pub fn build(entered: &Entered) -> Result<Environment, NetworkError> {
        match entered.isolation() {
            Isolation::Network => Network::build(entered).map(Environment::Sandboxed),
            Isolation::ProcessesOnly => {
                let spawner =
                    Resident::here("spawner").map_err(|source| NetworkError::Refused {
                        step: "start a thread".to_owned(),
                        source,
                    })?;
                Ok(Environment::Loopback(Arc::new(Loopback { spawner })))
            }
        }
    }

    /// Where a node listens. Every node may use the same ports.
    pub fn address(&self, node: Node) -> Ipv4Addr {
        match self {
            Environment::Sandboxed(network) => network.address(node),
            Environment::Loopback(_) => address::loopback(node),
        }
    }

    /// The private network, where there is one.
    pub fn network(&self) -> Option<&Arc<Network>> {
        match self {
            Environment::Sandboxed(network) => Some(network),
            Environment::Loopback(_) => None,
        }
    }

    /// Starts a process as a node: in its namespace, leader of its own process group, killed when
    /// the harness ends. Its process id is also its group's. Call it inside a tokio runtime, which
    /// reaps the process.
    ///
    /// Always use this instead of `command.spawn()`: a child's parent-death signal fires when the
    /// thread that started it ends, and a runtime starts and ends threads at any time.
    pub fn spawn(
        &self,
        node: Node,
        mut command: tokio::process::Command,
    ) -> io::Result<tokio::process::Child> {
        let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        tie_to_harness(command.as_std_mut());
        self.resident(node)?
            .run(move |_| {
                let _entered = runtime.enter();
                command.spawn()
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
        match self {
            Environment::Sandboxed(network) => {
                network.resident(End::Node(node)).map_err(io::Error::other)
            }
            Environment::Loopback(loopback) => Ok(&loopback.spawner),
        }
    }
}

/// A process group of its own, so that a terminal's signals miss it and ours reach all of it; death
/// with the harness.
fn tie_to_harness(command: &mut std::process::Command) {
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
