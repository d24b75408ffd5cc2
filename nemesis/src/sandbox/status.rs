//! What init tells outer over a pipe: ready, or which step was refused and why. Five bytes, so one
//! write is whole.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;

use super::SandboxError;

/// The steps of entering the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Step {
    /// Blocking signals before the split.
    Signals = 1,
    /// Making the namespaces.
    Clone = 2,
    /// Writing `setgroups`, `uid_map` and `gid_map`.
    UserMap = 3,
    /// Making the mounts private.
    Mounts = 4,
    /// Dying with the parent.
    ParentDeath = 5,
    /// A session of its own.
    Session = 6,
    /// A pipe or a plain fork.
    Fork = 7,
}

impl Step {
    const ALL: [Step; 7] = [
        Step::Signals,
        Step::Clone,
        Step::UserMap,
        Step::Mounts,
        Step::ParentDeath,
        Step::Session,
        Step::Fork,
    ];
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Step::Signals => "block signals",
            Step::Clone => "make its namespaces",
            Step::UserMap => "map the user into its user namespace",
            Step::Mounts => "make its mounts private",
            Step::ParentDeath => "tie its life to its parent's",
            Step::Session => "start a session",
            Step::Fork => "start a process",
        })
    }
}

const MESSAGE_BYTES: usize = 5;
const READY: u8 = 0;

/// Says that the harness runs.
pub(super) fn send_ready(writer: &OwnedFd) {
    send(writer, READY, 0);
}

/// Says that a step was refused.
pub(super) fn send_refused(writer: &OwnedFd, step: Step, errno: Errno) {
    send(writer, step as u8, errno as i32);
}

fn send(writer: &OwnedFd, code: u8, errno: i32) {
    let mut message = [code; MESSAGE_BYTES];
    message[1..].copy_from_slice(&errno.to_ne_bytes());
    // A reader that is gone is dead; its death ends this process by itself.
    let _ = nix::unistd::write(writer.as_fd(), &message);
}

/// Waits for init's word.
pub(super) fn receive(reader: OwnedFd) -> Result<(), SandboxError> {
    let mut message = [0; MESSAGE_BYTES];
    File::from(reader)
        .read_exact(&mut message)
        .map_err(|_| SandboxError::Vanished)?;
    let [code, errno @ ..] = message;
    match Step::ALL.into_iter().find(|step| *step as u8 == code) {
        None => Ok(()),
        Some(step) => {
            let errno = Errno::from_raw(i32::from_ne_bytes(errno));
            Err(SandboxError::Refused { step, errno })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_arrives_as_it_was_sent() {
        let (reader, writer) = nix::unistd::pipe().expect("a pipe");
        send_refused(&writer, Step::UserMap, Errno::EPERM);
        let error = receive(reader).expect_err("it was refused");
        assert!(matches!(
            error,
            SandboxError::Refused {
                step: Step::UserMap,
                errno: Errno::EPERM
            }
        ));
    }

    #[test]
    fn a_writer_that_dies_is_noticed() {
        let (reader, writer) = nix::unistd::pipe().expect("a pipe");
        drop(writer);
        assert!(matches!(receive(reader), Err(SandboxError::Vanished)));
    }
}
