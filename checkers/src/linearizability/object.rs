//! One object's operations: asked of the decider, searched, explained.

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
use crate::verdict::Rule;

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
/// Which part of a budget each of the three parts of an explanation may spend.
const EXPLAIN_SHARE: u64 = 10;

/// The answer that is known without a search; none if a search is needed.
pub(super) fn decided(decision: Option<Decision>) -> Option<Answer> {
    let word = match decision? {
        Decision::Linearizable => Word::Linearizable,
        Decision::Contradiction { rule, witness } => {
            Word::Failed(Box::new(Failure::of_rule(rule, witness)))
        }
    };
    Some(Answer {
        word,
        decided: true,
        steps: 0,
        bytes: 0,
    })
}

/// Adds to a rule that was found broken what a search can add: what the object could hold, how far an order goes. A
/// value that nobody wrote needs none of that, and the search would fail at another operation first.
pub(super) fn explained<M: Model>(
    model: &M,
    operations: &[&Operation<M::Action>],
    options: &SearchOptions,
    mut failure: Failure,
) -> Failure {
    let plain = [
        Rule::NobodyWrote,
        Rule::AnsweredBeforeCall,
        Rule::DequeuedTwice,
        Rule::TwoValuesAtOffset,
    ];
    if options.explain && !failure.rule.is_some_and(|rule| plain.contains(&rule)) {
        let budget = Budget {
            steps: options.budget.steps.min(EXPLAIN_STEPS_MAX),
            bytes: options.budget.bytes,
        };
        if let Word::Failed(found) = searched(model, operations, budget, true).word {
            failure = Failure {
                sub_history: failure.sub_history,
                rule: failure.rule,
                ..*found
            };
        }
    }
    let shown = &mut failure.sub_history.operations;
    shown.sort_by_key(|position| (operations[*position].called, *position));
    failure
}

/// Searches one object.
pub(super) fn searched<M: Model>(
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
                budget: Budget {
                    steps: budget.steps / EXPLAIN_SHARE,
                    bytes: budget.bytes,
                },
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
