//! A queue whose values are each enqueued at most once, without crashed dequeues.
//!
//! Such a history is linearizable if and only if it has none of four patterns (Henzinger, Sezgin, Vafeiadis, CONCUR
//! 2013; Bouajjani, Emmi, Enea, Hamza, ICALP 2015):
//!
//! 1. a value is dequeued that was never enqueued, or before its enqueue was called;
//! 2. a value is dequeued twice;
//! 3. of two values, one certainly entered first, and the other certainly left first (one that never left leaves last);
//! 4. an empty dequeue, at every moment of which some value was certainly inside.
//!
//! A crashed enqueue whose value never left is left out: it need not have happened. A crashed dequeue may have taken
//! any value that nobody else took; that is a matching, and left to the search.

use super::{Writers, call, contradiction, end};
use crate::linearizability::actions::QueueAction;
use crate::linearizability::models::Datum;
use crate::linearizability::{Decision, Operation, Rule};

/// The way of one value.
struct Passage {
    enqueue: usize,
    entered_from: u64,
    entered_by: u64,
    /// The end of time if it never left.
    left_from: u64,
    left_by: u64,
    dequeue: Option<usize>,
}

/// Decides a queue's history; none if a value is enqueued twice or a dequeue crashed.
pub fn decide<V: Datum>(operations: &[&Operation<QueueAction<V>>]) -> Option<Decision> {
    let mut writers = Writers::with_capacity(operations.len());
    let mut passages: Vec<Passage> = Vec::new();
    for (position, operation) in operations.iter().enumerate() {
        match &operation.action {
            QueueAction::Enqueue(value) => {
                writers.insert(value, position)?;
                passages.push(Passage {
                    enqueue: position,
                    entered_from: call(operation),
                    entered_by: end(operation),
                    left_from: u64::MAX,
                    left_by: u64::MAX,
                    dequeue: None,
                });
            }
            QueueAction::DequeueUnknown => return None,
            _ if operation.returned.is_none() => return None,
            QueueAction::Dequeue(_) | QueueAction::DequeueEmpty => {}
        }
    }
    for (position, operation) in operations.iter().enumerate() {
        let QueueAction::Dequeue(value) = &operation.action else {
            continue;
        };
        let Some(number) = writers.number(value) else {
            return Some(contradiction(Rule::NobodyWrote, &[], position));
        };
        let passage = &mut passages[number];
        let enqueue = passage.enqueue;
        if let Some(other) = passage.dequeue {
            let witness = [enqueue, other];
            return Some(contradiction(Rule::DequeuedTwice, &witness, position));
        }
        if end(operation) < passage.entered_from {
            return Some(contradiction(
                Rule::AnsweredBeforeCall,
                &[enqueue],
                position,
            ));
        }
        passage.dequeue = Some(position);
        passage.left_from = call(operation);
        passage.left_by = end(operation);
    }
    passages.retain(|passage| passage.entered_by < u64::MAX || passage.dequeue.is_some());
    let order = reversed(&mut passages);
    let decision = order.or_else(|| never_empty(&mut passages, operations));
    Some(decision.unwrap_or(Decision::Linearizable))
}

/// The third pattern: by the order of calls of the enqueues, against the one that certainly entered before and leaves
/// last.
fn reversed(passages: &mut [Passage]) -> Option<Decision> {
    let mut entered: Vec<usize> = (0..passages.len()).collect();
    passages.sort_unstable_by_key(|passage| (passage.entered_from, passage.enqueue));
    entered.sort_unstable_by_key(|at| passages[*at].entered_by);
    let mut entered = entered.into_iter().peekable();
    let mut last: Option<&Passage> = None;
    for passage in passages.iter() {
        while let Some(at) = entered.next_if(|at| passages[*at].entered_by < passage.entered_from) {
            let before = &passages[at];
            if last.is_none_or(|last| before.left_from > last.left_from) {
                last = Some(before);
            }
        }
        if let (Some(first), Some(dequeue)) = (last, passage.dequeue)
            && passage.left_by < first.left_from
        {
            let mut witness = vec![first.enqueue, passage.enqueue];
            witness.extend(first.dequeue);
            return Some(contradiction(Rule::OrderReversed, &witness, dequeue));
        }
    }
    None
}

/// The fourth pattern: against the stretches of time in which some value was certainly inside.
fn never_empty<V: Datum>(
    passages: &mut [Passage],
    operations: &[&Operation<QueueAction<V>>],
) -> Option<Decision> {
    passages.sort_unstable_by_key(|passage| (passage.entered_by, passage.enqueue));
    let inside = |passage: &&Passage| passage.entered_by < passage.left_from;
    // From, to, and the passages that cover it: a range of those certainly inside at some time.
    let within: Vec<&Passage> = passages.iter().filter(inside).collect();
    let mut stretches: Vec<(u64, u64, usize)> = Vec::new();
    for (at, passage) in within.iter().enumerate() {
        match stretches.last_mut() {
            Some((_, to, _)) if passage.entered_by < *to => *to = passage.left_from.max(*to),
            _ => stretches.push((passage.entered_by, passage.left_from, at)),
        }
    }
    for (position, operation) in operations.iter().enumerate() {
        if operation.action != QueueAction::DequeueEmpty {
            continue;
        }
        let (from, to) = (call(operation), end(operation));
        let before = stretches.partition_point(|(begin, _, _)| *begin < from);
        let Some((_, until, first)) = before.checked_sub(1).map(|at| stretches[at]) else {
            continue;
        };
        if to < until {
            let covering = within[first..]
                .iter()
                .take_while(|passage| passage.entered_by < to)
                .filter(|passage| passage.left_from > from);
            let mut witness: Vec<usize> = Vec::new();
            for passage in covering {
                witness.push(passage.enqueue);
                witness.extend(passage.dequeue);
            }
            return Some(contradiction(Rule::NeverEmpty, &witness, position));
        }
    }
    None
}
