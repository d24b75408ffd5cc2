//! A process between exec and its first instruction: its vDSO is found, the stub and the control page are put into it,
//! and the table leads to the stub. Then it is let go and never traced again.
//!
//! Nothing of `/proc` is read: everything is on the fresh stack, so this works in any namespace.
//!
//! A start script executes the real program in the end. Until then the process is accompanied from exec to exec, and
//! gets the signals that it is sent. A script that *forks* the program is not followed.

use std::cell::Cell;
use std::os::fd::{BorrowedFd, RawFd};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;

use super::page::{PAGE_BYTES, Refusal};
use super::stub::{CLOCK_GETTIME, GETTIMEOFDAY, Stub, TIME};
use super::vdso::{self, Vdso};

/// How long a wrapper may run before it executes the program.
const WRAPPER_LIMIT: Duration = Duration::from_secs(10);

/// How long a process may take to stop.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// Between two looks.
const LOOK_INTERVAL: Duration = Duration::from_micros(200);

/// Programs that execute another in their place.
const WRAPPERS: [&str; 17] = [
    "sh", "bash", "dash", "ash", "ksh", "zsh", "busybox", "env", "exec", "nice", "ionice", "nohup",
    "setsid", "taskset", "chrt", "stdbuf", "prlimit",
];

/// The longest name that is read, and the most words on a stack.
const NAME_BYTES_MAX: usize = 4096;
const WORDS_MAX: u64 = 1 << 20;

/// Called between fork and exec, last: the process stops when its program has been executed, and it keeps the control
/// page. If it may not be traced, it goes on without.
pub(super) fn ask_to_be_traced(descriptor: RawFd, refusal: Refusal) {
    // SAFETY: the descriptor was inherited and is open.
    let page = unsafe { BorrowedFd::borrow_raw(descriptor) };
    let asked = fcntl(page, FcntlArg::F_SETFD(FdFlag::empty())).and_then(|_| ptrace::traceme());
    if let Err(errno) = asked {
        refusal.tell(errno);
    }
}

/// Redirects a process of this thread that called [`ask_to_be_traced`], when it executes `program`.
///
/// # Errors
/// Why its clock cannot be moved. It goes on in any case.
pub(super) fn redirect(pid: Pid, program: Option<&str>, descriptor: RawFd) -> Result<(), String> {
    let deadline = Instant::now() + WRAPPER_LIMIT;
    let mut seen = Vec::new();
    let (mut outcome, late) = (None, Cell::new(None));
    while outcome.is_none() {
        match next_stop(pid, deadline) {
            Stop::Executed => {
                let name = executed(pid).unwrap_or_default();
                let is_meant = match program {
                    Some(program) => name == program,
                    None => !WRAPPERS.contains(&name.as_str()),
                };
                seen.push(name);
                if is_meant {
                    outcome = Some(put_in(pid, descriptor, &late));
                } else {
                    let _ = ptrace::cont(pid, None);
                }
            }
            Stop::By(signal) => {
                let _ = ptrace::cont(pid, signal);
            }
            Stop::Ended => return Err(format!("it ended, executed {}", seen.join(", then "))),
            Stop::None => {
                // Only a stopped process can be let go.
                let _ = kill(pid, Signal::SIGSTOP);
                while let Stop::By(Some(signal)) = next_stop(pid, Instant::now() + STOP_LIMIT) {
                    if signal == Signal::SIGSTOP {
                        break;
                    }
                    let _ = ptrace::cont(pid, signal);
                }
                let limit_s = WRAPPER_LIMIT.as_secs();
                let wanted = program.unwrap_or("a program that is no wrapper");
                outcome = Some(Err(format!(
                    "in {limit_s} s it did not execute {wanted}, but {}; `node.program` names the one that is meant",
                    seen.join(", then ")
                )));
            }
        }
    }
    let _ = ptrace::detach(pid, late.get());
    outcome.unwrap_or(Ok(()))
}

/// Why a process stopped.
enum Stop {
    /// It has executed a program.
    Executed,
    /// A signal that it is to get.
    By(Option<Signal>),
    /// It is no more; whoever owns it reaps it.
    Ended,
    /// It did not stop in time.
    None,
}

fn next_stop(pid: Pid, deadline: Instant) -> Stop {
    let any = WaitPidFlag::WEXITED | WaitPidFlag::WSTOPPED | WaitPidFlag::WNOHANG;
    loop {
        // An end is only looked at.
        match waitid(
            Id::Pid(pid),
            any | WaitPidFlag::WNOWAIT | WaitPidFlag::__WALL,
        ) {
            Ok(WaitStatus::StillAlive) if Instant::now() < deadline => sleep(LOOK_INTERVAL),
            Ok(WaitStatus::StillAlive) => return Stop::None,
            Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) => return Stop::Ended,
            Err(Errno::EINTR) => {}
            Err(_) => return Stop::Ended,
            Ok(_) => break,
        }
    }
    match waitpid(pid, Some(WaitPidFlag::WNOHANG | WaitPidFlag::__WALL)) {
        Ok(WaitStatus::Stopped(_, Signal::SIGTRAP)) => Stop::Executed,
        Ok(WaitStatus::Stopped(_, signal)) => Stop::By(Some(signal)),
        Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => Stop::Ended,
        _ => Stop::By(None),
    }
}

fn peek(pid: Pid, at: u64) -> Result<u64, String> {
    let word = ptrace::read(pid, at as ptrace::AddressType);
    let refused = |errno: Errno| format!("its memory cannot be read: {errno}");
    word.map(|word| word as u64).map_err(refused)
}

fn poke(pid: Pid, at: u64, word: i64) -> Result<(), String> {
    let refused = |errno: Errno| format!("its memory cannot be written: {errno}");
    ptrace::write(pid, at as ptrace::AddressType, word).map_err(refused)
}

fn peek_bytes(pid: Pid, at: u64, count: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        bytes.extend(peek(pid, at + bytes.len() as u64)?.to_ne_bytes());
    }
    bytes.truncate(count);
    Ok(bytes)
}

/// The name of the program that was executed: the last part of its first word.
fn executed(pid: Pid) -> Result<String, String> {
    let stack = registers(pid)?.stack;
    let mut at = peek(pid, stack + 8)?;
    let mut name = Vec::new();
    while name.len() < NAME_BYTES_MAX {
        let word = peek(pid, at)?.to_ne_bytes();
        let text = word.iter().take_while(|byte| **byte != 0);
        name.extend(text);
        if word.contains(&0) {
            break;
        }
        at += 8;
    }
    let name = String::from_utf8_lossy(&name);
    Ok(name.rsplit('/').next().unwrap_or_default().to_owned())
}

/// Where the vDSO is, from the auxiliary vector above the words and variables on the stack.
fn vdso_at(pid: Pid) -> Result<u64, String> {
    let stack = registers(pid)?.stack;
    let words = peek(pid, stack)?.min(WORDS_MAX);
    let mut at = stack + 8 * (words + 2);
    for _ in 0..WORDS_MAX {
        at += 8;
        if peek(pid, at - 8)? == 0 {
            break;
        }
    }
    for _ in 0..WORDS_MAX {
        match peek(pid, at)? {
            libc::AT_SYSINFO_EHDR => return peek(pid, at + 8),
            libc::AT_NULL => break,
            _ => at += 16,
        }
    }
    Err("the kernel gives it no vDSO".to_owned())
}

fn put_in(pid: Pid, descriptor: RawFd, late: &Cell<Option<Signal>>) -> Result<(), String> {
    let base = vdso_at(pid)?;
    let length = vdso::length(&peek_bytes(pid, base, vdso::BEGIN_BYTES)?)?;
    let image = peek_bytes(pid, base, usize::try_from(length).unwrap_or_default())?;
    let vdso = Vdso::read(base, &image)?;
    let original = |names: &[&str]| vdso.named(names).next().map(|symbol| symbol.address);
    let clock_gettime = original(&CLOCK_GETTIME).ok_or("its vDSO does not tell the time")?;
    let gettimeofday = original(&GETTIMEOFDAY).unwrap_or_default();
    let saved = registers(pid)?;
    let entered = Entered {
        pid,
        vdso: &vdso,
        saved: &saved,
        late,
    };
    let private = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64;
    let (run, write) = (libc::PROT_EXEC as u64, libc::PROT_WRITE as u64);
    let read = libc::PROT_READ as u64;
    let page = PAGE_BYTES as u64;
    let file = descriptor as u64;
    let code = entered.call(libc::SYS_mmap, [0, page, read | run, private, u64::MAX, 0])?;
    let shared = libc::MAP_SHARED as u64;
    let control = entered.call(libc::SYS_mmap, [0, page, read | write, shared, file, 0])?;
    entered.call(libc::SYS_close, [file, 0, 0, 0, 0, 0])?;
    set_registers(pid, &saved)?;
    let stub = Stub::new(control, clock_gettime, gettimeofday);
    let stub = stub.ok_or("clocks can be moved on x86-64 only")?;
    for (at, word) in (code..).step_by(8).zip(&stub.words) {
        poke(pid, at, *word)?;
    }
    let replaced = [
        (&CLOCK_GETTIME, stub.clock_gettime),
        (&GETTIMEOFDAY, stub.gettimeofday),
        (&TIME, stub.time),
    ];
    for (names, at) in replaced {
        for symbol in vdso.named(names) {
            // A program adds the bias, and the sum wraps.
            let value = (code + at).wrapping_sub(vdso.bias);
            poke(pid, symbol.entry, value as i64)?;
        }
    }
    Ok(())
}

/// A process that makes system calls for us.
struct Entered<'a> {
    pid: Pid,
    vdso: &'a Vdso,
    saved: &'a Registers,
    /// A signal that came in between: it gets it when it is let go, because here it would run a handler.
    late: &'a Cell<Option<Signal>>,
}

impl Entered<'_> {
    fn call(&self, number: libc::c_long, arguments: [u64; 6]) -> Result<u64, String> {
        let called = self
            .saved
            .calling(number as u64, arguments, self.vdso.syscall);
        set_registers(self.pid, &called)?;
        let refused = |errno: Errno| format!("it cannot be led by one step: {errno}");
        loop {
            ptrace::step(self.pid, None).map_err(refused)?;
            match next_stop(self.pid, Instant::now() + STOP_LIMIT) {
                Stop::Executed => break,
                Stop::By(signal) => self.late.set(signal.or(self.late.get())),
                Stop::Ended => return Err("it ended".to_owned()),
                Stop::None => return Err("it did not end a system call".to_owned()),
            }
        }
        let answer = registers(self.pid)?.result as i64;
        match answer {
            -4095..=-1 => Err(format!(
                "a system call in it failed: {}",
                Errno::from_raw(-answer as i32)
            )),
            _ => Ok(answer as u64),
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod processor {
    //! The registers of x86-64.

    use nix::sys::ptrace;
    use nix::unistd::Pid;

    pub(super) struct Registers {
        all: libc::user_regs_struct,
        pub(super) stack: u64,
        pub(super) result: u64,
    }

    impl Registers {
        /// The registers with which the instruction at `at` makes a system call.
        pub(super) fn calling(&self, number: u64, arguments: [u64; 6], at: u64) -> Registers {
            let mut all = self.all;
            all.rip = at;
            all.rax = number;
            // No system call is being restarted.
            all.orig_rax = u64::MAX;
            [all.rdi, all.rsi, all.rdx, all.r10, all.r8, all.r9] = arguments;
            Registers { all, ..*self }
        }
    }

    pub(super) fn registers(pid: Pid) -> Result<Registers, String> {
        let all = ptrace::getregs(pid);
        let all = all.map_err(|errno| format!("its registers cannot be read: {errno}"))?;
        Ok(Registers {
            all,
            stack: all.rsp,
            result: all.rax,
        })
    }

    pub(super) fn set_registers(pid: Pid, registers: &Registers) -> Result<(), String> {
        let set = ptrace::setregs(pid, registers.all);
        set.map_err(|errno| format!("its registers cannot be written: {errno}"))
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod processor {
    //! Other processors: nothing is known of them.

    use nix::unistd::Pid;

    pub(super) struct Registers {
        pub(super) stack: u64,
        pub(super) result: u64,
    }

    impl Registers {
        pub(super) fn calling(&self, _: u64, _: [u64; 6], _: u64) -> Registers {
            Registers { ..*self }
        }
    }

    pub(super) fn registers(_: Pid) -> Result<Registers, String> {
        Err("clocks can be moved on x86-64 only".to_owned())
    }

    pub(super) fn set_registers(_: Pid, _: &Registers) -> Result<(), String> {
        Err("clocks can be moved on x86-64 only".to_owned())
    }
}

use processor::{Registers, registers, set_registers};
