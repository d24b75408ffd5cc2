//! Registers that are each written once, and reads of several of them. Authority: `jepsen.tests.long-fork`.
//!
//! Under snapshot isolation all writes take effect in one order, and a read sees those up to some point. So whatever a
//! read saw comes before whatever it looked for and did not see. If that goes round in a circle, the writes were seen in
//! two orders: a *long fork*, which parallel snapshot isolation allows and snapshot isolation does not. If there is no
//! circle, an order exists. Jepsen compares the reads of one group of registers; a circle through several groups is found
//! here, too. A register that is written twice is undecided, as in Jepsen.
//!
//! *Not noticed*: stale reads, and anything about real time.

use std::collections::BTreeMap;

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
    // Of each read of registers: what it saw written, and what not.
    let mut reads: Vec<Sight<'_, K>> = Vec::new();
    for (position, operation) in operations.iter().enumerate() {
        if operation.returned.is_none() {
            continue;
        }
        let mut sight = Sight {
            position,
            seen: Vec::new(),
            unseen: Vec::new(),
        };
        for step in &*operation.action.steps {
            let RegisterStep::Read(key, Some(value)) = step else {
                continue;
            };
            if value == initial {
                sight.unseen.push(key);
                continue;
            }
            sight.seen.push(key);
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
        reads.push(sight);
    }
    reads.retain(|sight| !sight.seen.is_empty() || !sight.unseen.is_empty());
    report.count("reads", reads.len());
    if written_twice {
        report.doubt("a register is written twice, so what a read saw of it is not known");
        return report;
    }
    if let Some(circle) = circle(&reads) {
        let mut witness: Vec<usize> = Vec::new();
        for (key, _) in &circle {
            witness.extend(writes.get(*key).map(|(.., by)| *by));
        }
        let mut last: Vec<usize> = circle
            .iter()
            .map(|(_, read)| reads[*read].position)
            .collect();
        last.sort_unstable();
        witness.extend(last);
        let keys: Vec<String> = circle.iter().map(|(key, _)| format!("{key:?}")).collect();
        report.breach(Rule::LongFork, &witness, || keys.join(", "));
    }
    if reads.is_empty() {
        report.doubt("nothing was read");
    }
    report
}

/// What one read saw.
struct Sight<'a, K> {
    position: usize,
    seen: Vec<&'a K>,
    unseen: Vec<&'a K>,
}

/// A circle: registers, each with the read that saw it and not the next. A shortest one through the first register that
/// is on any.
fn circle<'a, K: Datum>(reads: &[Sight<'a, K>]) -> Option<Vec<(&'a K, usize)>> {
    let mut seen_by: BTreeMap<&K, Vec<usize>> = BTreeMap::new();
    let mut unseen_by: BTreeMap<&K, usize> = BTreeMap::new();
    for (number, read) in reads.iter().enumerate() {
        for key in &read.seen {
            seen_by.entry(key).or_default().push(number);
        }
        for key in &read.unseen {
            *unseen_by.entry(key).or_default() += 1;
        }
    }
    // Takes away, again and again, registers that no read misses and reads that saw none of those left. What remains
    // has a circle in front of every register.
    let mut left: Vec<usize> = reads.iter().map(|read| read.seen.len()).collect();
    let mut gone: Vec<&K> = Vec::new();
    let is_never_missed = |key: &&&K| !unseen_by.contains_key(**key);
    gone.extend(seen_by.keys().filter(is_never_missed));
    let mut missed = unseen_by.clone();
    for read in reads.iter().filter(|read| read.seen.is_empty()) {
        for key in &read.unseen {
            take(&mut missed, key, &mut gone);
        }
    }
    while let Some(key) = gone.pop() {
        for number in seen_by.get(key).into_iter().flatten() {
            left[*number] -= 1;
            if left[*number] == 0 {
                for unseen in &reads[*number].unseen {
                    take(&mut missed, unseen, &mut gone);
                }
            }
        }
    }
    // Backwards from a register that is left, always to one that is left: it must come round.
    let mut key = *missed.iter().find(|(_, count)| **count > 0)?.0;
    let is_left = |key: &&K| missed.get(*key).is_some_and(|count| *count > 0);
    let mut saw: BTreeMap<&K, usize> = BTreeMap::new();
    for (number, read) in reads
        .iter()
        .enumerate()
        .filter(|(number, _)| left[*number] > 0)
    {
        for unseen in &read.unseen {
            saw.entry(unseen).or_insert(number);
        }
    }
    let mut path: Vec<(&K, usize)> = Vec::new();
    let mut places: BTreeMap<&K, usize> = BTreeMap::new();
    loop {
        if let Some(place) = places.insert(key, path.len()) {
            return Some(shortcut(reads, path.split_off(place)));
        }
        let read = *saw.get(key)?;
        key = reads[read].seen.iter().copied().find(|key| is_left(key))?;
        path.push((key, read));
    }
}

/// Two reads that contradict each other, if the circle's reads have any; else the circle.
fn shortcut<'a, K: Datum>(
    reads: &[Sight<'a, K>],
    circle: Vec<(&'a K, usize)>,
) -> Vec<(&'a K, usize)> {
    for (_, one) in circle.iter().take(SHORTCUT_MAX) {
        for (_, other) in circle.iter().take(SHORTCUT_MAX) {
            let sees = |saw: usize, not: usize| {
                let mut seen = reads[saw].seen.iter().copied();
                seen.find(|key| reads[not].unseen.contains(key))
            };
            if let (Some(here), Some(there)) = (sees(*one, *other), sees(*other, *one)) {
                return vec![(here, *one), (there, *other)];
            }
        }
    }
    circle
}

/// Of how many reads pairs are compared.
const SHORTCUT_MAX: usize = 16;

/// One read less that misses a register; it is gone when none is left.
fn take<'a, K: Datum>(missed: &mut BTreeMap<&'a K, usize>, key: &&'a K, gone: &mut Vec<&'a K>) {
    if let Some(count) = missed.get_mut(*key) {
        *count -= 1;
        if *count == 0 {
            gone.push(key);
        }
    }
}
