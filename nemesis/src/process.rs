//! Faults of processes: pause, kill, restart; and what `/proc` shows of a node.
//!
//! Every node is a process group of its own, so that a target which forks is paused whole. Signals
//! are sent here; whoever started the nodes reaps them, through [`ProcessControl`].

mod control;
pub mod figures;
mod kill;
mod pause;
pub mod pressure;
mod rolling;
mod table;

pub use control::{ControlError, ProcessControl};
pub use kill::Kill;
pub use pause::Pause;
pub use rolling::RollingRestart;
pub use table::{Member, ProcessTable};
