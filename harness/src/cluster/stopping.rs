//! The signal by which a target's nodes are asked to end.

use nix::sys::signal::Signal;

use crate::config::target::StopSignal;

pub(super) fn signal(of: StopSignal) -> Signal {
    match of {
        StopSignal::Term => Signal::SIGTERM,
        StopSignal::Int => Signal::SIGINT,
        StopSignal::Quit => Signal::SIGQUIT,
        StopSignal::Hup => Signal::SIGHUP,
        StopSignal::Kill => Signal::SIGKILL,
    }
}
