//! A small part of a failed history that fails by itself.
//!
//! Leaving an operation out must not be what makes the rest fail: a read of 5 without the write of 5 is not evidence.
//! So what is left out is not forgotten but set free: it may take effect at any time, or never. A read can be forgotten
//! outright, for it only ever constrains. What still fails then fails in the whole history, too. The past before the
//! last cut is replaced by the states that it can have led to, all of which must fail.

use std::collections::BTreeSet;

use super::attempt::run;
use super::budgeting::steps_of;
use super::failed::Failed;
use super::mask::{Mask, Words};
use super::model::Model;
use super::operation::Operation;
use super::options::Budget;
use super::report::SubHistory;
use super::search::{Ended, Search};
use super::timeline::{Level, Timeline};
use super::trail::Untrailed;
use super::transitions::{StateId, Transitions};

/// The most ways into a window that are each tried again and again.
const ENTRIES_MAX: usize = 32;
/// The most operations of a window that is worked on one by one.
const WINDOW_MAX: usize = 1_000;
/// What one attempt may spend.
const ATTEMPT_STEPS_MAX: u64 = 20_000;
/// What all attempts together may spend.
const STEPS_MAX: u64 = 4_000_000;

/// Makes a failed history small.
pub(super) fn sub_history<M: Model>(
    failed: &Failed<'_, M>,
    transitions: &mut Transitions<'_, M>,
) -> SubHistory {
    let (cut, ways) = ways_in(failed, transitions);
    let states: Vec<StateId> = {
        let mut states: Vec<StateId> = ways.iter().map(|(state, _)| *state).collect();
        states.dedup();
        states
    };
    let window = Window::new(failed, cut);
    let mut history = SubHistory {
        from: failed.in_words(transitions, &states),
        operations: Vec::new(),
        minimal: false,
    };
    let mut attempts = Attempts {
        failed,
        window: &window,
        ways: ways
            .iter()
            .map(|(state, used)| Way {
                state: transitions.value(*state).clone(),
                used: {
                    let position = |number: &u32| failed.timeline.crashed[*number as usize];
                    used.iter().map(position).collect()
                },
            })
            .collect(),
        steps: 0,
        complete: true,
    };
    let mut kept = vec![true; window.operations.len()];
    if window.operations.len() <= WINDOW_MAX {
        attempts.shrink(&mut kept);
        history.minimal = attempts.complete;
    }
    let operations = window.operations.iter().zip(&kept);
    let kept = operations.filter(|(_, kept)| **kept);
    history.operations = kept.map(|((position, _), _)| *position as usize).collect();
    history
}

/// The last cut before the failure that can be entered in few ways, and these ways.
fn ways_in<M: Model>(
    failed: &Failed<'_, M>,
    transitions: &mut Transitions<'_, M>,
) -> (Level, Vec<(StateId, Vec<u32>)>) {
    let initial = transitions.state(failed.model.initial());
    let quiet = |level: &Level| failed.timeline.quiet[*level as usize];
    let cut = (1..=failed.deepest).rev().find(quiet).unwrap_or(0);
    if cut > 0
        && let Some(ways) = all_ways(failed, transitions, initial, cut)
    {
        return (cut, ways);
    }
    (0, vec![(initial, Vec::new())])
}

/// Every way in which a quiet level can be entered: a state, and the numbers of the crashed operations used up. None if
/// the budget runs out.
fn all_ways<M: Model>(
    failed: &Failed<'_, M>,
    transitions: &mut Transitions<'_, M>,
    initial: StateId,
    cut: Level,
) -> Option<Vec<(StateId, Vec<u32>)>> {
    let mut search: Search<'_, '_, M, Words, Untrailed> =
        Search::new(failed.timeline, transitions, cut, failed.budget, Untrailed);
    let exits = search.all(initial, ENTRIES_MAX)?;
    let numbers = 0..failed.timeline.crashed.len() as u32;
    let used = |mask: &Words| numbers.clone().filter(|n| mask.has(*n)).collect();
    let way = |(state, mask): &(StateId, Words)| (*state, used(mask));
    Some(exits.iter().map(way).collect())
}

/// The operations between a cut and the failure: position, and whether the return counts.
struct Window {
    operations: Vec<(u32, bool)>,
}

impl Window {
    fn new<M: Model>(failed: &Failed<'_, M>, cut: Level) -> Window {
        let timeline = failed.timeline;
        let last = failed.operations[timeline.positions[failed.deepest as usize] as usize];
        let until = last.returned.unwrap_or(last.called);
        let mut operations: Vec<(u32, bool)> = Vec::new();
        for level in cut..timeline.level_count() {
            let position = timeline.positions[level as usize];
            if failed.operations[position as usize].called <= until {
                operations.push((position, level <= failed.deepest));
            }
        }
        let crashed = timeline.crashed.iter().zip(&timeline.crashed_from);
        let open = crashed.filter(|(_, from)| **from <= failed.deepest);
        operations.extend(open.map(|(position, _)| (*position, false)));
        operations
            .sort_by_key(|(position, _)| (failed.operations[*position as usize].called, *position));
        Window { operations }
    }
}

/// A way into a window.
struct Way<S> {
    state: S,
    /// Positions of crashed operations that are used up.
    used: BTreeSet<u32>,
}

/// Attempts to do with less.
struct Attempts<'a, 'f, M: Model> {
    failed: &'a Failed<'f, M>,
    window: &'a Window,
    ways: Vec<Way<M::State>>,
    steps: u64,
    complete: bool,
}

impl<M: Model> Attempts<'_, '_, M> {
    /// Sets free whatever can be set free: in large pieces first, then one by one.
    fn shrink(&mut self, kept: &mut [bool]) {
        let mut size = kept.len().div_ceil(2).max(1);
        loop {
            let mut start = 0;
            while start < kept.len() {
                let end = (start + size).min(kept.len());
                if kept[start..end].contains(&true) {
                    if self.steps > STEPS_MAX.min(self.failed.budget.steps) {
                        self.complete = false;
                        return;
                    }
                    let before = kept[start..end].to_vec();
                    kept[start..end].fill(false);
                    if !self.fails(kept) {
                        kept[start..end].copy_from_slice(&before);
                    }
                }
                start = end;
            }
            if size == 1 {
                return;
            }
            size = size.div_ceil(2);
        }
    }

    /// Whether what is kept fails from every way in. An attempt that runs out of its budget counts as no.
    fn fails(&mut self, kept: &[bool]) -> bool {
        let model = self.failed.model;
        for way in &self.ways {
            let mut operations: Vec<Operation<M::Action>> = Vec::new();
            for ((position, returns), kept) in self.window.operations.iter().zip(kept) {
                let original = self.failed.operations[*position as usize];
                if way.used.contains(position) || (!kept && model.is_pure(&original.action)) {
                    continue;
                }
                operations.push(Operation {
                    process: original.process,
                    called: if *kept { original.called } else { 0 },
                    returned: original.returned.filter(|_| *kept && *returns),
                    action: original.action.clone(),
                });
            }
            let operations: Vec<&Operation<M::Action>> = operations.iter().collect();
            let mut transitions = Transitions::new(model, operations.len());
            let budget = Budget {
                steps: ATTEMPT_STEPS_MAX,
                bytes: self.failed.budget.bytes,
            };
            let Ok(timeline) = Timeline::new(model, &operations, &mut transitions, budget.bytes)
            else {
                return false;
            };
            transitions.begin();
            let state = transitions.state(way.state.clone());
            let found = run(&timeline, &mut transitions, state, budget);
            self.steps += found.steps + operations.len() as u64;
            self.steps += steps_of(model.state_bytes(&way.state));
            match found.ended {
                Ended::Tried => {}
                Ended::Reached(()) => return false,
                Ended::Exhausted(_) => {
                    self.complete = false;
                    return false;
                }
            }
        }
        true
    }
}
