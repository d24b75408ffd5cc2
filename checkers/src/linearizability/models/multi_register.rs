//! Several registers, read and written together: what Knossos calls a multi-register.
//!
//! An operation is a list of reads and writes that take effect at one moment. Registers that no operation uses together
//! are objects of their own, so a history of many keys falls into its components: [`MultiRegister::components`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::value::Datum;
use crate::linearizability::actions::{MultiRegisterAction, RegisterStep};
use crate::linearizability::{Decision, Model, Operation, deciders};

/// What the registers hold that were written: none for a value that no read mentions. All others hold the initial one.
pub type MultiRegisterState<K, V> = BTreeMap<K, Option<V>>;

/// Registers that all begin with one value.
#[derive(Clone, Debug)]
pub struct MultiRegister<K, V> {
    initial: V,
    /// Keys and values that some read mentions; none before a history was learned.
    observed: Option<Arc<BTreeSet<(K, V)>>>,
}

impl<K: Datum, V: Datum> MultiRegister<K, V> {
    /// Registers that begin with this value.
    pub fn new(initial: V) -> MultiRegister<K, V> {
        MultiRegister {
            initial,
            observed: None,
        }
    }

    /// The object of each operation: registers that are used together, directly or by way of others, are one.
    pub fn components(operations: &[Operation<MultiRegisterAction<K, V>>]) -> Vec<String> {
        let mut numbers: BTreeMap<&K, usize> = BTreeMap::new();
        for step in operations.iter().flat_map(|o| o.action.steps.iter()) {
            let next = numbers.len();
            numbers.entry(step.key()).or_insert(next);
        }
        let mut parents: Vec<usize> = (0..numbers.len()).collect();
        fn root(parents: &mut [usize], mut at: usize) -> usize {
            while parents[at] != at {
                parents[at] = parents[parents[at]];
                at = parents[at];
            }
            at
        }
        for operation in operations {
            let mut keys = operation
                .action
                .steps
                .iter()
                .map(|step| numbers[step.key()]);
            if let Some(first) = keys.next() {
                for key in keys {
                    let (one, other) = (root(&mut parents, first), root(&mut parents, key));
                    // The key seen first stands for all.
                    parents[one.max(other)] = one.min(other);
                }
            }
        }
        let mut names: Vec<String> = vec![String::new(); numbers.len()];
        for (key, number) in &numbers {
            names[*number] = format!("{key:?}");
        }
        let of = |operation: &Operation<MultiRegisterAction<K, V>>| {
            let first = operation.action.steps.first();
            let root = first.map(|step| root(&mut parents, numbers[step.key()]));
            root.map(|root| names[root].clone()).unwrap_or_default()
        };
        operations.iter().map(of).collect()
    }

    /// What a register holds after it was written: none if that is the initial value again.
    fn holds(&self, key: &K, value: &V) -> Option<Option<V>> {
        if *value == self.initial {
            return None;
        }
        let seen =
            |observed: &Arc<BTreeSet<(K, V)>>| observed.contains(&(key.clone(), value.clone()));
        let known = self.observed.as_ref().is_none_or(seen);
        Some(known.then(|| value.clone()))
    }
}

impl<K: Datum, V: Datum> Model for MultiRegister<K, V> {
    type State = MultiRegisterState<K, V>;
    type Action = MultiRegisterAction<K, V>;

    fn initial(&self) -> Self::State {
        BTreeMap::new()
    }

    fn step(&self, state: &Self::State, action: &Self::Action) -> Option<Self::State> {
        let mut after = state.clone();
        for step in &*action.steps {
            match step {
                RegisterStep::Read(_, None) => {}
                RegisterStep::Read(key, Some(value)) => {
                    let held = after.get(key).map_or(Some(&self.initial), Option::as_ref);
                    // What the step itself wrote is known, also where no other read mentions it.
                    if held != Some(value) {
                        return None;
                    }
                }
                RegisterStep::Write(key, value) => {
                    match self.holds(key, value) {
                        Some(held) => after.insert(key.clone(), held),
                        None => after.remove(key),
                    };
                }
            }
        }
        Some(after)
    }

    fn is_pure(&self, action: &Self::Action) -> bool {
        let reads = |step: &RegisterStep<K, V>| matches!(step, RegisterStep::Read(..));
        action.steps.iter().all(reads)
    }

    fn learn(&mut self, actions: &[&Self::Action]) {
        let steps = actions.iter().flat_map(|action| action.steps.iter());
        let observed = steps.filter_map(|step| match step {
            RegisterStep::Read(key, Some(value)) => Some((key.clone(), value.clone())),
            _ => None,
        });
        self.observed = Some(Arc::new(observed.collect()));
    }

    fn decide(&self, operations: &[&Operation<Self::Action>]) -> Option<Decision> {
        deciders::sources::multi_register(&self.initial, operations)
    }

    fn state_bytes(&self, state: &Self::State) -> usize {
        // Nodes of a B-tree are at least about half full.
        size_of::<Self::State>() + 2 * state.len() * (size_of::<(K, Option<V>)>() + 4)
    }

    fn step_bytes(&self, state: &Self::State, action: &Self::Action) -> usize {
        self.state_bytes(state) + 64 * action.steps.len()
    }

    fn describe(&self, state: &Self::State) -> String {
        let held = state.iter().map(|(key, value)| match value {
            Some(value) => format!("{key:?}: {value:?}"),
            None => format!("{key:?}: a value that nobody read"),
        });
        let held: Vec<String> = held.collect();
        format!("{{{}}}", held.join(", "))
    }
}
