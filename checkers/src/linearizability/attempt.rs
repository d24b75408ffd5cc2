//! One search from a state to the end, with masks as wide as the history needs.

use super::mask::{Mask, Words};
use super::model::Model;
use super::options::Budget;
use super::search::{Ended, Search};
use super::timeline::{Level, Timeline};
use super::trail::Untrailed;
use super::transitions::{StateId, Transitions};

/// What a search found.
pub(super) struct Found {
    pub(super) ended: Ended<()>,
    pub(super) deepest: Level,
    /// The states at the deepest level.
    pub(super) states: Vec<StateId>,
    pub(super) steps: u64,
    pub(super) bytes: usize,
}

/// Searches for a way from a state to the end, with masks as wide as it takes.
pub(super) fn run<M: Model>(
    timeline: &Timeline,
    transitions: &mut Transitions<'_, M>,
    initial: StateId,
    budget: Budget,
) -> Found {
    let operations = timeline.slot_count.max(timeline.crashed.len());
    match operations {
        0..=64 => run_as::<M, u64>(timeline, transitions, initial, budget),
        65..=128 => run_as::<M, u128>(timeline, transitions, initial, budget),
        _ => run_as::<M, Words>(timeline, transitions, initial, budget),
    }
}

fn run_as<M: Model, K: Mask>(
    timeline: &Timeline,
    transitions: &mut Transitions<'_, M>,
    initial: StateId,
    budget: Budget,
) -> Found {
    let goal = timeline.level_count();
    let mut search: Search<'_, '_, M, K, Untrailed> =
        Search::new(timeline, transitions, goal, budget, Untrailed);
    let ended = search.first(initial);
    let states = match ended {
        Ended::Tried => search.states_at(search.deepest),
        _ => Vec::new(),
    };
    Found {
        ended,
        deepest: search.deepest,
        states,
        steps: search.steps(),
        bytes: search.bytes,
    }
}
