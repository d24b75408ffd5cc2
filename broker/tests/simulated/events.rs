//! What happens when, in virtual time: events ordered by time, and by the order in which they were planned.

use std::time::Duration;

use broker::core::Input;

use super::faults::Fault;

/// Something that happens.
pub(super) enum Event {
    /// A node's tick.
    Tick(u64, u32),
    /// Something arrives at a node, if it is still in that life.
    Input(u64, u32, Input),
    /// A link comes up or goes down, as its first node sees it.
    Link(u64, u64, bool),
    /// A node's write is done.
    Written(u64, u32),
    Start(u64),
    Resume(u64, u32),
    Client(usize),
    /// Something goes wrong; whether another fault follows.
    Fault(Fault, bool),
    NextFault,
    Mend(Fault),
}

pub(super) struct Timed {
    pub(super) at: Duration,
    pub(super) number: u64,
    pub(super) event: Event,
}

impl PartialEq for Timed {
    fn eq(&self, other: &Timed) -> bool {
        self.number == other.number
    }
}
impl Eq for Timed {}
impl PartialOrd for Timed {
    fn partial_cmp(&self, other: &Timed) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Timed {
    fn cmp(&self, other: &Timed) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}
