//! Evidence for a failed search, made in a second pass so that the first carries nothing for it.

use super::mask::Words;
use super::minimise;
use super::model::Model;
use super::operation::Operation;
use super::options::Budget;
use super::report::{Failure, PREFIX_MAX, STATES_MAX, SubHistory};
use super::search::{Ended, Search};
use super::timeline::{Level, Timeline};
use super::trail::{Placed, Steps};
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
    /// The failure; with prefix and sub-history only if asked for.
    pub(super) fn explain(&self, transitions: &mut Transitions<'_, M>, whole: bool) -> Failure {
        let mut failure = Failure {
            key: None,
            operation: self.timeline.positions[self.deepest as usize] as usize,
            states: self.in_words(transitions, &self.states),
            state_count: self.states.len(),
            prefix: Vec::new(),
            prefix_length: 0,
            sub_history: SubHistory::default(),
            rule: None,
        };
        if whole {
            let initial = transitions.state(self.model.initial());
            let mut prefix = self.prefix(transitions, initial);
            failure.prefix_length = prefix.len();
            failure.prefix = prefix.split_off(prefix.len().saturating_sub(PREFIX_MAX));
            failure.sub_history = minimise::sub_history(self, transitions);
        }
        failure
    }

    /// An order of all that returned before the failure, which is consistent: there is one, for the search came so far.
    fn prefix(&self, transitions: &mut Transitions<'_, M>, initial: StateId) -> Vec<usize> {
        let trail = Steps::default();
        let mut search: Search<'_, '_, M, Words, Steps> =
            Search::new(self.timeline, transitions, self.deepest, self.budget, trail);
        let Ended::Reached(link) = search.first(initial) else {
            return Vec::new();
        };
        let position = |placed: Placed| match placed {
            Placed::Returned(level) => self.timeline.positions[level as usize] as usize,
            Placed::Crashed(number) => self.timeline.crashed[number as usize] as usize,
        };
        search.trail.path(link).into_iter().map(position).collect()
    }

    /// States in words, the first few of them, each once.
    pub(super) fn in_words(&self, at: &Transitions<'_, M>, states: &[StateId]) -> Vec<String> {
        let words = states.iter().take(STATES_MAX);
        let mut words: Vec<String> = words.map(|s| self.model.describe(at.value(*s))).collect();
        words.dedup();
        words
    }
}
