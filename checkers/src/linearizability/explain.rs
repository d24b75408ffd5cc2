//! Evidence for a failed search, made in a second pass so that the first carries nothing for it.

use super::failed::Failed;
use super::mask::Words;
use super::minimise;
use super::model::Model;
use super::report::{Failure, PREFIX_MAX, SubHistory};
use super::search::{Ended, Search};
use super::trail::{Placed, Steps};
use super::transitions::{StateId, Transitions};

/// The failure; with prefix and sub-history only if the whole is asked for.
pub(super) fn explain<M: Model>(
    failed: &Failed<'_, M>,
    transitions: &mut Transitions<'_, M>,
    whole: bool,
) -> Failure {
    let mut failure = Failure {
        key: None,
        operation: failed.timeline.positions[failed.deepest as usize] as usize,
        states: failed.in_words(transitions, &failed.states),
        state_count: failed.states.len(),
        prefix: Vec::new(),
        prefix_length: 0,
        sub_history: SubHistory::default(),
        rule: None,
    };
    if whole {
        let initial = transitions.state(failed.model.initial());
        let mut prefix = prefix(failed, transitions, initial);
        failure.prefix_length = prefix.len();
        failure.prefix = prefix.split_off(prefix.len().saturating_sub(PREFIX_MAX));
        failure.sub_history = minimise::sub_history(failed, transitions);
    }
    failure
}

/// An order of all that returned before the failure, which is consistent: there is one, for the search came so far.
fn prefix<M: Model>(
    failed: &Failed<'_, M>,
    transitions: &mut Transitions<'_, M>,
    initial: StateId,
) -> Vec<usize> {
    let timeline = failed.timeline;
    let trail = Steps::default();
    let mut search: Search<'_, '_, M, Words, Steps> =
        Search::new(timeline, transitions, failed.deepest, failed.budget, trail);
    let Ended::Reached(link) = search.first(initial) else {
        return Vec::new();
    };
    let position = |placed: Placed| match placed {
        Placed::Returned(level) => timeline.positions[level as usize] as usize,
        Placed::Crashed(number) => timeline.crashed[number as usize] as usize,
    };
    search.trail.path(link).into_iter().map(position).collect()
}
