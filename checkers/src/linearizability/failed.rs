//! A search that tried everything: what evidence is made of.

use super::model::Model;
use super::operation::Operation;
use super::options::Budget;
use super::report::STATES_MAX;
use super::timeline::{Level, Timeline};
use super::transitions::{StateId, Transitions};

/// A search that tried everything.
pub(super) struct Failed<'a, M: Model> {
    /// The model as it was searched.
    pub(super) model: &'a M,
    pub(super) operations: &'a [&'a Operation<M::Action>],
    pub(super) timeline: &'a Timeline,
    /// The level that no attempt passed.
    pub(super) deepest: Level,
    /// The states in which attempts arrived there.
    pub(super) states: Vec<StateId>,
    pub(super) budget: Budget,
}

impl<M: Model> Failed<'_, M> {
    /// States in words, the first few of them, each once.
    pub(super) fn in_words(&self, at: &Transitions<'_, M>, states: &[StateId]) -> Vec<String> {
        let words = states.iter().take(STATES_MAX);
        let mut words: Vec<String> = words.map(|s| self.model.describe(at.value(*s))).collect();
        words.dedup();
        words
    }
}
