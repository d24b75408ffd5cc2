//! A queue that may deliver in any order, but must deliver everything. Authority: `jepsen.checker/total-queue`.
//!
//! A value that nobody enqueued, or that left before its enqueue was called, is a breach. A value is *lost* if its
//! enqueue was acknowledged and it never left, although the queue was emptied. Jepsen takes for granted that it was;
//! here the last dequeue must have found nothing, after every value that did leave. A dequeue of unknown outcome may
//! have taken a value: only what is missing beyond the number of those is surely lost.
//!
//! Values that left more often than they were put in are counted, and allowed: that is delivery at least once. The model
//! `fifo-queue` allows none.
//!
//! *Not noticed*: order, duplicates, an empty answer while a value is inside, loss before a history that does not end
//! with an empty answer (undecided).

use std::collections::BTreeMap;

use super::report::{InvariantReport, end};
use crate::linearizability::Operation;
use crate::linearizability::models::{Datum, QueueAction};
use crate::verdict::Rule;

/// What is known of one value.
#[derive(Default)]
struct Passage {
    /// The first call that enqueues it, and whose it is.
    called: Option<(u64, usize)>,
    /// Enqueues, acknowledged or not.
    attempts: usize,
    /// The acknowledged ones: when, and which.
    acknowledged: Vec<(u64, usize)>,
    /// How often it left.
    left: usize,
}

/// Judges a queue that begins empty.
pub fn total_queue<V: Datum>(operations: &[&Operation<QueueAction<V>>]) -> InvariantReport {
    let mut report = InvariantReport::of(operations);
    let mut passages: BTreeMap<&V, Passage> = BTreeMap::new();
    // The last call that found it empty, the last that took something, and the dequeues that may have.
    let (mut empty, mut took): (Option<(u64, usize)>, Option<u64>) = (None, None);
    let mut crashed: Vec<u64> = Vec::new();
    for (position, operation) in operations.iter().enumerate() {
        match (&operation.action, operation.returned) {
            (QueueAction::Enqueue(value), returned) => {
                let passage = passages.entry(value).or_default();
                let called = (operation.called, position);
                passage.called = Some(passage.called.map_or(called, |known| known.min(called)));
                passage.attempts += 1;
                passage
                    .acknowledged
                    .extend(returned.map(|moment| (moment, position)));
            }
            (QueueAction::Dequeue(value), Some(_)) => {
                passages.entry(value).or_default().left += 1;
                took = took.max(Some(operation.called));
            }
            (QueueAction::DequeueEmpty, Some(_)) => {
                empty = empty.max(Some((operation.called, position)));
            }
            // A dequeue without an answer may have taken anything.
            _ => crashed.push(operation.called),
        }
    }
    for (position, operation) in operations.iter().enumerate() {
        let (QueueAction::Dequeue(value), Some(_)) = (&operation.action, operation.returned) else {
            continue;
        };
        match passages[value].called {
            None => report.breach(Rule::NobodyWrote, &[position], || format!("{value:?}")),
            Some((called, by)) if end(operation) < called => {
                report.breach(Rule::AnsweredBeforeCall, &[by, position], || {
                    format!("{value:?}")
                });
            }
            Some(_) => {}
        }
    }
    let (mut missing, mut twice, mut recovered) = (Vec::new(), 0, 0);
    for (value, passage) in &mut passages {
        passage.acknowledged.sort_unstable();
        let acknowledged = passage.acknowledged.len();
        twice += passage.left.saturating_sub(passage.attempts);
        recovered += passage
            .left
            .min(passage.attempts)
            .saturating_sub(acknowledged);
        // Which of several equal values are missing is not known: the last acknowledged ones.
        let lost = passage.acknowledged.iter().skip(passage.left);
        missing.extend(lost.map(|(moment, position)| (*moment, *position, *value)));
    }
    report.count("values", passages.len());
    report.count("left more often than put in", twice);
    report.count("recovered", recovered);
    report.count("missing", missing.len());
    let emptied = empty.filter(|(called, _)| took.is_none_or(|took| took <= *called));
    if let Some((called, by)) = emptied {
        let lost: Vec<_> = missing
            .iter()
            .filter(|(moment, ..)| *moment < called)
            .collect();
        let until = end(operations[by]);
        let taken = crashed.iter().filter(|called| **called <= until).count();
        for (_, position, value) in lost.iter().skip(taken) {
            report.breach(Rule::ValueLost, &[*position, by], || format!("{value:?}"));
        }
        if lost.len() < missing.len() {
            report.doubt(
                "values were acknowledged after the queue was last seen empty, and never left",
            );
        } else if !missing.is_empty() {
            report.doubt("values never left: dequeues of unknown outcome may have taken them");
        }
    } else if !missing.is_empty() {
        report.doubt("values never left, and the queue was not seen empty after the last that did");
    }
    report
}
