//! Models: what a register, a map, a lock, a queue, a set and a log do when one process uses them.
//!
//! Before a search, every model asks [`super::deciders::sources`] whether an answer came out of nothing.
//!
//! | model | actions | key | decided without search |
//! |---|---|---|---|
//! | [`Register`] | read, write, compare-and-set | - | distinct writes, no compare-and-set: [`super::deciders::register`] |
//! | [`KeyValue`] | get, put, append | yes | - |
//! | [`Mutex`] | acquire, release | - | - |
//! | [`MultiRegister`] | reads and writes of several registers together | by component | - |
//! | [`Queue`] | enqueue, dequeue | - | distinct values, no crashed dequeue: [`super::deciders::queue`] |
//! | [`Set`] | add, remove, contains, read | - | - |
//! | [`Log`] | append, fetch, end offset, read of the whole | - | distinct values: [`super::deciders::log`] |

mod key_value;
mod log;
mod multi_register;
mod mutex;
mod queue;
mod register;
mod set;
mod value;

pub use super::actions::{
    KeyValueAction, KeyValueCall, LogAction, MultiRegisterAction, QueueAction, RegisterAction,
    RegisterStep, SetAction,
};
pub use key_value::{KeyValue, KeyValueState};
pub use log::{Log, LogState};
pub use multi_register::{MultiRegister, MultiRegisterState};
pub use mutex::{Mutex, MutexAction};
pub use queue::Queue;
pub use register::{Register, RegisterState};
pub use set::Set;
pub use value::{Datum, Value};
