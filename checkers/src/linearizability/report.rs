//! What a check says: one word, and evidence as data. Operations are named by their positions in what was given.

use serde::{Deserialize, Serialize};

use super::options::Limit;
use crate::verdict::{Rule, Validity};

/// The answer to one history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LinearizabilityReport {
    /// Valid if it is linearizable, undecided if a budget ran out before that was known.
    pub validity: Validity,
    /// How many operations were given.
    pub operations: usize,
    /// On how many objects.
    pub objects: usize,
    /// How many of them a decider judged without a search.
    pub decided: usize,
    /// Attempts to place an operation, over all objects that were searched.
    pub steps: u64,
    /// The most bytes that the search of one object took.
    pub bytes: usize,
    /// What is wrong with the first object that has no linearization, smallest object first.
    pub failure: Option<Failure>,
    /// Objects whose search ran out of budget.
    pub undecided: Vec<Undecided>,
}

/// Why an object's operations have no linearization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failure {
    /// The object's key, if the model has keys.
    pub key: Option<String>,
    /// The operation that cannot be placed: whatever is placed before it, its answer is impossible.
    pub operation: usize,
    /// What the object could hold when that operation had to be placed, in words; at most [`STATES_MAX`].
    pub states: Vec<String>,
    /// How many such states there were.
    pub state_count: usize,
    /// The end of a longest order that is consistent with everything that returned before that operation; at most
    /// [`PREFIX_MAX`] operations.
    pub prefix: Vec<usize>,
    /// How many operations that order has.
    pub prefix_length: usize,
    /// Few operations that have no order by themselves.
    pub sub_history: SubHistory,
    /// The rule that a decider found broken, if it was not a search that failed.
    pub rule: Option<Rule>,
}

impl Failure {
    /// A broken rule, proved by these operations; the one that cannot be placed is the last.
    pub(crate) fn of_rule(rule: Rule, witness: Vec<usize>) -> Failure {
        Failure {
            key: None,
            operation: witness.last().copied().unwrap_or_default(),
            states: Vec::new(),
            state_count: 0,
            prefix: Vec::new(),
            prefix_length: 0,
            sub_history: SubHistory {
                from: Vec::new(),
                operations: witness,
                minimal: true,
            },
            rule: Some(rule),
        }
    }
}

/// The most states that a failure lists.
pub const STATES_MAX: usize = 16;
/// The most operations of a consistent prefix that a failure lists.
pub const PREFIX_MAX: usize = 64;

/// Operations that have no order, even if every other operation may take effect at any time or never.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubHistory {
    /// What the object could hold before them; any of it is impossible.
    pub from: Vec<String>,
    /// The operations, in the order of their calls.
    pub operations: Vec<usize>,
    /// Whether none of them can be left out. False where the budget ended the work on it.
    pub minimal: bool,
}

/// A search that ended before it was known whether there is a linearization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Undecided {
    /// The object's key, if the model has keys.
    pub key: Option<String>,
    /// What ran out.
    pub limit: Limit,
    /// How many returns the deepest attempt had passed.
    pub passed: usize,
    /// Of how many.
    pub returns: usize,
    /// The operation whose return the deepest attempt did not pass; none if the search could not begin.
    pub operation: Option<usize>,
}

/// What a decider says of one object. Positions are those in the slice that it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// There is a linearization.
    Linearizable,
    /// There is none.
    Contradiction {
        /// Which rule is broken.
        rule: Rule,
        /// The operations that prove it, the one that cannot be placed last.
        witness: Vec<usize>,
    },
}

/// A history that cannot have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// An operation returned before it was called.
    #[error("operation {operation} returned at {returned}, before its call at {called}")]
    ReturnsBeforeCall {
        /// Its position.
        operation: usize,
        /// When it was called.
        called: u64,
        /// When it returned.
        returned: u64,
    },
    /// A moment too late to reckon with.
    #[error("operation {operation} lies at a moment later than 2^63 - 2")]
    TooLate {
        /// Its position.
        operation: usize,
    },
    /// More operations than positions can name.
    #[error("{0} operations are too many: at most 2^32 - 3")]
    TooMany(usize),
}
