//! A call that waits to be decided, with what was known when it was made and what came back.

use smallvec::SmallVec;

use crate::history::{Moment, Offset, Text, WorkerId};

/// How a call came out so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::checks) enum State {
    Open,
    Ok,
    Fail,
    Info,
}

/// One call.
#[derive(Clone, Debug)]
pub(in crate::checks) struct Asked {
    pub(super) id: u64,
    pub(super) worker: WorkerId,
    pub(super) called: Moment,
    /// The end of time while it is open.
    pub(super) ended: Moment,
    pub(super) state: State,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Append(Append),
    Poll(Box<Poll>),
    Read(Box<Read>),
    End(Box<End>),
    Topic(Box<Topic>),
    /// A question for the record of a time, with its error.
    Time(Option<Text>),
    Other,
}

#[derive(Clone, Debug)]
pub(in crate::checks) struct Append {
    pub(super) place: u32,
    pub(super) values: u32,
    /// Whether it waits for all replicas.
    pub(super) all: bool,
    /// Whether any of its records was acknowledged.
    pub(super) any: bool,
}

#[derive(Clone, Debug)]
pub(in crate::checks) struct Poll {
    pub(super) parts: SmallVec<[Part; 1]>,
    /// Whether it is a read after the last heal.
    pub(super) last: bool,
    pub(super) records: u64,
    pub(super) error: Option<Text>,
    pub(super) out_of_range: bool,
}

/// A partition that was assigned.
#[derive(Clone, Debug)]
pub(in crate::checks) struct Part {
    pub(super) place: u32,
    pub(super) position: Offset,
    /// The highest offset that had been known before the call.
    pub(super) known: Option<Offset>,
    /// Whether the record before the position had been known by then.
    pub(super) reached: bool,
    /// The highest record of it that came.
    pub(super) given: Option<Offset>,
}

impl Part {
    /// Whether anything at the position or above had been known before the call.
    pub(super) fn is_known(&self) -> bool {
        self.known >= Some(self.position)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) place: u32,
    pub(super) position: Offset,
    pub(super) reached: bool,
    pub(super) out_of_range: bool,
}

#[derive(Clone, Debug)]
pub(in crate::checks) struct End {
    pub(super) place: u32,
    pub(super) node: Option<Text>,
    /// The highest offset that had been known for long.
    pub(super) long: Option<Offset>,
    /// Whether the node named itself as leader.
    pub(super) leads: bool,
    pub(super) stated: Option<Offset>,
    pub(super) error: Option<Text>,
}

#[derive(Clone, Debug)]
pub(in crate::checks) struct Topic {
    pub(super) request: &'static str,
    /// Whether it is a question, and changes nothing.
    pub(super) describes: bool,
    pub(super) node: Text,
    pub(super) last: bool,
    pub(super) error: Option<Text>,
}
