//! PID 1 of the sandbox. It ties its life to outer's, sets the namespaces up, starts the harness as
//! its only child, reaps whatever is orphaned, and ends when the harness does; the kernel ends the
//! rest of the namespace.
//!
//! Without namespaces the kernel does not do that. Init is then a sub-reaper, gets a
//! signal when outer dies, and ends its descendants itself. One gap remains: if init itself is killed,
//! children of nodes survive.

use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid, getppid, setsid};

use super::namespaces::{self, Identity};
use super::outer::{FORWARDED, PARENT_DIED, awaited_signals, exit_code, leave};
use super::status::{self, Step};
use super::{Entered, Isolation, SandboxOptions};
use crate::confinement::{self, Confinement};

/// How often the sweep looks for descendants that are still alive.
const SWEEP_INTERVAL: Duration = Duration::from_millis(5);

/// The exit code of an init whose set-up failed; outer reports the reason instead.
const REFUSED_EXIT: i32 = 1;

/// Sets everything up and starts the harness. Returns in the harness only.
pub(super) fn begin(
    options: &SandboxOptions,
    user_namespace: bool,
    identity: &Identity,
    writer: OwnedFd,
) -> Entered {
    match set_up(options, user_namespace, identity, &writer) {
        Ok(entered) => {
            let init = getpid();
            // SAFETY: this process has a single thread.
            match unsafe { fork() } {
                Ok(ForkResult::Child) => {
                    drop(writer);
                    follow_parent(init);
                    entered
                }
                Ok(ForkResult::Parent { child }) => {
                    status::send_ready(&writer);
                    drop(writer);
                    attend(child, options.isolation)
                }
                Err(errno) => refuse(&writer, Step::Fork, errno),
            }
        }
        Err((step, errno)) => refuse(&writer, step, errno),
    }
}

fn refuse(writer: &OwnedFd, step: Step, errno: Errno) -> ! {
    status::send_refused(writer, step, errno);
    leave(REFUSED_EXIT)
}

fn set_up(
    options: &SandboxOptions,
    user_namespace: bool,
    identity: &Identity,
    writer: &OwnedFd,
) -> Result<Entered, (Step, Errno)> {
    let SandboxOptions { isolation, nodes } = *options;
    let at = |step: Step| move |errno: Errno| (step, errno);
    let word = match isolation {
        Isolation::Network => Signal::SIGKILL,
        Isolation::ProcessesOnly => PARENT_DIED,
    };
    prctl::set_pdeathsig(word).map_err(at(Step::ParentDeath))?;
    // The parent may have died before that. Its process id says nothing across a namespace; its end
    // of the pipe does.
    if reader_is_gone(writer) {
        leave(REFUSED_EXIT);
    }
    setsid().map_err(at(Step::Session))?;
    // A core file of the harness would contain every secret that it passed on to a node.
    let _ = confinement::forbid_core_files();
    let (own_proc, own_hosts) = match isolation {
        Isolation::ProcessesOnly => {
            prctl::set_child_subreaper(true).map_err(at(Step::ParentDeath))?;
            (
                Ok(()),
                Err("without a private network, nodes have no names".to_owned()),
            )
        }
        Isolation::Network => {
            if user_namespace {
                namespaces::map_identity(identity).map_err(at(Step::UserMap))?;
            }
            namespaces::make_mounts_private().map_err(at(Step::Mounts))?;
            namespaces::set_host_name();
            let own_proc = namespaces::mount_proc();
            if user_namespace {
                namespaces::forbid_user_namespaces();
            }
            (own_proc, namespaces::bind_hosts(nodes))
        }
    };
    let namespaces = isolation == Isolation::Network;
    Ok(Entered {
        confinement: Confinement::set_up(namespaces, nodes),
        isolation,
        nodes,
        user_namespace,
        own_proc,
        own_hosts,
    })
}

fn reader_is_gone(writer: &OwnedFd) -> bool {
    let mut ends = [PollFd::new(writer.as_fd(), PollFlags::empty())];
    let ready = poll(&mut ends, PollTimeout::ZERO);
    ready == Ok(1)
        && ends[0]
            .revents()
            .is_some_and(|seen| seen.contains(PollFlags::POLLERR))
}

/// The harness dies with init, whether or not init died before this request.
fn follow_parent(init: Pid) {
    let _ = prctl::set_pdeathsig(Signal::SIGKILL);
    if getppid() != init {
        leave(REFUSED_EXIT);
    }
}

/// Serves until the harness ends, then ends as it did.
fn attend(harness: Pid, isolation: Isolation) -> ! {
    let signals = awaited_signals();
    loop {
        match signals.wait() {
            Ok(PARENT_DIED) => {
                let _ = kill(harness, Signal::SIGKILL);
            }
            Ok(signal) if FORWARDED.contains(&signal) => {
                let _ = kill(harness, signal);
            }
            Ok(_) | Err(_) => {}
        }
        if let Some(code) = reap_all(harness) {
            if isolation == Isolation::ProcessesOnly {
                sweep();
            }
            leave(code);
        }
    }
}

/// Reaps every child that has ended; returns the harness's exit code if it was among them.
fn reap_all(harness: Pid) -> Option<i32> {
    let mut end = None;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return end,
            Ok(status) if status.pid() == Some(harness) => end = exit_code(status).or(end),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return end,
        }
    }
}

/// Kills children, and what they orphan as they die, until there are none.
fn sweep() {
    let own = getpid();
    loop {
        for child in children_of(own) {
            let _ = kill(child, Signal::SIGKILL);
        }
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => std::thread::sleep(SWEEP_INTERVAL),
            Err(Errno::ECHILD) => return,
            Ok(_) | Err(_) => {}
        }
    }
}

fn children_of(parent: Pid) -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|process| parent_of(*process) == Some(parent.as_raw()))
        .map(Pid::from_raw)
        .collect()
}

fn parent_of(process: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The command's name, in parentheses, may itself contain spaces and parentheses.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}
