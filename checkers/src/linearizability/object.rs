//! One object's operations: asked of the decider, then searched, then explained.

use super::attempt::run;
use super::explain::explain;
use super::failed::Failed;
use super::model::Model;
use super::operation::Operation;
use super::options::{Budget, Limit, SearchOptions};
use super::report::{Decision, Failure, Undecided};
use super::search::Ended;
use super::timeline::{Timeline, TooWide};
use super::transitions::Transitions;

/// What became of one object.
pub(super) enum Word {
    Linearizable,
    Failed(Box<Failure>),
    Undecided(Undecided),
}

/// One object's answer, positions within its own operations.
pub(super) struct Answer {
    pub(super) word: Word,
    pub(super) decided: bool,
    pub(super) steps: u64,
    pub(super) bytes: usize,
}

/// What the explanation of a decider's contradiction may spend on the search for states and prefix.
const EXPLAIN_STEPS_MAX: u64 = 1_000_000;

/// Judges one object.
pub(super) fn judge<M: Model>(
    model: &M,
    operations: &[&Operation<M::Action>],
    options: &SearchOptions,
) -> Answer {
    let decision = options.deciders.then(|| model.decide(operations)).flatten();
    match decision {
        None => searched(model, operations, options.budget, options.explain),
        Some(Decision::Linearizable) => Answer {
            word: Word::Linearizable,
            decided: true,
            steps: 0,
            bytes: 0,
        },
        Some(Decision::Contradiction { rule, witness }) => {
            let mut failure = Failure::of_rule(rule, witness);
            // A search can add what the object could hold, and how far an order goes.
            let budget = Budget {
                steps: options.budget.steps.min(EXPLAIN_STEPS_MAX),
                bytes: options.budget.bytes,
            };
            if options.explain
                && let Word::Failed(found) = searched(model, operations, budget, true).word
            {
                failure = Failure {
                    sub_history: failure.sub_history,
                    rule: failure.rule,
                    ..*found
                };
            }
            let shown = &mut failure.sub_history.operations;
            shown.sort_by_key(|position| (operations[*position].called, *position));
            Answer {
                word: Word::Failed(Box::new(failure)),
                decided: true,
                steps: 0,
                bytes: 0,
            }
        }
    }
}

/// Searches one object.
fn searched<M: Model>(
    model: &M,
    operations: &[&Operation<M::Action>],
    budget: Budget,
    whole: bool,
) -> Answer {
    let mut model = model.clone();
    let actions: Vec<&M::Action> = operations.iter().map(|o| &o.action).collect();
    model.learn(&actions);
    let mut transitions = Transitions::new(&model, operations.len());
    let timeline = match Timeline::new(&model, operations, &mut transitions, budget.bytes) {
        Ok(timeline) => timeline,
        Err(TooWide) => {
            let returns = operations.iter().filter(|o| o.returned.is_some()).count();
            return Answer {
                word: Word::Undecided(Undecided {
                    key: None,
                    limit: Limit::Bytes,
                    passed: 0,
                    returns,
                    operation: None,
                }),
                decided: false,
                steps: 0,
                bytes: budget.bytes,
            };
        }
    };
    let initial = transitions.begin();
    let found = run(&timeline, &mut transitions, initial, budget);
    let word = match found.ended {
        Ended::Reached(()) => Word::Linearizable,
        Ended::Exhausted(limit) => Word::Undecided(Undecided {
            key: None,
            limit,
            passed: found.deepest as usize,
            returns: timeline.level_count() as usize,
            operation: Some(timeline.positions[found.deepest as usize] as usize),
        }),
        Ended::Tried => {
            let failed = Failed {
                model: &model,
                operations,
                timeline: &timeline,
                deepest: found.deepest,
                states: found.states,
                budget,
            };
            let failure = explain(&failed, &mut transitions, whole);
            Word::Failed(Box::new(failure))
        }
    };
    Answer {
        word,
        decided: false,
        steps: found.steps,
        bytes: found.bytes,
    }
}
