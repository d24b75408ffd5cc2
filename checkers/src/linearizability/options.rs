//! What a check may spend, and how it proceeds.

use serde::{Deserialize, Serialize};

/// What the searches of a history may spend. Counted, not timed: the same history ends the same way on every machine.
///
/// Everything that a search does in a loop is counted: attempts to place an operation, looks at operations that are
/// open, comparisons of crashed operations used, the making of states. What explains a failure may take a third as much
/// again. What is not counted is linear in the history, but for sorting: the deciders, and the arranging of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Attempts to place an operation, and other work of that size: some ten to a hundred nanoseconds each. All objects
    /// share them.
    pub steps: u64,
    /// Bytes of memory, with what tables take while they grow. Objects are searched one after the other, on each thread,
    /// so this is for each thread.
    pub bytes: usize,
}

impl Default for Budget {
    /// Some seconds, at most ten, and half a gibibyte.
    fn default() -> Self {
        Budget {
            steps: 100_000_000,
            bytes: 512 << 20,
        }
    }
}

/// Which part of a budget ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Limit {
    /// [`Budget::steps`].
    Steps,
    /// [`Budget::bytes`].
    Bytes,
}

/// How to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SearchOptions {
    /// What the searches may spend.
    pub budget: Budget,
    /// On how many threads objects are searched at most. The report is the same for any number.
    pub threads: usize,
    /// Whether a model's decider ([`crate::linearizability::Model::decide`]) is asked before the search.
    pub deciders: bool,
    /// Whether a failure is explained: the states there, the longest consistent prefix, a minimised sub-history. Costs
    /// about as much again as the search that failed.
    pub explain: bool,
}

impl SearchOptions {
    /// With another budget.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> SearchOptions {
        self.budget = budget;
        self
    }

    /// With at most this many threads.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> SearchOptions {
        self.threads = threads;
        self
    }

    /// With deciders before the search, or without.
    #[must_use]
    pub fn deciders(mut self, deciders: bool) -> SearchOptions {
        self.deciders = deciders;
        self
    }

    /// With an explanation of what fails, or without.
    #[must_use]
    pub fn explain(mut self, explain: bool) -> SearchOptions {
        self.explain = explain;
        self
    }
}

impl Default for SearchOptions {
    /// The default budget, one thread, deciders, explanations.
    fn default() -> Self {
        SearchOptions {
            budget: Budget::default(),
            threads: 1,
            deciders: true,
            explain: true,
        }
    }
}
