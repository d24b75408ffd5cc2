//! What a check may spend, and how it proceeds.

use serde::{Deserialize, Serialize};

/// What the search of one object may spend. Counted, not timed: the same history ends the same way on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Attempts to place an operation.
    pub steps: u64,
    /// Bytes of memory.
    pub bytes: usize,
}

impl Default for Budget {
    /// Some seconds and half a gibibyte.
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
    /// What each object's search may spend.
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
    /// With another budget for each object's search.
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
