//! Wall clocks that can be moved, of unmodified programs and without root.
//!
//! Every C library and Go's runtime look the functions that tell the time up once, at the start, in the symbol table of
//! the vDSO, which the kernel maps into each process. Between exec and the first instruction these entries are pointed
//! at a stub. The stub calls the original, adds what the node's *control page* says, and counts. So a move needs one
//! write to memory that both share, and nothing of the running program is patched.
//!
//! Only clocks that a real machine's wall clock is are moved: `CLOCK_REALTIME`, its coarse form and `CLOCK_TAI`,
//! `gettimeofday` and `time`. Monotonic clocks are counted and left alone, because no fault of a clock moves them. A
//! program that makes the system call itself, or does not look at its wall clock, reads nothing here: no effect.

mod page;
mod shift;
mod stub;
mod tracee;
mod trial;
mod vdso;

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::unistd::Pid;

use crate::node::Node;
use page::Page;

pub use page::Reads;
pub use shift::{Shift, now_ns};
pub(crate) use trial::trial;

/// The clock of a node, whichever process runs as it.
#[derive(Debug)]
pub struct Clock {
    page: Page,
    /// The program whose clock it is, if a wrapper runs first.
    program: Option<String>,
    /// Whether the node's last process reads it; or why not.
    redirected: Mutex<Result<(), String>>,
}

impl Clock {
    /// A clock that is right, for a program of this name.
    ///
    /// # Errors
    /// If the kernel gives no memory to share.
    fn new(program: Option<String>) -> io::Result<Clock> {
        Ok(Clock {
            page: Page::new()?,
            program,
            redirected: Mutex::new(Err("the node has not been started".to_owned())),
        })
    }

    /// Whether the node's process reads this clock; or why not.
    ///
    /// # Errors
    /// The reason.
    pub fn works(&self) -> Result<(), String> {
        hold(&self.redirected).clone()
    }

    /// From now on the clock is wrong by this much.
    pub fn set(&self, shift: Shift) {
        self.page.set(shift);
    }

    /// What has been read so far, by all processes of the node together.
    pub fn reads(&self) -> Reads {
        self.page.reads()
    }

    /// Prepares a command: its process will stop when its program has been executed. The last step before that.
    pub(crate) fn hook(&self, command: &mut std::process::Command) {
        use std::os::unix::process::CommandExt;
        let (descriptor, refusal) = (self.descriptor().as_raw_fd(), self.page.refusal());
        // SAFETY: the closure runs between fork and exec and makes system calls only; the page outlives the command's
        // start, because whoever starts it holds this clock.
        unsafe {
            command.pre_exec(move || {
                tracee::ask_to_be_traced(descriptor, refusal);
                Ok(())
            });
        }
    }

    /// Lets a process that was started with [`Clock::hook`] read this clock. Blocks until its program is executed, behind
    /// wrappers if there are any. Must be called by the thread that started it. The process goes on in any case.
    pub(crate) fn redirect(&self, process: Option<u32>) {
        let process = process.and_then(|id| i32::try_from(id).ok());
        let outcome = match (process, self.page.take_refusal()) {
            (None, _) => Err("it ended at once".to_owned()),
            (_, Some(errno)) => Err(format!("the kernel refuses to trace it: {errno}")),
            (Some(id), None) => {
                let program = self.program.as_deref();
                tracee::redirect(Pid::from_raw(id), program, self.descriptor().as_raw_fd())
            }
        };
        *hold(&self.redirected) = outcome;
    }

    fn descriptor(&self) -> BorrowedFd<'_> {
        self.page.descriptor().as_fd()
    }
}

/// The clocks of all nodes, where nodes are started with clocks that can be moved.
#[derive(Debug, Default)]
pub struct Clocks(Mutex<Option<Wanted>>);

#[derive(Debug)]
struct Wanted {
    program: Option<String>,
    nodes: BTreeMap<Node, Arc<Clock>>,
}

impl Clocks {
    /// From now on nodes start with clocks that can be moved, or no more. `program` is the name of the program whose
    /// clock is meant, if the node is started by others that execute it in the end; without it, the first that is no
    /// shell and no usual wrapper.
    pub fn want(&self, wanted: bool, program: Option<String>) {
        *hold(&self.0) = wanted.then(|| Wanted {
            program,
            nodes: BTreeMap::new(),
        });
    }

    /// The clock of a node; none if it was not wanted.
    ///
    /// # Errors
    /// If the kernel gives no memory to share.
    pub fn of(&self, node: Node) -> io::Result<Option<Arc<Clock>>> {
        let mut all = hold(&self.0);
        let Some(wanted) = all.as_mut() else {
            return Ok(None);
        };
        if let Some(clock) = wanted.nodes.get(&node) {
            return Ok(Some(clock.clone()));
        }
        let clock = Arc::new(Clock::new(wanted.program.clone())?);
        wanted.nodes.insert(node, clock.clone());
        Ok(Some(clock))
    }
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
