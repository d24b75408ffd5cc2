//! Models: what a register, a map, a lock, a queue, a set and a log do when one process uses them.
//!
//! | model | actions | key | decided without search |
//! |---|---|---|---|
//! | [`Register`] | read, write, compare-and-set | - | distinct writes, no compare-and-set: [`super::deciders::register`] |
//! | [`KeyValue`] | get, put, append | yes | - |
//! | [`Mutex`] | acquire, release | - | - |
//! | [`Queue`] | enqueue, dequeue | - | distinct values, no crashed dequeue: [`super::deciders::queue`] |
//! | [`Set`] | add, remove, contains, read | - | - |
//! | [`Log`] | append, fetch, end offset, read of the whole | - | distinct values: [`super::deciders::log`] |

mod key_value;
mod log;
mod mutex;
mod queue;
mod register;
mod set;
mod value;

pub use super::actions::{LogAction, QueueAction, RegisterAction};
pub use key_value::{KeyValue, KeyValueAction, KeyValueCall, KeyValueState};
pub use log::{Log, LogState};
pub use mutex::{Mutex, MutexAction};
pub use queue::Queue;
pub use register::{Register, RegisterState};
pub use set::{Set, SetAction};
pub use value::{Datum, Value};
