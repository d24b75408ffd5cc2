//! Standard output: what was lost of it decides about the exit code. It is written without a buffer, so that an error is
//! seen when it happens and not after the exit code was chosen.
//!
//! A reader that closed the pipe (`jepsen list | head -1`) has read what it wanted: the program ends quietly, and its
//! exit code stays that of the command. Every other failure is reported at the end, and the exit code is not 0.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use super::{bottom, say_always};
use crate::exit::{self, Stop};
use crate::secret::clean_text;

/// The time until a pipe that is full is tried again. A pipe is only refused if another program made it non-blocking.
const AGAIN: Duration = Duration::from_millis(5);

/// The first failure. Nothing is written after it, because a text with a gap is worse than one that ends.
static LOST: Mutex<Option<Errno>> = Mutex::new(None);

/// Whether standard output was closed when the program was started (`jepsen list >&-`). Before `main`, Rust opens
/// `/dev/null` in its place, and nothing would be known to be lost.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Called by the loader, before Rust's own start.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

extern "C" fn look() {
    // SAFETY: reads the flags of a descriptor; nothing is allocated, and nothing of Rust's runtime is needed.
    let flags = unsafe { nix::libc::fcntl(nix::libc::STDOUT_FILENO, nix::libc::F_GETFD) };
    CLOSED.store(flags == -1, Ordering::Relaxed);
}

/// Writes a text without secrets, and a line break if it ends without one.
pub(super) fn write(text: &str) {
    let text = &*clean_text(text);
    let mut lost = LOST.lock().unwrap_or_else(PoisonError::into_inner);
    if lost.is_some() {
        return;
    }
    if CLOSED.load(Ordering::Relaxed) {
        *lost = Some(Errno::EBADF);
        return;
    }
    bottom::erase();
    let end: &[u8] = if text.ends_with('\n') { b"" } else { b"\n" };
    *lost = all(text.as_bytes()).and_then(|()| all(end)).err();
}

/// Not through `std::io::Stdout`: it reports no error for a descriptor that is closed or not open for writing.
fn all(mut rest: &[u8]) -> Result<(), Errno> {
    let out = std::io::stdout().lock();
    while !rest.is_empty() {
        match nix::unistd::write(&out, rest) {
            Ok(0) => return Err(Errno::EIO),
            Ok(count) => rest = &rest[count..],
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => std::thread::sleep(AGAIN),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Checks that everything was written so far, before a command that has no end waits.
///
/// # Errors
/// If standard output was lost, by a reader that closed it too.
pub fn written() -> anyhow::Result<()> {
    match *LOST.lock().unwrap_or_else(PoisonError::into_inner) {
        None => Ok(()),
        Some(Errno::EPIPE) => Err(Stop::usage("standard output was closed")),
        Some(error) => Err(anyhow::Error::from(error).context("standard output")),
    }
}

/// Reports output that was lost. Returns the exit code of the program, given that of the command.
pub fn finish(code: i32) -> i32 {
    let lost = *LOST.lock().unwrap_or_else(PoisonError::into_inner);
    match lost {
        None | Some(Errno::EPIPE) => code,
        Some(error) => {
            let why = std::io::Error::from(error);
            say_always(&format!(
                "jepsen: standard output: {why}; the output is incomplete: write it to another place"
            ));
            exit::of_lost_output(code)
        }
    }
}

/// Lets a write beyond `RLIMIT_FSIZE` (`ulimit -f`) fail as on a full disk. By default the signal ends the program without
/// a word. A handler is not inherited by programs that this one starts, but an ignored signal is.
pub fn survive_file_limit() {
    extern "C" fn nothing(_: nix::libc::c_int) {}
    let action = SigAction::new(
        SigHandler::Handler(nothing),
        SaFlags::SA_RESTART,
        SigSet::empty(),
    );
    // SAFETY: the handler does nothing, so it is async-signal-safe. A failure leaves the default.
    let _ = unsafe { sigaction(Signal::SIGXFSZ, &action) };
}
