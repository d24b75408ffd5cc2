//! A history with a lie in it.

use crate::history::{History, Moment};

/// What became of a history.
#[derive(Clone, Debug)]
pub struct Mutated {
    /// The history with the lie.
    pub history: History,
    /// How many answers were changed.
    pub changed: usize,
    /// The `i` of the first of them.
    pub first: u64,
    /// When that was recorded.
    pub at: Moment,
}
