//! Clients that are processes of their own: this program again, with the hidden command `client`. Only so a client can be stopped
//! and killed like a node, and only a client that stood still for longer than its session shows whether it is fenced.
//!
//! The process reads its task from its standard input and writes one JSON line for each operation on its standard output. A call
//! waits until the harness has taken it down, so it is in the history before it can have an effect, and an answer is in the
//! history after it was there. Its times are therefore those of the harness, as of every other line.

mod keeper;
mod line;
mod process;
mod seats;

pub use keeper::keep;
pub use process::run;
pub use seats::Seats;
