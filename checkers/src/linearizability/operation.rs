//! What is judged: operations with the time of their call and return.

use crate::history::Moment;

/// The latest moment that can be judged: deciders double moments, and keep one for what never returned.
pub(super) const LATEST: Moment = (1 << 63) - 2;

/// An operation of one process on one object, or on several that a model separates by key.
///
/// Times are of one clock; what it counts is of no account, so the numbers of a file's lines serve as well. The
/// interval is closed: an operation that is called at the very moment at which another returns overlaps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<A> {
    /// Who called. The search does not look at it; it is evidence.
    pub process: u64,
    /// When it was called.
    pub called: Moment,
    /// When it returned. None if it never did, or if the answer left open whether it happened (`info`): it may have
    /// taken effect at any time after its call, or not at all.
    pub returned: Option<Moment>,
    /// What was called, and what was answered.
    pub action: A,
}

impl<A> Operation<A> {
    /// An operation that returned.
    pub fn new(process: u64, called: Moment, returned: Moment, action: A) -> Operation<A> {
        Operation {
            process,
            called,
            returned: Some(returned),
            action,
        }
    }

    /// An operation whose outcome is unknown for ever.
    pub fn crashed(process: u64, called: Moment, action: A) -> Operation<A> {
        Operation {
            process,
            called,
            returned: None,
            action,
        }
    }
}
