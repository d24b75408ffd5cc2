//! A switch in user space for single links: it sees each frame of a *diverted* link and loses, delays, doubles or
//! overtakes it, or takes the message out and lets the acknowledgement pass.
//!
//! The kernel's bridge carries every other link at its own speed. A link is diverted by the same neighbour entry that
//! cuts it ([`crate::network`]). Nothing is parsed above TCP, so what a message says, and whether it is encrypted, does
//! not matter; for the same reason no single kind of request can be picked out.

mod connection;
mod count;
mod frame;
pub(crate) mod hardware;
mod lane;
mod socket;
mod switch;
mod treatment;

pub use count::Count;
pub use treatment::{MILLION, QUEUE, Treatment, Worse};

pub(crate) use frame::HardwareAddress;
pub(crate) use switch::{Health, Switch};
