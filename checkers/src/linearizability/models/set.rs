//! A set: add, remove, ask for one element, read all.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::value::Datum;
use crate::linearizability::actions::SetAction;
use crate::linearizability::{Decision, Model, Operation, deciders};

/// A set that begins empty.
#[derive(Clone, Debug, Default)]
pub struct Set<V> {
    /// Elements that some answer names, in order; none before a history was learned.
    observed: Option<Arc<BTreeSet<V>>>,
}

impl<V: Datum> Set<V> {
    /// An empty set.
    pub fn new() -> Set<V> {
        Set { observed: None }
    }
}

impl<V: Datum> Model for Set<V> {
    type State = BTreeSet<V>;
    type Action = SetAction<V>;

    fn initial(&self) -> BTreeSet<V> {
        BTreeSet::new()
    }

    fn step(&self, set: &BTreeSet<V>, action: &SetAction<V>) -> Option<BTreeSet<V>> {
        let fits = match action {
            SetAction::Add(value) => {
                let mut after = set.clone();
                after.insert(value.clone());
                return Some(after);
            }
            SetAction::Remove(value) => {
                let mut after = set.clone();
                after.remove(value);
                return Some(after);
            }
            SetAction::Contains(value, answer) => {
                answer.is_none_or(|answer| set.contains(value) == answer)
            }
            SetAction::Read(read) => read.as_ref().is_none_or(|read| **read == *set),
        };
        fits.then(|| set.clone())
    }

    fn is_pure(&self, action: &SetAction<V>) -> bool {
        matches!(action, SetAction::Contains(..) | SetAction::Read(_))
    }

    fn learn(&mut self, actions: &[&SetAction<V>]) {
        let mut observed = BTreeSet::new();
        for action in actions {
            match action {
                SetAction::Contains(value, _) => drop(observed.insert(value.clone())),
                SetAction::Read(Some(read)) => observed.extend(read.iter().cloned()),
                _ => {}
            }
        }
        self.observed = Some(Arc::new(observed));
    }

    /// A crashed add of an element that no answer names makes no answer possible.
    fn simplify(&self, action: &SetAction<V>) -> SetAction<V> {
        match (action, &self.observed) {
            (SetAction::Add(value), Some(observed)) if !observed.contains(value) => {
                SetAction::Read(None)
            }
            _ => action.clone(),
        }
    }

    fn decide(&self, operations: &[&Operation<SetAction<V>>]) -> Option<Decision> {
        deciders::sources::set(operations)
    }

    fn state_bytes(&self, set: &BTreeSet<V>) -> usize {
        // Nodes of a B-tree are at least about half full.
        size_of::<BTreeSet<V>>() + 2 * set.len() * (size_of::<V>() + 4)
    }
}
