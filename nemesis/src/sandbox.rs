//! The sandbox: private namespaces without root, and a process tree in which nothing outlives
//! anything.
//!
//! ```text
//!   outer     was started: forwards signals, passes on the exit code, restores the terminal
//!     init    PID 1 of the namespace: reaps orphans, ends with the harness
//!       harness   goes on in the calling program
//!         n1 n2 ...  each in its own network namespace and process group
//! ```
//!
//! When any of the first three dies by any signal the kernel ends all below it. [`enter`] must be
//! called before the first thread and before any async runtime exists: a multi-threaded process
//! cannot be forked safely, and may not make a user namespace. Only the harness returns from it.
//!
//! Nodes run as the caller's user, but confined: see [`crate::confinement`].
//!
//! Without the network ([`Isolation::ProcessesOnly`]) the tree is the same but no namespace is
//! made; init is then a sub-reaper and ends what the nodes leave behind.

mod init;
mod namespaces;
mod outer;
pub(crate) mod resident;
mod status;

use std::fs;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, sigprocmask};

use crate::confinement::Confinement;
use crate::node::Nodes;

pub(crate) use outer::{leave, reap};
pub use status::Step;

/// How far the nodes are kept apart from the machine and from each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Private user, mount, process, network, IPC and UTS namespaces: links can be cut.
    #[default]
    Network,
    /// No namespaces: nodes on 127.0.0.1, 127.0.0.2 and so on; pauses and kills only. Needs no privilege.
    ProcessesOnly,
}

/// What [`enter`] should make.
#[derive(Clone, Debug, Default)]
pub struct SandboxOptions {
    /// How far to isolate.
    pub isolation: Isolation,
    /// The nodes to make room for: a network is built and `/etc/hosts` is written for these.
    pub nodes: Nodes,
}

/// Proof that this process is the harness inside the tree, with what was and was not possible on
/// the way.
#[derive(Debug)]
pub struct Entered {
    isolation: Isolation,
    nodes: Nodes,
    user_namespace: bool,
    own_proc: Result<(), String>,
    own_hosts: Result<(), String>,
    confinement: Confinement,
}

impl Entered {
    /// What was asked for.
    pub fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// The nodes that there is room for.
    pub fn nodes(&self) -> Nodes {
        self.nodes
    }

    /// Whether a user namespace was made; not so for real root.
    pub fn user_namespace(&self) -> bool {
        self.user_namespace
    }

    /// Whether `/proc` shows exactly this process namespace; or why a fresh one could not be
    /// mounted. Where it could not, figures of nodes are looked up by translated process ids, or
    /// are not applicable.
    pub fn own_proc(&self) -> Result<(), &str> {
        self.own_proc.as_ref().map(|_| ()).map_err(String::as_str)
    }

    /// Whether `/etc/hosts` names the nodes; or why not.
    pub fn own_hosts(&self) -> Result<(), &str> {
        self.own_hosts.as_ref().map(|_| ()).map_err(String::as_str)
    }

    /// What nodes are kept from here, as it was tried on entering.
    pub fn confinement(&self) -> &Confinement {
        &self.confinement
    }
}

/// Why the sandbox could not be entered. The calling process is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The caller has started threads already.
    #[error(
        "the sandbox must be entered before any thread starts, but this process has {count} threads"
    )]
    Threads {
        /// How many there are.
        count: usize,
    },
    /// The machine refused a step.
    #[error("the sandbox could not {step}: {errno}; `jepsen doctor` shows how to permit it")]
    Refused {
        /// What was tried.
        step: Step,
        /// What the kernel answered.
        errno: Errno,
    },
    /// The first process of the sandbox ended before it reported anything.
    #[error("the sandbox's first process ended before the harness started")]
    Vanished,
}

impl SandboxError {
    pub(crate) fn refused(step: Step) -> impl FnOnce(Errno) -> SandboxError {
        move |errno| SandboxError::Refused { step, errno }
    }
}

/// Builds the process tree. Returns in the harness process only, or with an error in the calling
/// process.
pub fn enter(options: &SandboxOptions) -> Result<Entered, SandboxError> {
    require_single_thread()?;
    let terminal = outer::Terminal::remember();
    let before = prepare_signals().map_err(SandboxError::refused(Step::Signals))?;
    let outcome = split(options);
    match outcome {
        Ok(Side::Outer { init, reader }) => match status::receive(reader) {
            Ok(()) => outer::attend(init, terminal),
            Err(error) => {
                outer::reap(init);
                restore_signals(&before);
                Err(error)
            }
        },
        Ok(Side::Harness(entered)) => {
            restore_signals(&before);
            Ok(entered)
        }
        Err(error) => {
            restore_signals(&before);
            Err(error)
        }
    }
}

/// Which process this is after the split. Init never returns.
enum Side {
    Outer {
        init: nix::unistd::Pid,
        reader: OwnedFd,
    },
    Harness(Entered),
}

fn split(options: &SandboxOptions) -> Result<Side, SandboxError> {
    let (reader, writer) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)
        .map_err(SandboxError::refused(Step::Fork))?;
    let identity = namespaces::Identity::of_caller();
    let split = match options.isolation {
        Isolation::ProcessesOnly => namespaces::Split {
            flags: 0,
            user_namespace: false,
        },
        Isolation::Network => namespaces::Split::preferred(&identity),
    };
    match split
        .clone_process(&identity)
        .map_err(SandboxError::refused(Step::Clone))?
    {
        namespaces::Cloned::Parent { init } => Ok(Side::Outer { init, reader }),
        namespaces::Cloned::Child { user_namespace } => {
            drop(reader);
            let entered = init::begin(options, user_namespace, &identity, writer);
            Ok(Side::Harness(entered))
        }
    }
}

pub(crate) fn require_single_thread() -> Result<(), SandboxError> {
    // Where /proc is not readable nothing below would work either, so that the count is not the
    // error to report.
    let count = fs::read_dir("/proc/self/task")
        .map(|tasks| tasks.count())
        .unwrap_or(1);
    if count > 1 {
        Err(SandboxError::Threads { count })
    } else {
        Ok(())
    }
}

/// Blocks what outer and init wait for, before the split, so that no signal is lost in between.
fn prepare_signals() -> Result<SigSet, Errno> {
    // A parent may have left SIGCHLD ignored; then no exit status would ever be reported.
    // SAFETY: setting the default disposition runs no code of ours in a handler.
    unsafe { nix::sys::signal::signal(Signal::SIGCHLD, SigHandler::SigDfl) }?;
    let mut before = SigSet::empty();
    sigprocmask(
        SigmaskHow::SIG_BLOCK,
        Some(&outer::awaited_signals()),
        Some(&mut before),
    )?;
    Ok(before)
}

fn restore_signals(before: &SigSet) {
    // Cannot fail with a valid set; and there is nothing to do about it if it did.
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(before), None);
}
