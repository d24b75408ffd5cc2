//! The kernel's questions: received from a listener, and answered. A question whose caller was killed or took a signal is
//! void, which is no error.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};

use super::treatment::Kind;

/// Whoever asks and whoever answers run on the same processor: `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP`, Linux 6.6.
const SYNC_WAKE_UP: libc::c_ulong = 1;

/// Where the kernel asks for the calls of one process and what it started.
#[derive(Debug)]
pub(super) struct Listener(OwnedFd);

/// A call that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    /// The kernel's name of the question.
    pub(super) id: u64,
    /// The thread that called.
    pub(super) thread: u32,
    /// The call's number, and its first three arguments.
    pub(super) call: (libc::c_long, [u64; 3]),
}

/// What the kernel is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Execute it.
    Continue,
    /// Return this error instead.
    Error(Errno),
    /// Return 0 instead.
    Success,
}

impl Notice {
    /// What the call does, and to which descriptor.
    pub(super) fn kind(&self) -> Option<(Kind, Option<u64>)> {
        let (number, arguments) = self.call;
        let kind = Kind::of(number)?;
        let descriptor = kind.descriptor.and_then(|at| arguments.get(at).copied());
        Some((kind, descriptor))
    }
}

impl Listener {
    /// Takes the listener that a process sends before it executes its program. None if it has ended instead.
    pub(super) fn take(from: &UnixStream) -> Option<Listener> {
        let mut byte = [0];
        let mut payload = [io::IoSliceMut::new(&mut byte)];
        let mut space = nix::cmsg_space!([std::os::fd::RawFd; 1]);
        let flags = MsgFlags::MSG_CMSG_CLOEXEC | MsgFlags::MSG_DONTWAIT;
        let received =
            recvmsg::<()>(from.as_raw_fd(), &mut payload, Some(&mut space), flags).ok()?;
        let received = received.cmsgs().ok()?.next()?;
        let ControlMessageOwned::ScmRights(descriptors) = received else {
            return None;
        };
        let descriptor = *descriptors.first()?;
        // SAFETY: the kernel has just given this process the descriptor.
        let listener = Listener(unsafe { OwnedFd::from_raw_fd(descriptor) });
        // SAFETY: takes numbers only. Older kernels refuse it, and are a little slower.
        unsafe {
            let request = libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS;
            libc::ioctl(listener.0.as_raw_fd(), request, SYNC_WAKE_UP);
        }
        Some(listener)
    }

    /// The next question. None if it has become void.
    pub(super) fn receive(&self) -> Option<Notice> {
        // SAFETY: plain numbers; the kernel requires zeros.
        let mut asked: libc::seccomp_notif = unsafe { std::mem::zeroed() };
        // SAFETY: the kernel writes into the value, which is of the size that the request names.
        let result = unsafe {
            libc::ioctl(
                self.0.as_raw_fd(),
                libc::SECCOMP_IOCTL_NOTIF_RECV,
                &raw mut asked,
            )
        };
        (result == 0).then(|| Notice {
            id: asked.id,
            thread: asked.pid,
            call: (
                libc::c_long::from(asked.data.nr),
                [asked.data.args[0], asked.data.args[1], asked.data.args[2]],
            ),
        })
    }

    /// Answers; false if the question has become void.
    pub(super) fn answer(&self, id: u64, answer: Answer) -> bool {
        let (error, flags) = match answer {
            Answer::Continue => (0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32),
            Answer::Error(errno) => (-(errno as i32), 0),
            Answer::Success => (0, 0),
        };
        let mut told = libc::seccomp_notif_resp {
            id,
            val: 0,
            error,
            flags,
        };
        // SAFETY: the kernel reads the value, which is of the size that the request names.
        let result = unsafe {
            libc::ioctl(
                self.0.as_raw_fd(),
                libc::SECCOMP_IOCTL_NOTIF_SEND,
                &raw mut told,
            )
        };
        result == 0
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
