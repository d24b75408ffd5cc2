//! The filter that makes the kernel ask: a short program for each call's number. It is built in the parent and
//! installed between fork and exec, where only system calls are permitted.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use libc::sock_filter;
use nix::errno::Errno;

use super::treatment::{COPY, SYNCS, WRITES};
use crate::needs::Calls;

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: Option<u32> = Some(0xc000_003e);
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: Option<u32> = Some(0xc000_00b7);
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const ARCHITECTURE: Option<u32> = None;

/// Offsets in `seccomp_data`; of the first argument its lower half, on the little-endian machines above.
const NUMBER_AT: u32 = 0;
const ARCHITECTURE_AT: u32 = 4;
const FIRST_ARGUMENT_AT: u32 = 16;

/// The last of the standard streams: what a node prints is not on its disk.
const STANDARD_MAX: u32 = libc::STDERR_FILENO as u32;

/// A filter, ready to be installed.
#[derive(Debug)]
pub(super) struct Filter(Vec<sock_filter>);

fn load(offset: u32) -> sock_filter {
    step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset, 0, 0)
}

fn answer(action: u32) -> sock_filter {
    step(libc::BPF_RET | libc::BPF_K, action, 0, 0)
}

/// Skips as many steps as `yes` says if the loaded value is this one, else as `no` says.
fn compare(how: u32, value: u32, yes: usize, no: usize) -> sock_filter {
    let how = libc::BPF_JMP | how | libc::BPF_K;
    step(how, value, yes as u8, no as u8)
}

fn step(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    }
}

impl Filter {
    /// Asks for these calls. A ring would hide calls, so none can be made.
    ///
    /// # Errors
    /// If calls of this machine are not known.
    pub(super) fn of(calls: Calls) -> io::Result<Filter> {
        let architecture = ARCHITECTURE.ok_or_else(|| {
            let why = "system calls are supervised on x86-64 and aarch64 only";
            io::Error::new(io::ErrorKind::Unsupported, why)
        })?;
        let syncs = if calls.syncs { &SYNCS[..] } else { &[] };
        let writes = if calls.writes { &WRITES[..] } else { &[] };
        let copies: &[libc::c_long] = if calls.writes { &[COPY] } else { &[] };
        let compared = 1 + syncs.len() + copies.len() + writes.len();
        // Behind the comparisons: allow what is none of them, refuse, ask, and look at the descriptor.
        let (refuse, ask, look) = (1, 2, 3);
        let mut steps = vec![
            load(ARCHITECTURE_AT),
            compare(libc::BPF_JEQ, architecture, 0, 1 + compared),
            load(NUMBER_AT),
        ];
        let asked = syncs.iter().chain(copies).map(|number| (*number, ask));
        let looked = writes.iter().map(|number| (*number, look));
        let all = std::iter::once((libc::SYS_io_uring_setup, refuse));
        for (at, (number, to)) in all.chain(asked).chain(looked).enumerate() {
            let behind = compared - at - 1;
            steps.push(compare(libc::BPF_JEQ, number as u32, behind + to, 0));
        }
        steps.extend([
            answer(libc::SECCOMP_RET_ALLOW),
            answer(libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
            answer(libc::SECCOMP_RET_USER_NOTIF),
            load(FIRST_ARGUMENT_AT),
            compare(libc::BPF_JGT, STANDARD_MAX, 0, 1),
            answer(libc::SECCOMP_RET_USER_NOTIF),
            answer(libc::SECCOMP_RET_ALLOW),
        ]);
        Ok(Filter(steps))
    }

    /// Installs it in this process, for good, and hands the listener over. Needs `no_new_privs`. It makes system calls
    /// only, so it may run between fork and exec.
    ///
    /// # Errors
    /// What the kernel answers: EBUSY if another listener supervises this process already.
    pub(super) fn install(&self, to: BorrowedFd<'_>) -> io::Result<()> {
        let program = libc::sock_fprog {
            len: self.0.len() as u16,
            filter: self.0.as_ptr().cast_mut(),
        };
        // A node that is asked must not be slower in all it does: older kernels stop speculation otherwise.
        let flags = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW;
        // SAFETY: the kernel reads the program, which is a live value.
        let listener = unsafe {
            libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                flags,
                &program,
            )
        };
        let listener = Errno::result(listener)?;
        // SAFETY: the call above has just opened it. It is closed with this value.
        let listener = unsafe { OwnedFd::from_raw_fd(listener as RawFd) };
        hand_over(&listener, to)
    }
}

/// Sends a descriptor over a socket, with memory of the stack only.
fn hand_over(listener: &OwnedFd, to: BorrowedFd<'_>) -> io::Result<()> {
    let mut byte = 0_u8;
    let mut payload = libc::iovec {
        iov_base: (&raw mut byte).cast(),
        iov_len: 1,
    };
    let mut control = [0_u64; 4];
    // SAFETY: all fields of a message header may be zero.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut payload;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    // SAFETY: computes a size.
    message.msg_controllen = unsafe { libc::CMSG_SPACE(size_of::<RawFd>() as u32) } as _;
    // SAFETY: the control buffer is aligned, and has room for a header and one descriptor (24 of 32 bytes); the header
    // is written before the message is read.
    let sent = unsafe {
        let header = libc::CMSG_FIRSTHDR(&message);
        (*header).cmsg_level = libc::SOL_SOCKET;
        (*header).cmsg_type = libc::SCM_RIGHTS;
        (*header).cmsg_len = libc::CMSG_LEN(size_of::<RawFd>() as u32) as _;
        libc::CMSG_DATA(header)
            .cast::<RawFd>()
            .write_unaligned(listener.as_raw_fd());
        libc::sendmsg(to.as_raw_fd(), &message, libc::MSG_NOSIGNAL)
    };
    Errno::result(sent).map(drop).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the program as the kernel does, for a call of this machine.
    fn verdict(filter: &Filter, number: libc::c_long, first: u32, architecture: u32) -> u32 {
        let (mut at, mut loaded) = (0, 0);
        loop {
            let sock_filter { code, jt, jf, k } = filter.0[at];
            at += 1;
            match u32::from(code) & 0x07 {
                libc::BPF_LD => {
                    loaded = match k {
                        NUMBER_AT => number as u32,
                        ARCHITECTURE_AT => architecture,
                        _ => first,
                    }
                }
                libc::BPF_JMP => {
                    let greater = u32::from(code) & 0xf0 == libc::BPF_JGT;
                    let holds = if greater { loaded > k } else { loaded == k };
                    at += usize::from(if holds { jt } else { jf });
                }
                _ => return k,
            }
        }
    }

    #[test]
    fn the_kernel_asks_for_what_is_wanted_and_for_nothing_else() {
        let own = ARCHITECTURE.expect("tests run where calls are known");
        let ask = libc::SECCOMP_RET_USER_NOTIF;
        for (syncs, writes) in [(true, false), (false, true), (true, true)] {
            let filter = Filter::of(Calls { syncs, writes }).expect("known");
            for number in 0..500 {
                let (sync, write) = (
                    SYNCS.contains(&number),
                    WRITES.contains(&number) || number == COPY,
                );
                let wanted = (sync && syncs) || (write && writes);
                let allowed = match number == libc::SYS_io_uring_setup {
                    true => libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32,
                    false => libc::SECCOMP_RET_ALLOW,
                };
                let expected = if wanted { ask } else { allowed };
                assert_eq!(verdict(&filter, number, 7, own), expected, "{number}");
                let other = verdict(&filter, number, 7, own + 1);
                assert_eq!(
                    other,
                    libc::SECCOMP_RET_ALLOW,
                    "{number} of another architecture"
                );
            }
            let printed = verdict(&filter, libc::SYS_write, 2, own);
            assert_eq!(printed, libc::SECCOMP_RET_ALLOW);
        }
    }
}
