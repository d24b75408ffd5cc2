//! Which faults can run on this machine: tried, not guessed. A child process enters the sandbox,
//! builds the network, sends packets through, cuts a link and looks; another is paused and killed.
//! Each trial that fails lists what would permit it.

mod remedy;
mod switched;
mod trials;

use std::fs::File;
use std::io::Read;

use nix::errno::Errno;
use nix::unistd::{ForkResult, fork};
use serde::{Deserialize, Serialize};
use strum::VariantArray;

use crate::sandbox::{SandboxError, Step, leave, reap, require_single_thread};

pub use remedy::Surroundings;

/// What is tried, in this order. A later trial of the network needs all earlier ones that a network
/// needs.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Pause a process and see it stopped; kill it and see it reaped.
    #[strum(serialize = "pause and kill a process")]
    Processes,
    /// Private user, mount, process and network namespaces.
    #[strum(serialize = "make private namespaces")]
    Namespaces,
    /// The caller's user and group mapped onto themselves.
    #[strum(serialize = "map the user into its namespace")]
    UserMap,
    /// Mounts that no other process sees.
    #[strum(serialize = "keep mounts private")]
    PrivateMounts,
    /// Bridge, veth pairs, addresses, neighbour entries.
    #[strum(serialize = "build the private network")]
    Links,
    /// A datagram passes over every link.
    #[strum(serialize = "send packets through it")]
    Packets,
    /// A cut link delivers nothing, every other link delivers; after the heal all do.
    #[strum(serialize = "cut a link and see it cut")]
    Cut,
    /// One link passes through the switch: messages vanish, acknowledgements pass. Without it links can only be cut.
    #[strum(serialize = "take messages out of a connection")]
    Switch,
    /// A process is asked for before it syncs, and syncs late. Without it disks cannot be made worse.
    #[strum(serialize = "supervise system calls")]
    Supervision,
    /// A small disk is written, synced, cut and read. Without it nodes cannot lose power.
    #[strum(serialize = "mount a disk that loses power")]
    Disk,
    /// A program that tells the time, with a wall clock an hour ahead. Without it clocks cannot be moved.
    #[strum(serialize = "move a program's wall clock")]
    Clock,
    /// A `/proc` of the process namespace's own. Its absence costs speed only: processes are looked
    /// up by translation.
    #[strum(serialize = "mount a fresh /proc")]
    OwnProc,
    /// Node names in `/etc/hosts`. Its absence matters only to targets that are configured by name.
    #[strum(serialize = "name the nodes in /etc/hosts")]
    OwnHosts,
    /// Run-queue delays and the kernel's pressure figures: without them a starved machine is harder
    /// to recognise.
    #[strum(serialize = "read run-queue delay and pressure")]
    Figures,
    /// Segments, queues and shared memory that end with the run.
    #[strum(serialize = "keep shared memory apart")]
    OwnMemory,
    /// A read-only view of the machine for each node.
    #[strum(serialize = "give nodes a read-only view")]
    OwnView,
    /// Landlock's rules for each node.
    #[strum(serialize = "confine nodes by Landlock")]
    Landlock,
    /// A confined process attempts what a node must not do.
    #[strum(serialize = "deny nodes what they must not do")]
    Denied,
}

impl Capability {
    /// A few words for a list.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether network faults are impossible without it.
    pub fn needed_by_network(self) -> bool {
        !matches!(
            self,
            Capability::Processes
                | Capability::Switch
                | Capability::Supervision
                | Capability::Disk
                | Capability::Clock
                | Capability::OwnProc
                | Capability::OwnHosts
                | Capability::Figures
                | Capability::OwnMemory
                | Capability::OwnView
                | Capability::Landlock
                | Capability::Denied
        )
    }
}

/// The outcome of a trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome", content = "detail")]
pub enum Outcome {
    /// It worked; what was observed.
    Works(String),
    /// It did not; why.
    Refused(String),
    /// An earlier trial that it builds on did not work.
    NotTried,
}

/// One capability, tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// What was tried.
    pub capability: Capability,
    /// Its outcome.
    pub outcome: Outcome,
    /// What would permit it, the best first: commands, or flags of a container.
    pub remedies: Vec<String>,
}

impl Trial {
    /// Whether it worked.
    pub fn works(&self) -> bool {
        matches!(self.outcome, Outcome::Works(_))
    }
}

/// All trials of one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// One for each capability, in order.
    pub trials: Vec<Trial>,
}

impl Diagnosis {
    /// Whether network faults can run here.
    pub fn network_faults(&self) -> bool {
        let mut needed = self
            .trials
            .iter()
            .filter(|trial| trial.capability.needed_by_network());
        needed.all(Trial::works)
    }

    /// Whether links can be diverted here: message cuts, and slow, lossy or narrow links.
    pub fn diverted_links(&self) -> bool {
        self.can(Capability::Switch)
    }

    /// Whether disks can be made worse here: slow, failing, lying, full.
    pub fn supervised_calls(&self) -> bool {
        self.can(Capability::Supervision)
    }

    /// Whether nodes can have disks of their own here, which lose power, rot and show that they are full.
    pub fn mounted_disks(&self) -> bool {
        self.can(Capability::Disk)
    }

    /// Whether wall clocks of nodes can be moved here.
    pub fn clock_faults(&self) -> bool {
        self.can(Capability::Clock)
    }

    /// Whether process faults can run here.
    pub fn process_faults(&self) -> bool {
        self.can(Capability::Processes)
    }

    fn can(&self, capability: Capability) -> bool {
        let mut trials = self.trials.iter();
        trials.any(|trial| trial.capability == capability && trial.works())
    }

    /// The first trial that network faults need and that did not work, with its remedies.
    pub fn obstacle(&self) -> Option<&Trial> {
        let mut trials = self.trials.iter();
        trials.find(|trial| trial.capability.needed_by_network() && !trial.works())
    }
}

/// Tries everything, in a child process that leaves nothing behind. Like entering the sandbox, it
/// must be called before any thread starts. Takes about half a second.
pub fn examine() -> Result<Diagnosis, SandboxError> {
    require_single_thread()?;
    let fork_error = |errno| SandboxError::Refused {
        step: Step::Fork,
        errno,
    };
    let (reader, writer) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).map_err(fork_error)?;
    // SAFETY: this process has a single thread.
    match unsafe { fork() }.map_err(fork_error)? {
        ForkResult::Child => {
            drop(reader);
            trials::perform(File::from(writer));
            leave(0)
        }
        ForkResult::Parent { child } => {
            drop(writer);
            let mut text = String::new();
            let read = File::from(reader).read_to_string(&mut text);
            reap(child);
            read.map_err(|_| fork_error(Errno::EIO))?;
            Ok(complete(&text))
        }
    }
}

/// One line a trial; what is missing was not reached.
fn complete(text: &str) -> Diagnosis {
    let made: Vec<Trial> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let trials = Capability::VARIANTS
        .iter()
        .map(|&capability| {
            let found = made.iter().find(|trial| trial.capability == capability);
            found.cloned().unwrap_or_else(|| Trial {
                capability,
                outcome: Outcome::NotTried,
                remedies: Vec::new(),
            })
        })
        .collect();
    Diagnosis { trials }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_reached_was_not_tried() {
        let line = r#"{"capability":"processes","outcome":{"outcome":"works","detail":"x"},
            "remedies":[]}"#
            .replace('\n', "");
        let diagnosis = complete(&line);
        assert_eq!(diagnosis.trials.len(), Capability::VARIANTS.len());
        assert!(diagnosis.process_faults());
        assert!(!diagnosis.network_faults());
        assert_eq!(
            diagnosis.obstacle().map(|trial| trial.capability),
            Some(Capability::Namespaces)
        );
    }
}
