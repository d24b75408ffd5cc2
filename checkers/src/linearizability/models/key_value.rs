//! A map from keys to texts: get, put, append. The object of Porcupine's `kv` histories.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::linearizability::actions::{KeyValueAction, KeyValueCall};
use crate::linearizability::{Decision, Model, Operation, deciders};

/// What a key holds, as far as its history shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyValueState {
    /// This text. Before a history was learned.
    Text(Arc<str>),
    /// The beginning of a text that was read.
    Beginning {
        /// Which of the texts read, in their order: the first that begins so.
        of: u32,
        /// How many bytes of it.
        length: u32,
    },
    /// A text that no text read begins with: no get is possible until the next put.
    Unobserved,
}

/// A map from keys to texts; every key begins with the empty text.
#[derive(Clone, Debug, Default)]
pub struct KeyValue {
    /// The texts that were read, in order; none before a history was learned.
    observed: Option<Arc<[Arc<str>]>>,
    /// Appended texts that are part of no text read.
    unread: Arc<BTreeSet<Arc<str>>>,
}

/// How many bytes are searched for appends that nobody read: a search of every text for every append would take longer
/// than what it saves.
const UNREAD_BYTES_MAX: usize = 64 << 20;

impl KeyValue {
    /// An empty map.
    pub fn new() -> KeyValue {
        KeyValue::default()
    }

    /// The state of holding `head` followed by `tail`, where the first `from` texts read are known not to begin so.
    fn beginning(observed: &[Arc<str>], from: usize, head: usize, tail: &str) -> KeyValueState {
        // All texts from here on that share the head lie in one run, ordered by what follows it.
        let candidates = &observed[from..];
        let (head_text, tail) = match candidates.first() {
            Some(first) if first.len() >= head => (&first.as_bytes()[..head], tail.as_bytes()),
            _ => return KeyValueState::Unobserved,
        };
        // Most often the very next append was read, too, and the first candidate goes on with it.
        if candidates[0].as_bytes()[head..].starts_with(tail) {
            return KeyValueState::Beginning {
                of: from as u32,
                length: (head + tail.len()) as u32,
            };
        }
        let before = candidates.partition_point(|text| {
            let text = text.as_bytes();
            match text.get(..head) {
                Some(own) if own == head_text => &text[head..] < tail,
                _ => text < head_text,
            }
        });
        match candidates.get(before) {
            Some(text)
                if text.as_bytes().get(..head) == Some(head_text)
                    && text.as_bytes()[head..].starts_with(tail) =>
            {
                KeyValueState::Beginning {
                    of: (from + before) as u32,
                    length: (head + tail.len()) as u32,
                }
            }
            _ => KeyValueState::Unobserved,
        }
    }

    fn holds(&self, text: &Arc<str>) -> KeyValueState {
        match &self.observed {
            Some(observed) => KeyValue::beginning(observed, 0, 0, text),
            None => KeyValueState::Text(text.clone()),
        }
    }

    fn text<'a>(&'a self, state: &'a KeyValueState) -> Option<&'a str> {
        match (state, &self.observed) {
            (KeyValueState::Text(text), _) => Some(text),
            (KeyValueState::Beginning { of, length }, Some(observed)) => {
                observed.get(*of as usize)?.get(..*length as usize)
            }
            _ => None,
        }
    }
}

impl Model for KeyValue {
    type State = KeyValueState;
    type Action = KeyValueAction;

    fn initial(&self) -> KeyValueState {
        self.holds(&"".into())
    }

    fn step(&self, state: &KeyValueState, action: &KeyValueAction) -> Option<KeyValueState> {
        match &action.call {
            KeyValueCall::Get(None) => Some(state.clone()),
            KeyValueCall::Get(Some(read)) => (self.text(state)? == &**read).then(|| state.clone()),
            KeyValueCall::Put(text) => Some(self.holds(text)),
            KeyValueCall::Append(tail) => Some(match (state, &self.observed) {
                (KeyValueState::Beginning { of, length }, Some(observed)) => {
                    KeyValue::beginning(observed, *of as usize, *length as usize, tail)
                }
                (KeyValueState::Text(text), _) => {
                    KeyValueState::Text(format!("{text}{tail}").into())
                }
                _ => KeyValueState::Unobserved,
            }),
        }
    }

    fn is_pure(&self, action: &KeyValueAction) -> bool {
        match &action.call {
            KeyValueCall::Get(_) => true,
            KeyValueCall::Put(_) => false,
            KeyValueCall::Append(tail) => tail.is_empty(),
        }
    }

    fn key<'a>(&self, action: &'a KeyValueAction) -> Option<&'a str> {
        Some(&action.key)
    }

    fn learn(&mut self, actions: &[&KeyValueAction]) {
        let read = actions.iter().filter_map(|action| match &action.call {
            KeyValueCall::Get(Some(text)) => Some(text.clone()),
            _ => None,
        });
        let mut observed: Vec<Arc<str>> = read.collect();
        observed.sort_unstable();
        observed.dedup();
        let tails: BTreeSet<Arc<str>> = actions
            .iter()
            .filter_map(|action| match &action.call {
                KeyValueCall::Append(tail) => Some(tail.clone()),
                _ => None,
            })
            .collect();
        // In their order, a text that is the beginning of another sorts before it.
        let longest: Vec<&Arc<str>> = (0..observed.len())
            .filter(|at| {
                let next = observed.get(at + 1);
                !next.is_some_and(|next| next.starts_with(&*observed[*at]))
            })
            .map(|at| &observed[at])
            .collect();
        let bytes: usize = longest.iter().map(|text| text.len()).sum();
        if tails.len().saturating_mul(bytes) <= UNREAD_BYTES_MAX {
            let unread = tails.into_iter();
            let unread = unread.filter(|tail| !longest.iter().any(|text| text.contains(&**tail)));
            self.unread = Arc::new(unread.collect());
        }
        self.observed = Some(observed.into());
    }

    /// A crashed append of something that is part of no text read makes no get possible.
    fn simplify(&self, action: &KeyValueAction) -> KeyValueAction {
        match &action.call {
            KeyValueCall::Append(tail) if self.unread.contains(tail) => KeyValueAction {
                key: action.key.clone(),
                call: KeyValueCall::Get(None),
            },
            _ => action.clone(),
        }
    }

    fn decide(&self, operations: &[&Operation<KeyValueAction>]) -> Option<Decision> {
        deciders::sources::key_value(operations)
    }

    fn step_bytes(&self, state: &KeyValueState, action: &KeyValueAction) -> usize {
        let text = match &action.call {
            KeyValueCall::Get(text) => text.as_ref().map_or(0, |text| text.len()),
            KeyValueCall::Put(text) | KeyValueCall::Append(text) => text.len(),
        };
        let head = match state {
            KeyValueState::Beginning { length, .. } => *length as usize,
            _ => 0,
        };
        // A place among the texts read is found by halving: each time the head is compared.
        let halvings = self
            .observed
            .as_ref()
            .map_or(1, |all| 1 + all.len().checked_ilog2().unwrap_or(0) as usize);
        self.state_bytes(state) + (text + head) * halvings
    }

    fn state_bytes(&self, state: &KeyValueState) -> usize {
        let heap = match state {
            KeyValueState::Text(text) => text.len(),
            _ => 0,
        };
        size_of::<KeyValueState>() + heap
    }

    fn describe(&self, state: &KeyValueState) -> String {
        match self.text(state) {
            Some(text) => format!("{text:?}"),
            None => "a text that nobody read".to_owned(),
        }
    }
}
