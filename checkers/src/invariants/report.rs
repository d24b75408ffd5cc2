//! What a judge says: one word, the rules that are broken, and what was counted.

use crate::linearizability::Operation;
use crate::verdict::{Rule, Validity};

/// The answer to one history.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvariantReport {
    /// Invalid if a rule is broken, undecided if nothing was seen by which it could have been.
    pub validity: Validity,
    /// How many operations were given.
    pub operations: usize,
    /// Each rule that is broken, by its first breach.
    pub breaches: Vec<Breach>,
    /// What was counted, for a reader.
    pub counts: Vec<Count>,
    /// Why it is undecided.
    pub doubt: Option<&'static str>,
}

/// How a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Breach {
    /// The rule.
    pub rule: Rule,
    /// Positions of the operations that prove it, the one whose answer is wrong last.
    pub witness: Vec<usize>,
    /// The value that it is about, in words.
    pub about: String,
    /// How often the rule is broken.
    pub count: usize,
}

/// A number of things of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Of what, e.g. `lost`.
    pub what: &'static str,
    /// How many.
    pub count: usize,
}

impl InvariantReport {
    /// A report of nothing yet.
    pub(crate) fn of<A>(operations: &[&Operation<A>]) -> InvariantReport {
        InvariantReport {
            validity: Validity::Valid,
            operations: operations.len(),
            breaches: Vec::new(),
            counts: Vec::new(),
            doubt: None,
        }
    }

    /// A rule is broken: `witness` proves it, the last of it is the operation whose answer is wrong.
    pub(crate) fn breach(&mut self, rule: Rule, witness: &[usize], about: impl FnOnce() -> String) {
        self.validity = Validity::Invalid;
        if let Some(known) = self.breaches.iter_mut().find(|breach| breach.rule == rule) {
            known.count += 1;
            return;
        }
        self.breaches.push(Breach {
            rule,
            witness: witness.to_vec(),
            about: about(),
            count: 1,
        });
    }

    pub(super) fn count(&mut self, what: &'static str, count: usize) {
        self.counts.push(Count { what, count });
    }

    /// Nothing was seen that could have broken a rule; what is broken stays broken.
    pub(crate) fn doubt(&mut self, why: &'static str) {
        if self.validity != Validity::Invalid {
            self.validity = Validity::Undecided;
            self.doubt = Some(why);
        }
    }
}

/// When an operation returned; the end of time if it never did.
pub(super) fn end<A>(operation: &Operation<A>) -> u64 {
    operation.returned.unwrap_or(u64::MAX)
}
