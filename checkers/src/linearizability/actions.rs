//! What the built-in models act on: one type of action a kind of object. Models and deciders share them.

mod key_value;
mod log;
mod multi_register;
mod queue;
mod register;
mod set;

pub use key_value::{KeyValueAction, KeyValueCall};
pub use log::LogAction;
pub use multi_register::{MultiRegisterAction, RegisterStep};
pub use queue::QueueAction;
pub use register::RegisterAction;
pub use set::SetAction;
