//! Registers that are each written once, and reads of a group of them. Authority: `jepsen.tests.long-fork`.
//!
//! Under snapshot isolation all writes take effect in one order, so of two reads of the same registers one must have
//! seen all that the other saw. If each saw a write that the other did not, the writes were seen in two orders: a *long
//! fork*, which parallel snapshot isolation allows and snapshot isolation does not.
//!
//! Reads of one group lie in a chain if and only if, ordered by how much they saw, each includes the one before it. So
//! all pairs need not be compared. A register that is written twice is undecided, as in Jepsen.
//!
//! *Not noticed*: stale reads; forks across groups that share a part of their registers.

use std::collections::{BTreeMap, BTreeSet};

use super::report::{InvariantReport, end};
use crate::linearizability::Operation;
use crate::linearizability::models::{Datum, MultiRegisterAction, RegisterStep};
use crate::verdict::Rule;

/// Judges operations that each write one register or read several; `initial` is what a register holds that nobody wrote.
pub fn long_fork<K: Datum, V: Datum>(
    operations: &[&Operation<MultiRegisterAction<K, V>>],
    initial: &V,
) -> InvariantReport {
    let mut report = InvariantReport::of(operations);
    let mut writes: BTreeMap<&K, (&V, u64, usize)> = BTreeMap::new();
    let mut written_twice = false;
    for (position, operation) in operations.iter().enumerate() {
        for step in &*operation.action.steps {
            if let RegisterStep::Write(key, value) = step {
                let write = (value, operation.called, position);
                written_twice |= writes.insert(key, write).is_some();
            }
        }
    }
    // By group of registers: which of them each read saw written.
    let mut groups: BTreeMap<BTreeSet<&K>, Vec<(BTreeSet<&K>, usize)>> = BTreeMap::new();
    for (position, operation) in operations.iter().enumerate() {
        if operation.returned.is_none() {
            continue;
        }
        let (mut group, mut seen, mut whole) = (BTreeSet::new(), BTreeSet::new(), true);
        for step in &*operation.action.steps {
            match step {
                RegisterStep::Read(key, Some(value)) => {
                    group.insert(key);
                    if value == initial {
                        continue;
                    }
                    seen.insert(key);
                    let about = || format!("{value:?} of {key:?}");
                    match writes.get(key) {
                        _ if written_twice => {}
                        Some((_, called, by)) if end(operation) < *called => {
                            report.breach(Rule::AnsweredBeforeCall, &[*by, position], about);
                        }
                        Some((written, ..)) if *written == value => {}
                        _ => report.breach(Rule::NobodyWrote, &[position], about),
                    }
                }
                _ => whole = false,
            }
        }
        if whole && !group.is_empty() {
            groups.entry(group).or_default().push((seen, position));
        }
    }
    let reads: usize = groups.values().map(Vec::len).sum();
    report.count("reads", reads);
    report.count("groups", groups.len());
    if written_twice {
        report.doubt("a register is written twice, so what a read saw of it is not known");
        return report;
    }
    for reads in groups.values_mut() {
        reads.sort_by_key(|(seen, position)| (seen.len(), *position));
        for pair in reads.windows(2) {
            let ((fewer, one), (more, other)) = (&pair[0], &pair[1]);
            let mut only = fewer.difference(more);
            if let (Some(here), Some(there)) = (only.next(), more.difference(fewer).next()) {
                let mut witness: Vec<usize> = [here, there]
                    .into_iter()
                    .filter_map(|key| writes.get(*key).map(|(.., by)| *by))
                    .collect();
                witness.extend([*one.min(other), *one.max(other)]);
                report.breach(Rule::LongFork, &witness, || format!("{here:?} and {there:?}"));
            }
        }
    }
    if reads < 2 {
        report.doubt("no two reads can be compared");
    }
    report
}
