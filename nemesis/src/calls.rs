//! System calls of a node that the harness answers: disks that are slow, that fail, that lie and that are full.
//!
//! A filter that is installed between fork and exec makes the kernel ask before each call that syncs or writes
//! (seccomp's user notification). One thread answers for all nodes. Without a fault it answers at once that the kernel
//! may go on. The program is not changed, all of its threads and children are asked for, and no root and no namespace
//! is needed. Where no fault of a run needs it, no filter is installed.
//!
//! What is not seen: what is written through a mapping, and what a call other than these does to a file.

mod count;
mod filter;
mod notice;
mod supervisor;
mod treatment;
mod trial;
mod waiting;

pub(crate) use supervisor::{Installing, Supervisor};
pub use treatment::Treatment;
pub use trial::Refused;

pub use crate::needs::Calls;
pub(crate) use trial::attempt;
