//! The check as a whole: objects apart, smallest first, on as many threads as allowed, one report.

use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashTable;

use super::mask::hash_of;
use super::model::Model;
use super::object::{Answer, Word, decided, explained, searched};
use super::operation::{LATEST, Operation};
use super::options::{Budget, Limit, SearchOptions};
use super::report::{Failure, LinearizabilityReport, Malformed};
use crate::verdict::Validity;

/// Below this many operations a second thread costs more than it saves.
const PARALLEL_FROM: usize = 2_000;

/// Judges whether operations are linearizable: whether each can be given a moment between its call and its return,
/// crashed ones a moment after their call or none, so that in the order of these moments every answer is the model's.
///
/// The same operations give the same report, on any machine and any number of threads.
///
/// # Errors
/// If an operation returns before it is called, or a moment is too late.
pub fn check<M: Model>(
    model: &M,
    operations: &[Operation<M::Action>],
    options: &SearchOptions,
) -> Result<LinearizabilityReport, Malformed> {
    let key = |position: usize| model.key(&operations[position].action);
    judged(model, operations, key, options)
}

/// The same for several objects of one model, e.g. a register for each key: `keys` names the object of each operation.
/// A history is linearizable if and only if it is so for each object alone (Herlihy, Wing 1990: locality).
///
/// # Errors
/// As [`check`].
///
/// # Panics
/// If there are fewer keys than operations.
pub fn check_keyed<M: Model, K: AsRef<str>>(
    model: &M,
    operations: &[Operation<M::Action>],
    keys: &[K],
    options: &SearchOptions,
) -> Result<LinearizabilityReport, Malformed> {
    judged(
        model,
        operations,
        |position| Some(keys[position].as_ref()),
        options,
    )
}

fn judged<'a, M: Model>(
    model: &M,
    operations: &'a [Operation<M::Action>],
    key: impl Fn(usize) -> Option<&'a str>,
    options: &SearchOptions,
) -> Result<LinearizabilityReport, Malformed> {
    for (position, operation) in operations.iter().enumerate() {
        if let Some(returned) = operation.returned.filter(|t| *t < operation.called) {
            return Err(Malformed::ReturnsBeforeCall {
                operation: position,
                called: operation.called,
                returned,
            });
        }
        if operation.called.max(operation.returned.unwrap_or(0)) > LATEST {
            return Err(Malformed::TooLate {
                operation: position,
            });
        }
    }
    if operations.len() > u32::MAX as usize - 2 {
        return Err(Malformed::TooMany(operations.len()));
    }
    let mut objects = objects(operations.len(), key);
    objects.sort_by_key(|object| object.positions.len());
    let answers = Objects {
        model,
        operations,
        objects: &objects,
        options,
    }
    .answers();
    Ok(report(operations.len(), &objects, answers))
}

/// One object's share of the operations.
struct Object<'a> {
    key: Option<&'a str>,
    positions: Vec<u32>,
}

/// The objects, in the order of first use.
fn objects<'a>(count: usize, key: impl Fn(usize) -> Option<&'a str>) -> Vec<Object<'a>> {
    let mut objects: Vec<Object<'a>> = Vec::new();
    let mut numbers: HashTable<usize> = HashTable::new();
    for position in 0..count as u32 {
        let key = key(position as usize);
        // A model without keys has one object, and this is it.
        if let Some(object) = objects.last_mut().filter(|object| object.key == key) {
            object.positions.push(position);
            continue;
        }
        let hash = hash_of(&key);
        match numbers.find(hash, |number| objects[*number].key == key) {
            Some(number) => objects[*number].positions.push(position),
            None => {
                objects.push(Object {
                    key,
                    positions: vec![position],
                });
                let rehash = |number: &usize| hash_of(&objects[*number].key);
                numbers.insert_unique(hash, objects.len() - 1, rehash);
            }
        }
    }
    objects
}

/// All objects of a history, and how they are judged.
struct Objects<'o, 'a, M: Model> {
    model: &'o M,
    operations: &'a [Operation<M::Action>],
    objects: &'o [Object<'a>],
    options: &'o SearchOptions,
}

impl<M: Model> Objects<'_, '_, M> {
    /// The answers by object; none where a failure of another object made it needless.
    ///
    /// First every object is asked of the deciders: a value that nobody wrote is a proof, and must not wait behind the
    /// search of another object. Then what is left is searched, each with an equal share of half the budget; what that
    /// left undecided shares the rest. So the budget is one of the whole history, however many objects it has.
    fn answers(&self) -> Vec<Option<Answer>> {
        let all: Vec<usize> = (0..self.objects.len()).collect();
        let mut answers: Vec<Option<Answer>> = Vec::new();
        answers.resize_with(all.len(), || None);
        if self.options.deciders {
            self.each(&all, &mut answers, |own| decided(self.model.decide(own)));
            let failed = |answer: &&mut Answer| matches!(answer.word, Word::Failed(_));
            for (object, answer) in all.iter().zip(&mut answers) {
                if let Some(answer) = answer.as_mut().filter(failed)
                    && let Word::Failed(failure) = &mut answer.word
                {
                    let (own, found) = (self.own(*object), (**failure).clone());
                    **failure = explained(self.model, &own, self.options, found);
                    return answers;
                }
            }
        }
        let steps = self.options.budget.steps;
        let waiting: Vec<usize> = all
            .into_iter()
            .filter(|at| answers[*at].is_none())
            .collect();
        let count = waiting.len() as u64;
        let share = if count > 1 {
            steps / (2 * count)
        } else {
            steps
        };
        self.search(&waiting, &mut answers, share);
        let spent: u64 = answers.iter().flatten().map(|answer| answer.steps).sum();
        let is_open = |at: &usize| {
            let word = answers[*at].as_ref().map(|answer| &answer.word);
            matches!(word, Some(Word::Undecided(open)) if open.limit == Limit::Steps)
        };
        let is_failed = |answer: &Answer| matches!(answer.word, Word::Failed(_));
        let open: Vec<usize> = waiting.into_iter().filter(is_open).collect();
        let rest = steps.saturating_sub(spent) / (open.len() as u64).max(1);
        if count > 1 && rest > share && !answers.iter().flatten().any(is_failed) {
            let before: Vec<u64> = open
                .iter()
                .map(|at| answers[*at].as_ref().map_or(0, |answer| answer.steps))
                .collect();
            self.search(&open, &mut answers, rest);
            for (at, before) in open.iter().zip(before) {
                if let Some(answer) = &mut answers[*at] {
                    answer.steps += before;
                }
            }
        }
        answers
    }

    /// Searches objects with so many steps for each, up to the first that fails.
    fn search(&self, wanted: &[usize], answers: &mut [Option<Answer>], steps: u64) {
        let budget = Budget {
            steps,
            bytes: self.options.budget.bytes,
        };
        self.each(wanted, answers, |own| {
            Some(searched(self.model, own, budget, self.options.explain))
        });
    }

    fn own(&self, object: usize) -> Vec<&Operation<M::Action>> {
        let positions = self.objects[object].positions.iter();
        positions
            .map(|position| &self.operations[*position as usize])
            .collect()
    }

    /// Answers for some objects, up to and including the first failure. Workers take objects in order and stop at the
    /// first that lies behind a failure, so what is reported does not depend on how many there are.
    fn each(
        &self,
        wanted: &[usize],
        answers: &mut [Option<Answer>],
        one: impl Fn(&[&Operation<M::Action>]) -> Option<Answer> + Sync,
    ) {
        let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
        let work = || {
            let mut done: Vec<(usize, Option<Answer>)> = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= wanted.len() || at > failed.load(Ordering::Relaxed) {
                    return done;
                }
                let answer = one(&self.own(wanted[at]));
                if let Some(Word::Failed(_)) = answer.as_ref().map(|answer| &answer.word) {
                    failed.fetch_min(at, Ordering::Relaxed);
                }
                done.push((at, answer));
            }
        };
        let threads = self.options.threads.min(wanted.len());
        let done = if threads < 2 || self.operations.len() < PARALLEL_FROM {
            work()
        } else {
            std::thread::scope(|scope| {
                let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
                let mut done = work();
                for other in others {
                    match other.join() {
                        Ok(more) => done.extend(more),
                        Err(panic) => std::panic::resume_unwind(panic),
                    }
                }
                done
            })
        };
        let last = failed.into_inner();
        for (at, answer) in done.into_iter().filter(|(at, _)| *at <= last) {
            if answer.is_some() {
                answers[wanted[at]] = answer;
            }
        }
    }
}

fn report(
    count: usize,
    objects: &[Object<'_>],
    answers: Vec<Option<Answer>>,
) -> LinearizabilityReport {
    let mut report = LinearizabilityReport {
        validity: Validity::Valid,
        operations: count,
        objects: objects.len(),
        decided: 0,
        steps: 0,
        bytes: 0,
        failure: None,
        undecided: Vec::new(),
    };
    for (object, answer) in objects.iter().zip(answers) {
        let Some(answer) = answer else {
            continue;
        };
        report.decided += usize::from(answer.decided);
        report.steps += answer.steps;
        report.bytes = report.bytes.max(answer.bytes);
        let key = object.key.map(str::to_owned);
        let original = |position: usize| object.positions[position] as usize;
        match answer.word {
            Word::Linearizable => {}
            Word::Undecided(mut undecided) => {
                report.validity = report.validity.merge(Validity::Undecided);
                undecided.operation = undecided.operation.map(original);
                undecided.key = key;
                report.undecided.push(undecided);
            }
            Word::Failed(failure) => {
                report.validity = Validity::Invalid;
                report.failure = Some(rename(*failure, key, original));
            }
        }
    }
    report
}

/// A failure with positions in what was given.
fn rename(failure: Failure, key: Option<String>, original: impl Fn(usize) -> usize) -> Failure {
    let all = |positions: Vec<usize>| positions.into_iter().map(&original).collect();
    let mut sub_history = failure.sub_history;
    sub_history.operations = all(sub_history.operations);
    Failure {
        key,
        operation: original(failure.operation),
        prefix: all(failure.prefix),
        sub_history,
        ..failure
    }
}
