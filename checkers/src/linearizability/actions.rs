//! What the built-in models act on: one type of action a kind of object. Models and deciders share them.

mod log;
mod queue;
mod register;

pub use log::LogAction;
pub use queue::QueueAction;
pub use register::RegisterAction;
