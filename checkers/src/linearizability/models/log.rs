//! An append-only log with offsets, dense from 0: one partition.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use super::value::Datum;
use crate::linearizability::actions::LogAction;
use crate::linearizability::{Decision, Model, Operation, deciders};

/// What a log holds, as far as its history shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogState<V> {
    /// These values. Before a history was learned.
    Values(Vec<V>),
    /// So many values, each the one that is known to lie at its offset.
    Length(u64),
}

/// A log that begins empty.
#[derive(Clone, Debug)]
pub struct Log<V> {
    /// What is known to lie at which offset; none before a history was learned.
    bound: Option<Arc<BTreeMap<u64, V>>>,
    value: PhantomData<V>,
}

impl<V> Log<V> {
    /// An empty log.
    pub fn new() -> Log<V> {
        Log {
            bound: None,
            value: PhantomData,
        }
    }
}

impl<V> Default for Log<V> {
    fn default() -> Self {
        Log::new()
    }
}

impl<V: Datum> Log<V> {
    /// Whether the log holds this at an offset below its length.
    fn lies_at(&self, state: &LogState<V>, offset: u64, value: &V) -> bool {
        match state {
            LogState::Values(values) => {
                let at = usize::try_from(offset).unwrap_or(usize::MAX);
                values.get(at) == Some(value)
            }
            LogState::Length(length) => {
                let bound = self.bound.as_ref().and_then(|bound| bound.get(&offset));
                offset < *length && bound == Some(value)
            }
        }
    }
}

fn length<V>(state: &LogState<V>) -> u64 {
    match state {
        LogState::Values(values) => values.len() as u64,
        LogState::Length(length) => *length,
    }
}

impl<V: Datum> Model for Log<V> {
    type State = LogState<V>;
    type Action = LogAction<V>;

    fn initial(&self) -> LogState<V> {
        match self.bound {
            Some(_) => LogState::Length(0),
            None => LogState::Values(Vec::new()),
        }
    }

    fn step(&self, state: &LogState<V>, action: &LogAction<V>) -> Option<LogState<V>> {
        let end = length(state);
        let fits = match action {
            LogAction::Append { value, offset } => {
                if offset.is_some_and(|offset| offset != end) {
                    return None;
                }
                return match state {
                    LogState::Values(values) => {
                        let mut values = values.clone();
                        values.push(value.clone());
                        Some(LogState::Values(values))
                    }
                    // Every answer is still to come, so what lies elsewhere can never be answered.
                    LogState::Length(_) => {
                        let bound = self.bound.as_ref().and_then(|bound| bound.get(&end));
                        let free = bound.is_none_or(|bound| bound == value);
                        free.then_some(LogState::Length(end + 1))
                    }
                };
            }
            LogAction::Fetch { offset, value } => self.lies_at(state, *offset, value),
            LogAction::End(answer) => *answer == end,
            LogAction::Read(values) => {
                let mut each = (0..).zip(values.iter());
                values.len() as u64 == end
                    && each.all(|(offset, value)| self.lies_at(state, offset, value))
            }
        };
        fits.then(|| state.clone())
    }

    fn is_pure(&self, action: &LogAction<V>) -> bool {
        !matches!(action, LogAction::Append { .. })
    }

    fn learn(&mut self, actions: &[&LogAction<V>]) {
        let mut bound = BTreeMap::new();
        for action in actions {
            match action {
                LogAction::Append {
                    value,
                    offset: Some(offset),
                }
                | LogAction::Fetch { offset, value } => {
                    bound.entry(*offset).or_insert_with(|| value.clone());
                }
                LogAction::Read(values) => {
                    for (offset, value) in (0..).zip(values.iter()) {
                        bound.entry(offset).or_insert_with(|| value.clone());
                    }
                }
                _ => {}
            }
        }
        self.bound = Some(Arc::new(bound));
    }

    fn decide(&self, operations: &[&Operation<LogAction<V>>]) -> Option<Decision> {
        deciders::log::decide(operations, deciders::log::Rules::default())
            .or_else(|| deciders::sources::log(operations))
    }

    fn state_bytes(&self, state: &LogState<V>) -> usize {
        let heap = match state {
            LogState::Values(values) => values.capacity() * size_of::<V>(),
            LogState::Length(_) => 0,
        };
        size_of::<LogState<V>>() + heap
    }

    fn step_bytes(&self, state: &LogState<V>, action: &LogAction<V>) -> usize {
        // Each value of a read is looked up in a tree.
        let read = match action {
            LogAction::Read(values) => 64 * values.len(),
            _ => 64,
        };
        self.state_bytes(state) + read
    }

    fn describe(&self, state: &LogState<V>) -> String {
        match state {
            LogState::Values(values) => format!("{values:?}"),
            LogState::Length(1) => "1 value".to_owned(),
            LogState::Length(length) => format!("{length} values"),
        }
    }
}
