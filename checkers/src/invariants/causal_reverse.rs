//! Blind inserts, and reads of all that is there. Authority: `jepsen.tests.causal-reverse`, the *comments* workload.
//!
//! Under strict serializability a write that was complete before another began comes before it. So a read that has the
//! second and not the first is a breach. It is enough to look at the seen write that was called last: whatever was
//! complete before any seen write was called was complete before that one.
//!
//! *Not noticed*: stale reads, and the order of writes that overlap.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Formatter};

use super::report::{InvariantReport, end};
use crate::linearizability::Operation;
use crate::linearizability::models::Datum;
use crate::verdict::Rule;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReverseAction<V> {
    /// Insert this.
    Write(V),
    /// Read everything.
    Read(Vec<V>),
}

impl<V: std::fmt::Debug> Display for ReverseAction<V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            ReverseAction::Write(value) => write!(f, "write {value:?}"),
            ReverseAction::Read(read) => write!(f, "read {read:?}"),
        }
    }
}

/// Judges inserts into what begins empty.
pub fn causal_reverse<V: Datum>(operations: &[&Operation<ReverseAction<V>>]) -> InvariantReport {
    let mut report = InvariantReport::of(operations);
    let mut called: BTreeMap<&V, (u64, usize)> = BTreeMap::new();
    // Acknowledged values by their return, each once.
    let mut complete: BTreeMap<&V, (u64, usize)> = BTreeMap::new();
    for (position, operation) in operations.iter().enumerate() {
        if let ReverseAction::Write(value) = &operation.action {
            let first = called.entry(value).or_insert((operation.called, position));
            *first = (*first).min((operation.called, position));
            if let Some(moment) = operation.returned {
                let first = complete.entry(value).or_insert((moment, position));
                *first = (*first).min((moment, position));
            }
        }
    }
    let mut by_return: Vec<(u64, usize, &V)> = complete
        .iter()
        .map(|(value, (moment, position))| (*moment, *position, *value))
        .collect();
    by_return.sort_unstable();
    let mut reads = 0;
    for (position, operation) in operations.iter().enumerate() {
        let (ReverseAction::Read(read), Some(_)) = (&operation.action, operation.returned) else {
            continue;
        };
        reads += 1;
        let seen: BTreeSet<&V> = read.iter().collect();
        let mut last: Option<(u64, usize)> = None;
        for value in &seen {
            match called.get(value) {
                None => report.breach(Rule::NobodyWrote, &[position], || format!("{value:?}")),
                Some((moment, by)) if end(operation) < *moment => {
                    let witness = [*by, position];
                    report.breach(Rule::AnsweredBeforeCall, &witness, || format!("{value:?}"));
                }
                Some(write) => last = last.max(Some(*write)),
            }
        }
        let Some((moment, later)) = last else {
            continue;
        };
        let before = by_return.partition_point(|(returned, ..)| *returned < moment);
        let has = |value: &&&V| complete.get(**value).is_some_and(|(at, _)| *at < moment);
        if seen.iter().filter(has).count() < before {
            let missing = by_return[..before]
                .iter()
                .find(|(.., value)| !seen.contains(value));
            if let Some((_, earlier, value)) = missing {
                let witness = [*earlier, later, position];
                report.breach(Rule::LaterWithoutEarlier, &witness, || format!("{value:?}"));
            }
        }
    }
    report.count("reads", reads);
    if reads == 0 {
        report.doubt("nothing was read");
    }
    report
}
