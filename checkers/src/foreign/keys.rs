//! Objects of a foreign history by key: `:key` fields, and the tuples of `jepsen.independent`.
//!
//! `jepsen.independent` puts a key before every value of a client: `[k v]`, a read is called with `[k nil]`, a cas with
//! `[k [old new]]`. It prints as a vector, so from the text alone a register of pairs can look the same. What tells them
//! apart is a call that takes no argument: called with `nil` it has no key, called with `[k nil]` it has one. Without
//! such a call the history is judged both ways, and where these differ it is *undecided*: neither answer is known.

use std::sync::Arc;

use super::error::ForeignError;
use super::model_name::ModelName;
use crate::edn::{EdnOperation as Call, EdnValue as Form, Entry};
use crate::history::Outcome;

/// How the values of a foreign history are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keys {
    /// As the history shows; both ways if it does not.
    #[default]
    Auto,
    /// Every value is `[KEY VALUE]`, or every operation has `:key` or `:k`.
    Keyed,
    /// Values are values: one object.
    Whole,
}

/// Where a history has its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere: one object.
    Nowhere,
    /// In this field.
    Field(&'static str),
    /// First in every value.
    Tuple,
}

impl Place {
    /// What the reader of a verdict must know.
    pub(super) fn words(self) -> Option<String> {
        match self {
            Place::Nowhere => None,
            Place::Field(field) => Some(format!("judged by key: every operation has :{field}")),
            Place::Tuple => Some("judged by key: every value was read as [KEY VALUE]".to_owned()),
        }
    }
}

/// The ways in which a history can be read: one, or two of which the text does not say which is right.
///
/// # Errors
/// If only some operations have a key.
pub(super) fn places(
    calls: &[Call<'_>],
    model: ModelName,
    keys: Keys,
) -> Result<Vec<Place>, ForeignError> {
    if keys == Keys::Whole || !takes_keys(model) {
        return Ok(vec![Place::Nowhere]);
    }
    for field in ["key", "k"] {
        let has = |call: &&Call<'_>| call.call.other(field).is_some();
        if let Some(without) = calls.iter().find(|call| !has(call))
            && calls.iter().any(|call| has(&call))
        {
            let problem = format!(":{field} is missing, and other operations have it");
            return Err(ForeignError::line(without.call.line, problem));
        }
        if calls.first().as_ref().is_some_and(has) {
            return Ok(vec![Place::Field(field)]);
        }
    }
    let other = calls.iter().find(|call| !is_tuple(call, model));
    match (other, keys) {
        (Some(other), Keys::Keyed) => {
            let problem = "the value is not [KEY VALUE], and there is no :key";
            Err(ForeignError::line(other.call.line, problem))
        }
        (Some(_), _) => Ok(vec![Place::Nowhere]),
        (None, _) if calls.is_empty() => Ok(vec![Place::Nowhere]),
        (None, Keys::Keyed) => Ok(vec![Place::Tuple]),
        (None, _) if calls.iter().any(|call| is_surely_keyed(call, model)) => {
            Ok(vec![Place::Tuple])
        }
        (None, _) => Ok(vec![Place::Tuple, Place::Nowhere]),
    }
}

/// Whether a model's objects can be separated by key. The others have keys of their own.
fn takes_keys(model: ModelName) -> bool {
    !matches!(
        model,
        ModelName::Kv | ModelName::LongFork | ModelName::Sequential
    )
}

/// A history read with its keys: calls without them, and the key of each.
pub(super) struct Keyed<'a> {
    pub(super) calls: Vec<Call<'a>>,
    /// By call. Empty if there is one object.
    pub(super) keys: Vec<Arc<str>>,
}

/// Takes the keys out of the values.
pub(super) fn split<'a>(calls: Vec<Call<'a>>, place: Place) -> Keyed<'a> {
    let mut keyed = Keyed {
        calls,
        keys: Vec::new(),
    };
    for call in &mut keyed.calls {
        let key = match place {
            Place::Nowhere => return keyed,
            Place::Field(field) => call.call.other(field).map(ToString::to_string),
            Place::Tuple => {
                if let Some(done) = call.completion.as_mut().filter(|done| has_tuple(done)) {
                    done.value = inner(&done.value).map_or(Form::Nil, |(_, value)| value.clone());
                }
                let parts = inner(&call.call.value);
                let parts = parts.map(|(key, value)| (key.to_string(), value.clone()));
                parts.map(|(key, value)| {
                    call.call.value = value;
                    key
                })
            }
        };
        keyed.keys.push(key.unwrap_or_default().into());
    }
    keyed
}

fn has_tuple(entry: &Entry<'_>) -> bool {
    inner(&entry.value).is_some()
}

/// Key and value of a tuple: a vector of two, or the record that older releases print.
fn inner<'f, 'a>(form: &'f Form<'a>) -> Option<(&'f Form<'a>, &'f Form<'a>)> {
    match form {
        Form::Vector(pair) if pair.len() == 2 => Some((&pair[0], &pair[1])),
        Form::Tagged(tag, within) if tag.contains("Tuple") => match &**within {
            record @ Form::Map(_) => Some((record.get("key")?, record.get("value")?)),
            Form::Vector(pair) | Form::List(pair) if pair.len() == 2 => Some((&pair[0], &pair[1])),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a call can be read as one with a tuple.
fn is_tuple(call: &Call<'_>, model: ModelName) -> bool {
    let Some((key, value)) = inner(&call.call.value) else {
        return false;
    };
    // A pair of micro-operations is a value, and so is [FROM TO] of a cas.
    let fits = match call.call.function.as_deref() {
        Some("cas") => value.elements().is_some_and(|pair| pair.len() == 2),
        _ if model == ModelName::MultiRegister => {
            key.elements().is_none() && value.elements().is_some()
        }
        _ => true,
    };
    let done = call
        .completion
        .as_ref()
        .filter(|_| call.outcome == Outcome::Ok);
    let same = |done: &Entry<'_>| inner(&done.value).is_some_and(|(of, _)| of == key);
    fits && done.is_none_or(same)
}

/// Whether only a key explains the value of a call.
fn is_surely_keyed(call: &Call<'_>, model: ModelName) -> bool {
    let argument_free = [
        "read",
        "read-init",
        "dequeue",
        "drain",
        "acquire",
        "release",
        "generate",
        "end-offset",
    ];
    let is_free = |f: &str| argument_free.contains(&f);
    let value = inner(&call.call.value).map(|(_, value)| value);
    model == ModelName::MultiRegister
        || matches!(call.call.value, Form::Tagged(..))
        || (call.call.function.as_deref().is_some_and(is_free) && value == Some(&Form::Nil))
}
