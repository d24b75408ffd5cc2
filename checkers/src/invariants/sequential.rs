//! A client writes the parts of a key one after the other, and reads look at them in the opposite order. Authority:
//! Jepsen's *sequential* workload (CockroachDB, TiDB, rqlite).
//!
//! A part that is seen was written after all parts before it. These are looked at later, so they must be seen, too: once
//! something was seen, nothing may be missing. That holds under sequential consistency, however stale a read is.
//!
//! *Not noticed*: stale reads, and orders among several keys.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};

use super::report::{InvariantReport, end};
use crate::linearizability::Operation;
use crate::linearizability::models::Datum;
use crate::verdict::Rule;

/// What was done to a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SequentialAction<K> {
    /// Write its parts, the first one first.
    Write(K),
    /// Look at its parts, the last one first: whether each was there.
    Read(K, Vec<bool>),
}

impl<K: std::fmt::Debug> Display for SequentialAction<K> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            SequentialAction::Write(key) => write!(f, "write the parts of {key:?}"),
            SequentialAction::Read(key, seen) => {
                let seen = seen.iter().map(|seen| if *seen { "seen" } else { "nil" });
                let seen: Vec<&str> = seen.collect();
                write!(
                    f,
                    "read the parts of {key:?}, last first: {}",
                    seen.join(", ")
                )
            }
        }
    }
}

/// Judges keys that begin without any part.
pub fn sequential<K: Datum>(operations: &[&Operation<SequentialAction<K>>]) -> InvariantReport {
    let mut report = InvariantReport::of(operations);
    let mut writes: BTreeMap<&K, (u64, usize)> = BTreeMap::new();
    for (position, operation) in operations.iter().enumerate() {
        if let SequentialAction::Write(key) = &operation.action {
            let called = (operation.called, position);
            let first = writes.entry(key).or_insert(called);
            *first = (*first).min(called);
        }
    }
    let (mut reads, mut partly) = (0, 0);
    for (position, operation) in operations.iter().enumerate() {
        let (SequentialAction::Read(key, seen), Some(_)) = (&operation.action, operation.returned)
        else {
            continue;
        };
        reads += 1;
        let Some(first) = seen.iter().position(|seen| *seen) else {
            continue;
        };
        partly += usize::from(seen.contains(&false));
        let about = || format!("{key:?}");
        match writes.get(key) {
            None => report.breach(Rule::NobodyWrote, &[position], about),
            Some((called, by)) if end(operation) < *called => {
                report.breach(Rule::AnsweredBeforeCall, &[*by, position], about);
            }
            Some((_, by)) if seen[first..].contains(&false) => {
                report.breach(Rule::LaterWithoutEarlier, &[*by, position], about);
            }
            Some(_) => {}
        }
    }
    report.count("reads", reads);
    report.count("seen in part", partly);
    if reads == 0 {
        report.doubt("nothing was read");
    }
    report
}
