//! What init reports to outer over a pipe: ready, or which step was refused and why. It is five bytes
//! long, so one write is atomic.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;

use super::SandboxError;

/// The steps of entering the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::FromRepr)]
#[repr(u8)]
pub enum Step {
    /// Blocking signals before the split.
    #[strum(to_string = "block signals")]
    Signals = 1,
    /// Making the namespaces.
    #[strum(to_string = "make its namespaces")]
    Clone = 2,
    /// Writing `setgroups`, `uid_map` and `gid_map`.
    #[strum(to_string = "map the user into its user namespace")]
    UserMap = 3,
    /// Making the mounts private.
    #[strum(to_string = "make its mounts private")]
    Mounts = 4,
    /// Dying with the parent.
    #[strum(to_string = "tie its life to its parent's")]
    ParentDeath = 5,
    /// A session of its own.
    #[strum(to_string = "start a session")]
    Session = 6,
    /// A pipe or a plain fork.
    #[strum(to_string = "start a process")]
    Fork = 7,
}

const MESSAGE_BYTES: usize = 5;
const READY: u8 = 0;

/// Reports that the harness is running.
pub(super) fn send_ready(writer: &OwnedFd) {
    send(writer, READY, 0);
}

/// Reports that a step was refused.
pub(super) fn send_refused(writer: &OwnedFd, step: Step, errno: Errno) {
    send(writer, step as u8, errno as i32);
}

fn send(writer: &OwnedFd, code: u8, errno: i32) {
    let mut message = [code; MESSAGE_BYTES];
    message[1..].copy_from_slice(&errno.to_ne_bytes());
    // A reader that is gone is dead; its death ends this process by itself.
    let _ = nix::unistd::write(writer.as_fd(), &message);
}

/// Waits for init's report.
pub(super) fn receive(reader: OwnedFd) -> Result<(), SandboxError> {
    let mut message = [0; MESSAGE_BYTES];
    File::from(reader)
        .read_exact(&mut message)
        .map_err(|_| SandboxError::Vanished)?;
    let [code, errno @ ..] = message;
    match Step::from_repr(code) {
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
