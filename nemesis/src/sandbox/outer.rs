//! The process that was started. It stays outside the namespaces, forwards every signal to init,
//! and ends as the harness ended. The harness sits in a session of its own, so Ctrl-C reaches outer
//! only, and the harness once.

use std::io::IsTerminal;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// Signals that are forwarded to the harness.
pub(super) const FORWARDED: [Signal; 6] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
];

/// Reports to init that its parent has died, where there is no process namespace to end it.
pub(super) const PARENT_DIED: Signal = Signal::SIGPWR;

/// Added to a signal's number to make an exit code, as shells do.
const SIGNAL_EXIT_BASE: i32 = 128;

/// Shows the cursor. A progress bar hides it, and a harness that was killed did not show it again.
const SHOW_CURSOR: &[u8] = b"\x1b[?25h";

/// Signals that outer and init wait for instead of being interrupted by them. SIGTSTP is among them
/// and is ignored: suspending a run would falsify every time in it.
pub(super) fn awaited_signals() -> SigSet {
    let mut signals: SigSet = FORWARDED.into_iter().collect();
    signals.add(Signal::SIGCHLD);
    signals.add(Signal::SIGTSTP);
    signals.add(PARENT_DIED);
    signals
}

/// The terminal's settings before the run.
pub(super) struct Terminal(Option<Termios>);

impl Terminal {
    /// Reads the settings of standard error, if it is a terminal.
    pub(super) fn remember() -> Terminal {
        let error_output = std::io::stderr();
        Terminal(if error_output.is_terminal() {
            tcgetattr(&error_output).ok()
        } else {
            None
        })
    }

    fn restore(&self, killed: bool) {
        let Terminal(Some(settings)) = self else {
            return;
        };
        let error_output = std::io::stderr();
        // Setting a terminal from the background would stop this process.
        let _ = SigSet::from(Signal::SIGTTOU).thread_block();
        let _ = tcsetattr(&error_output, SetArg::TCSANOW, settings);
        if killed {
            let _ = nix::unistd::write(&error_output, SHOW_CURSOR);
        }
    }
}

/// Serves until init ends, then ends as it did.
pub(super) fn attend(init: Pid, terminal: Terminal) -> ! {
    let signals = awaited_signals();
    loop {
        match signals.wait() {
            Ok(signal) if FORWARDED.contains(&signal) => {
                // Init may have ended in this moment; the next round finds out.
                let _ = kill(init, signal);
            }
            Ok(_) | Err(_) => {}
        }
        if let Some(code) = ended(init) {
            terminal.restore(code > SIGNAL_EXIT_BASE);
            leave(code);
        }
    }
}

/// Waits for a process that is known to be ending.
pub(crate) fn reap(process: Pid) {
    while matches!(waitpid(process, None), Err(Errno::EINTR)) {}
}

fn ended(process: Pid) -> Option<i32> {
    match waitpid(process, Some(WaitPidFlag::WNOHANG)) {
        Ok(status) => exit_code(status),
        Err(Errno::EINTR) => None,
        // No such child: it has been reaped already. Nothing is left to wait for.
        Err(_) => Some(SIGNAL_EXIT_BASE + Signal::SIGKILL as i32),
    }
}

/// The exit code for this status, if the process has ended.
pub(super) fn exit_code(status: WaitStatus) -> Option<i32> {
    match status {
        WaitStatus::Exited(_, code) => Some(code),
        WaitStatus::Signaled(_, signal, _) => Some(SIGNAL_EXIT_BASE + signal as i32),
        _ => None,
    }
}

/// Ends without running anything that belongs to the harness: buffers and destructors were copied
/// by the fork.
pub(crate) fn leave(code: i32) -> ! {
    // SAFETY: ends the process at once.
    unsafe { libc::_exit(code) }
}
