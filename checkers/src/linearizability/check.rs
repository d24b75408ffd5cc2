//! The check as a whole: objects apart, smallest first, on as many threads as allowed, one report.

use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashTable;

use super::mask::hash_of;
use super::model::Model;
use super::object::{Answer, Word, judge};
use super::operation::{LATEST, Operation};
use super::options::SearchOptions;
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
    let mut objects = objects(model, operations);
    objects.sort_by_key(|object| object.positions.len());
    let answers = answers(model, operations, &objects, options);
    Ok(report(operations.len(), &objects, answers))
}

/// One object's share of the operations.
struct Object<'a> {
    key: Option<&'a str>,
    positions: Vec<u32>,
}

/// The objects, in the order of first use.
fn objects<'a, M: Model>(model: &M, operations: &'a [Operation<M::Action>]) -> Vec<Object<'a>> {
    let mut objects: Vec<Object<'a>> = Vec::new();
    let mut numbers: HashTable<usize> = HashTable::new();
    for (position, operation) in (0u32..).zip(operations) {
        let key = model.key(&operation.action);
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

/// The answers, up to and including the first failure. Workers take objects in order and stop at the first that lies
/// behind a failure, so what is reported does not depend on how many there are.
fn answers<M: Model>(
    model: &M,
    operations: &[Operation<M::Action>],
    objects: &[Object<'_>],
    options: &SearchOptions,
) -> Vec<Answer> {
    let one = |object: &Object<'_>| {
        let own: Vec<&Operation<M::Action>> = object
            .positions
            .iter()
            .map(|position| &operations[*position as usize])
            .collect();
        judge(model, &own, options)
    };
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
    let work = || {
        let mut done: Vec<(usize, Answer)> = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= objects.len() || at > failed.load(Ordering::Relaxed) {
                return done;
            }
            let answer = one(&objects[at]);
            if matches!(answer.word, Word::Failed(_)) {
                failed.fetch_min(at, Ordering::Relaxed);
            }
            done.push((at, answer));
        }
    };
    let threads = options.threads.min(objects.len());
    let mut answers = if threads < 2 || operations.len() < PARALLEL_FROM {
        work()
    } else {
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut answers = work();
            for other in others {
                match other.join() {
                    Ok(more) => answers.extend(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            answers
        })
    };
    answers.sort_by_key(|(at, _)| *at);
    let last = failed.into_inner();
    answers.retain(|(at, _)| *at <= last);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn report(count: usize, objects: &[Object<'_>], answers: Vec<Answer>) -> LinearizabilityReport {
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
