//! A register: read, write, compare-and-set.

use std::sync::Arc;

use super::value::Datum;
use crate::linearizability::actions::RegisterAction;
use crate::linearizability::{Decision, Model, Operation, deciders};

/// What a register holds, as far as its history shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RegisterState<V> {
    /// This value.
    Holds(V),
    /// Some value that no operation mentions, except to write it.
    Unobserved,
}

/// A register. `compare-and-set` makes it what Knossos calls a cas-register.
#[derive(Clone, Debug)]
pub struct Register<V> {
    initial: V,
    /// Values that some read or compare-and-set mentions, in order; none before a history was learned.
    observed: Option<Arc<[V]>>,
    /// One of the values that are written and never mentioned otherwise.
    unobserved: Option<V>,
}

impl<V: Datum> Register<V> {
    /// A register that begins with this value.
    pub fn new(initial: V) -> Register<V> {
        Register {
            initial,
            observed: None,
            unobserved: None,
        }
    }

    fn holds(&self, value: &V) -> RegisterState<V> {
        match &self.observed {
            Some(observed) if observed.binary_search(value).is_err() => RegisterState::Unobserved,
            _ => RegisterState::Holds(value.clone()),
        }
    }
}

impl<V: Datum> Model for Register<V> {
    type State = RegisterState<V>;
    type Action = RegisterAction<V>;

    fn initial(&self) -> RegisterState<V> {
        self.holds(&self.initial)
    }

    fn step(
        &self,
        state: &RegisterState<V>,
        action: &RegisterAction<V>,
    ) -> Option<RegisterState<V>> {
        let held = match state {
            RegisterState::Holds(value) => Some(value),
            RegisterState::Unobserved => None,
        };
        match action {
            RegisterAction::Read(None) => Some(state.clone()),
            RegisterAction::Read(read) => (read.as_ref() == held).then(|| state.clone()),
            RegisterAction::Write(value) => Some(self.holds(value)),
            RegisterAction::CompareAndSet { from, to, took } => match (held == Some(from), took) {
                (true, Some(false)) | (false, Some(true)) => None,
                (true, _) => Some(self.holds(to)),
                (false, _) => Some(state.clone()),
            },
        }
    }

    fn is_pure(&self, action: &RegisterAction<V>) -> bool {
        match action {
            RegisterAction::Read(_) => true,
            RegisterAction::Write(_) => false,
            RegisterAction::CompareAndSet { from, to, took } => *took == Some(false) || from == to,
        }
    }

    fn learn(&mut self, actions: &[&RegisterAction<V>]) {
        let mentioned = actions.iter().filter_map(|action| match action {
            RegisterAction::Read(value) => value.as_ref(),
            RegisterAction::Write(_) => None,
            RegisterAction::CompareAndSet { from, .. } => Some(from),
        });
        let mut observed: Vec<&V> = mentioned.collect();
        observed.sort_unstable();
        observed.dedup();
        self.unobserved = actions.iter().find_map(|action| match action {
            RegisterAction::Write(value) => {
                let known = observed.binary_search(&value).is_ok();
                (!known).then(|| value.clone())
            }
            _ => None,
        });
        self.observed = Some(observed.into_iter().cloned().collect());
    }

    fn simplify(&self, action: &RegisterAction<V>) -> RegisterAction<V> {
        match (action, &self.observed, &self.unobserved) {
            (RegisterAction::Write(value), Some(observed), Some(unobserved))
                if observed.binary_search(value).is_err() =>
            {
                RegisterAction::Write(unobserved.clone())
            }
            _ => action.clone(),
        }
    }

    fn decide(&self, operations: &[&Operation<RegisterAction<V>>]) -> Option<Decision> {
        deciders::register::decide(&self.initial, operations)
            .or_else(|| deciders::sources::register(&self.initial, operations))
    }

    fn describe(&self, state: &RegisterState<V>) -> String {
        match state {
            RegisterState::Holds(value) => format!("{value:?}"),
            RegisterState::Unobserved => "a value that nobody read".to_owned(),
        }
    }
}
