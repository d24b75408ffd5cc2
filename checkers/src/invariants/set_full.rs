//! A set to which elements are only added, and reads of all of it. Authority: `jepsen.checker/set-full`.
//!
//! An element is *known* from the moment at which its addition returned, or a read that has it. It is *lost* if the last
//! read without it was called after that, and after every read that has it. It is *stable* if the last read with it was
//! called after every read without it; if one of these was called when it was known already, it was *stale* for a time.
//! Stale reads are counted and allowed, as in Jepsen by default; the model `set` allows none. One final read of
//! everything, the older `jepsen.checker/set`, is a case of this.
//!
//! An element that nobody added, or that a read has twice, is a breach, too. An addition that failed did not happen.
//!
//! *Not noticed*: an element that vanishes and comes back, a read that is stale.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};

use super::report::{InvariantReport, end};
use crate::linearizability::Operation;
use crate::linearizability::models::Datum;
use crate::verdict::Rule;

/// What was done to a set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ElementAction<V> {
    /// Put an element in.
    Add(V),
    /// Read all elements.
    Read(Vec<V>),
}

impl<V: std::fmt::Debug> Display for ElementAction<V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            ElementAction::Add(value) => write!(f, "add {value:?}"),
            ElementAction::Read(read) => write!(f, "read {read:?}"),
        }
    }
}

/// What is known of one element.
#[derive(Default)]
struct Element {
    /// The first call that adds it, and whose it is.
    called: Option<(u64, usize)>,
    /// When it was known, and by which operation.
    known: Option<(u64, usize)>,
    /// The reads that have it, by their numbers, the last call first.
    reads: Vec<usize>,
}

/// Judges a set that begins empty.
pub fn set_full<V: Datum>(operations: &[&Operation<ElementAction<V>>]) -> InvariantReport {
    let mut report = InvariantReport::of(operations);
    let mut elements: BTreeMap<&V, Element> = BTreeMap::new();
    // The reads, the last call first.
    let mut reads: Vec<(usize, &Vec<V>)> = Vec::new();
    for (position, operation) in operations.iter().enumerate() {
        match &operation.action {
            ElementAction::Add(value) => {
                let element = elements.entry(value).or_default();
                let called = (operation.called, position);
                element.called = Some(element.called.map_or(called, |known| known.min(called)));
                know(element, end(operation), position);
            }
            ElementAction::Read(read) if operation.returned.is_some() => {
                reads.push((position, read))
            }
            ElementAction::Read(_) => {}
        }
    }
    reads.sort_by_key(|(position, _)| std::cmp::Reverse((operations[*position].called, *position)));
    for (number, (position, read)) in reads.iter().enumerate() {
        for value in *read {
            let element = elements.entry(value).or_default();
            if element.reads.last() == Some(&number) {
                report.breach(Rule::ElementTwice, &[*position], || format!("{value:?}"));
                continue;
            }
            element.reads.push(number);
            know(element, end(operations[*position]), *position);
            match element.called {
                None => report.breach(Rule::NobodyWrote, &[*position], || format!("{value:?}")),
                Some((called, add)) if end(operations[*position]) < called => {
                    let witness = [add, *position];
                    report.breach(Rule::AnsweredBeforeCall, &witness, || format!("{value:?}"));
                }
                Some(_) => {}
            }
        }
    }
    let (mut stable, mut stale, mut unread) = (0, 0, 0);
    for (value, element) in &elements {
        // The last read without it: the first number that its reads leave out.
        let with = element.reads.iter().enumerate();
        let without = with.take_while(|(at, number)| at == *number).count();
        let without = reads.get(without).map(|(position, _)| *position);
        let with = element.reads.first().map(|number| reads[*number].0);
        let called = |position: usize| operations[position].called;
        let is_known = |at: usize| element.known.is_some_and(|(moment, _)| moment < called(at));
        match (with, without) {
            (Some(with), without) if without.is_none_or(|at| called(at) < called(with)) => {
                stable += 1;
                stale += usize::from(without.is_some_and(is_known));
            }
            (with, Some(without))
                if is_known(without) && with.is_none_or(|at| called(at) < called(without)) =>
            {
                let add = element.called.map(|(_, add)| add);
                let mut witness: Vec<usize> = add.into_iter().chain(with).collect();
                witness.extend(element.known.map(|(_, by)| by));
                witness.sort_unstable();
                witness.dedup();
                witness.push(without);
                report.breach(Rule::ElementLost, &witness, || format!("{value:?}"));
            }
            _ => unread += 1,
        }
    }
    report.count("elements", elements.len());
    report.count("stable", stable);
    report.count("stale for a time", stale);
    report.count("never read", unread);
    if reads.is_empty() {
        report.doubt("the set was never read");
    } else if stable == 0 {
        report.doubt("no element was seen to stay");
    }
    report
}

/// Notes that an element was known at a moment.
fn know(element: &mut Element, moment: u64, by: usize) {
    if moment < u64::MAX {
        let known = (moment, by);
        element.known = Some(element.known.map_or(known, |before| before.min(known)));
    }
}
