//! The processes of the nodes: who owns them, where they are looked up, and what `/proc` shows of a
//! node.
//!
//! Every node is a process group of its own, so that a target which forks is paused whole. Signals
//! are sent here; the owner of the nodes reaps them, through [`ProcessControl`], and that of clients through [`ClientControl`].

mod clients;
mod control;
pub mod figures;
pub mod pressure;
mod table;
mod waits;

pub use clients::{Client, ClientControl, NoClients};
pub use control::{ControlError, ProcessControl, Release};
pub use table::{Member, ProcessTable};
