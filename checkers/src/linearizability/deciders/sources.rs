//! Values out of nothing: what makes a history impossible whatever the order is, for histories of any shape.
//!
//! An answer names a value. If no call that could have put it there exists, or each was made only after the answer,
//! there is no linearization, and no search is needed to know it. These rules hold for every history; they do not
//! decide those that keep them.

use std::collections::{BTreeMap, BTreeSet};

use super::{call, contradiction, end};
use crate::linearizability::actions::{
    KeyValueAction, KeyValueCall, LogAction, MultiRegisterAction, QueueAction, RegisterAction,
    RegisterStep, SetAction,
};
use crate::linearizability::models::Datum;
use crate::linearizability::{Decision, Operation, Rule};

/// Who put values in: by value, the earliest call and whose it is.
pub(super) struct Sources<'a, V: ?Sized> {
    earliest: BTreeMap<&'a V, (u64, usize)>,
}

impl<'a, V: Ord + ?Sized> Sources<'a, V> {
    /// Of those that put something in: value, call, position.
    pub(super) fn of(all: impl IntoIterator<Item = (&'a V, u64, usize)>) -> Self {
        let mut earliest: BTreeMap<&'a V, (u64, usize)> = BTreeMap::new();
        for (value, called, position) in all {
            let entry = earliest.entry(value).or_insert((called, position));
            *entry = (*entry).min((called, position));
        }
        Sources { earliest }
    }

    /// What is wrong with an answer that names this value and returned at this moment.
    pub(super) fn refutes(&self, value: &V, returned: u64, position: usize) -> Option<Decision> {
        match self.earliest.get(value) {
            None => Some(contradiction(Rule::NobodyWrote, &[], position)),
            Some((called, writer)) if returned < *called => {
                let rule = Rule::AnsweredBeforeCall;
                Some(contradiction(rule, &[*writer], position))
            }
            Some(_) => None,
        }
    }
}

/// A register. A compare-and-set that took needs its `from`, and puts its `to` in only if its `from` can have been
/// there: two that feed each other do not count.
pub fn register<V: Datum>(
    initial: &V,
    operations: &[&Operation<RegisterAction<V>>],
) -> Option<Decision> {
    let mut next: BTreeMap<&V, Vec<(&V, u64, usize)>> = BTreeMap::new();
    let mut found: Vec<(&V, u64, usize)> = Vec::new();
    let mut reached: BTreeMap<&V, bool> = BTreeMap::from([(initial, true)]);
    let mut waiting: Vec<&V> = vec![initial];
    for (position, operation) in operations.iter().enumerate() {
        match &operation.action {
            RegisterAction::Write(value) => {
                found.push((value, call(operation), position));
                if reached.insert(value, true).is_none() {
                    waiting.push(value);
                }
            }
            RegisterAction::CompareAndSet { from, to, took } if *took != Some(false) => {
                let to = (to, call(operation), position);
                next.entry(from).or_default().push(to);
            }
            _ => {}
        }
    }
    while let Some(from) = waiting.pop() {
        for (to, called, position) in next.get(from).into_iter().flatten() {
            found.push((to, *called, *position));
            if reached.insert(to, true).is_none() {
                waiting.push(to);
            }
        }
    }
    let sources = Sources::of(found);
    operations
        .iter()
        .enumerate()
        .find_map(|(position, operation)| {
            operation.returned?;
            let needed = match &operation.action {
                RegisterAction::Read(Some(value)) => value,
                RegisterAction::CompareAndSet {
                    from,
                    took: Some(true),
                    ..
                } => from,
                _ => return None,
            };
            if needed == initial {
                return None;
            }
            sources.refutes(needed, end(operation), position)
        })
}

/// A queue: a value leaves it only if it was enqueued, after that, and no more often than that.
pub fn queue<V: Datum>(operations: &[&Operation<QueueAction<V>>]) -> Option<Decision> {
    let enqueues = || {
        let all = operations.iter().enumerate();
        all.filter_map(|(position, operation)| match &operation.action {
            QueueAction::Enqueue(value) => Some((value, call(operation), position)),
            _ => None,
        })
    };
    let sources = Sources::of(enqueues());
    let mut left: BTreeMap<&V, i64> = BTreeMap::new();
    for (value, ..) in enqueues() {
        *left.entry(value).or_default() += 1;
    }
    for (position, operation) in operations.iter().enumerate() {
        let (QueueAction::Dequeue(value), Some(_)) = (&operation.action, operation.returned) else {
            continue;
        };
        if let Some(decision) = sources.refutes(value, end(operation), position) {
            return Some(decision);
        }
        let left = left.entry(value).or_default();
        *left -= 1;
        if *left < 0 {
            let of_value = operations.iter().enumerate().take(position);
            let same = |action: &QueueAction<V>| matches!(action, QueueAction::Dequeue(v) | QueueAction::Enqueue(v) if v == value);
            let witness = of_value.filter(|(_, o)| same(&o.action)).map(|(at, _)| at);
            let later = enqueues().filter(|(v, _, at)| *v == value && *at > position);
            let witness: Vec<usize> = witness.chain(later.map(|(.., at)| at)).collect();
            return Some(contradiction(Rule::DequeuedTwice, &witness, position));
        }
    }
    None
}

/// A set: an element is in it only if it was added, and after that.
pub fn set<V: Datum>(operations: &[&Operation<SetAction<V>>]) -> Option<Decision> {
    let adds = operations.iter().enumerate();
    let sources = Sources::of(
        adds.filter_map(|(position, operation)| match &operation.action {
            SetAction::Add(value) => Some((value, call(operation), position)),
            _ => None,
        }),
    );
    operations
        .iter()
        .enumerate()
        .find_map(|(position, operation)| {
            operation.returned?;
            let refutes = |value: &V| sources.refutes(value, end(operation), position);
            match &operation.action {
                SetAction::Contains(value, Some(true)) => refutes(value),
                SetAction::Read(Some(read)) => read.iter().find_map(refutes),
                _ => None,
            }
        })
}

/// A log: a value lies in it only if it was appended, and after that; an offset holds one value for ever.
pub fn log<V: Datum>(operations: &[&Operation<LogAction<V>>]) -> Option<Decision> {
    let all = operations.iter().enumerate();
    let sources = Sources::of(
        all.filter_map(|(position, operation)| match &operation.action {
            LogAction::Append { value, .. } => Some((value, call(operation), position)),
            _ => None,
        }),
    );
    let mut holds: BTreeMap<u64, (&V, usize)> = BTreeMap::new();
    for (position, operation) in operations.iter().enumerate() {
        if operation.returned.is_none() {
            continue;
        }
        let (mut seen, mut appended) = (Vec::new(), None);
        match &operation.action {
            LogAction::Append { value, offset } => appended = offset.map(|at| (at, value)),
            LogAction::Fetch { offset, value } => seen.push((*offset, value)),
            LogAction::Read(values) => seen.extend((0..).zip(values.iter())),
            LogAction::End(_) => {}
        }
        for (_, value) in &seen {
            if let Some(decision) = sources.refutes(value, end(operation), position) {
                return Some(decision);
            }
        }
        for (offset, value) in seen.into_iter().chain(appended) {
            let (held, by) = *holds.entry(offset).or_insert((value, position));
            if held != value {
                return Some(contradiction(Rule::TwoValuesAtOffset, &[by], position));
            }
        }
    }
    None
}

/// How many places in texts are looked at for a map's proof; longer histories go without.
const PLACES_MAX: usize = 1 << 23;

/// A map's key: a text that is read is one that was put, or the empty one, followed by texts that were appended.
pub fn key_value(operations: &[&Operation<KeyValueAction>]) -> Option<Decision> {
    let (mut heads, mut tails): (Vec<&str>, Vec<&str>) = (vec![""], Vec::new());
    let mut reads: Vec<(&str, usize)> = Vec::new();
    for (position, operation) in operations.iter().enumerate() {
        match &operation.action.call {
            KeyValueCall::Put(text) => heads.push(text),
            KeyValueCall::Append(text) => tails.push(text),
            KeyValueCall::Get(Some(text)) if operation.returned.is_some() => {
                reads.push((text, position));
            }
            KeyValueCall::Get(_) => {}
        }
    }
    for all in [&mut heads, &mut tails] {
        all.sort_unstable();
        all.dedup();
    }
    let mut lengths: Vec<usize> = tails.iter().map(|tail| tail.len()).collect();
    lengths.sort_unstable();
    lengths.dedup();
    lengths.retain(|length| *length > 0);
    reads.sort_unstable();
    // By place in the text before: whether it can end there. Texts in their order share beginnings.
    let (mut before, mut ends) = ("", vec![true]);
    let mut places = 0;
    for (text, position) in reads {
        let shared = text.bytes().zip(before.bytes());
        let shared = shared.take_while(|(here, there)| here == there).count();
        ends.truncate(shared + 1);
        places += (text.len() - shared + 1) * (lengths.len() + 8);
        if places > PLACES_MAX {
            return None;
        }
        for at in shared + 1..=text.len() {
            let is_tail = |length: &usize| {
                let from = at.checked_sub(*length);
                from.is_some_and(|from| {
                    let tail = text.get(from..at);
                    ends[from] && tail.is_some_and(|tail| tails.binary_search(&tail).is_ok())
                })
            };
            let head = text.get(..at);
            let ends_here = head.is_some_and(|head| heads.binary_search(&head).is_ok())
                || lengths.iter().any(is_tail);
            ends.push(ends_here);
        }
        if !ends[text.len()] {
            return Some(contradiction(Rule::NobodyWrote, &[], position));
        }
        before = text;
    }
    None
}

/// Registers that are used together: a read needs a write of its register, unless its own operation wrote before it.
pub fn multi_register<K: Datum, V: Datum>(
    initial: &V,
    operations: &[&Operation<MultiRegisterAction<K, V>>],
) -> Option<Decision> {
    let all = operations.iter().enumerate();
    let writes = all.flat_map(|(position, operation)| {
        let steps = operation.action.steps.iter();
        steps.filter_map(move |step| match step {
            RegisterStep::Write(key, value) => Some(((key, value), call(operation), position)),
            RegisterStep::Read(..) => None,
        })
    });
    let mut earliest: BTreeMap<(&K, &V), (u64, usize)> = BTreeMap::new();
    for (written, called, position) in writes {
        let entry = earliest.entry(written).or_insert((called, position));
        *entry = (*entry).min((called, position));
    }
    for (position, operation) in operations.iter().enumerate() {
        if operation.returned.is_none() {
            continue;
        }
        let mut own: BTreeSet<&K> = BTreeSet::new();
        for step in &*operation.action.steps {
            match step {
                RegisterStep::Write(key, _) => drop(own.insert(key)),
                RegisterStep::Read(key, Some(value)) if value != initial && !own.contains(key) => {
                    // Its own write comes later and is none that it can have read.
                    match earliest.get(&(key, value)) {
                        Some((_, writer)) if *writer == position => {}
                        Some((called, writer)) if end(operation) < *called => {
                            let rule = Rule::AnsweredBeforeCall;
                            return Some(contradiction(rule, &[*writer], position));
                        }
                        Some(_) => {}
                        None => return Some(contradiction(Rule::NobodyWrote, &[], position)),
                    }
                }
                RegisterStep::Read(..) => {}
            }
        }
    }
    None
}
