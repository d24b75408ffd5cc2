//! Calls of a foreign history as actions of a model.
//!
//! A call that failed did not happen and is left out, a crashed read says nothing and is left out too.

use std::sync::Arc;

use super::error::ForeignError;
use super::model_name::ModelName;
use crate::edn::{EdnOperation as Call, EdnValue as Form, Entry};
use crate::history::Outcome;
use crate::linearizability::Operation;
use crate::linearizability::models::{
    KeyValueAction, KeyValueCall, LogAction, MutexAction, QueueAction, RegisterAction, SetAction,
    Value,
};

/// Operations with the calls that they came from.
pub(super) struct Actions<A> {
    pub(super) operations: Vec<Operation<A>>,
    /// By operation: the number of its call.
    pub(super) calls: Vec<usize>,
}

/// Makes actions of calls. `one` gives those of one call: mostly one, none if it says nothing.
pub(super) fn all<A>(
    calls: &[Call<'_>],
    one: impl Fn(&Call<'_>) -> Result<Vec<A>, ForeignError>,
) -> Result<Actions<A>, ForeignError> {
    let mut actions = Actions {
        operations: Vec::with_capacity(calls.len()),
        calls: Vec::with_capacity(calls.len()),
    };
    for (number, call) in calls.iter().enumerate() {
        // A failed compare-and-set is passed on: it may be an observation.
        for action in one(call)? {
            // The places of the entries are moments: the order of the file is the order of time.
            actions.operations.push(Operation {
                process: call.process.unsigned_abs(),
                called: call.called() as u64,
                returned: call.returned().map(|place| place as u64),
                action,
            });
            actions.calls.push(number);
        }
    }
    Ok(actions)
}

/// What it completed with, if it happened.
pub(super) fn ok<'c, 't>(call: &'c Call<'t>) -> Option<&'c Entry<'t>> {
    call.completion
        .as_ref()
        .filter(|_| call.outcome == Outcome::Ok)
}

/// Whether it did not happen.
pub(super) fn failed(call: &Call<'_>) -> bool {
    call.outcome == Outcome::Fail
}

/// Which function it calls.
pub(super) fn function<'c>(call: &'c Call<'_>) -> &'c str {
    call.call.function.as_deref().unwrap_or_default()
}

/// What a register's history means where notations differ.
#[derive(Clone, Copy, Debug)]
pub(super) struct RegisterDialect {
    /// A refused compare-and-set proves that the register held something else. In the etcd logs it does; in Knossos a
    /// failed operation says nothing but that it did not happen.
    pub(super) refusals_are_observed: bool,
    /// A read of `nil` saw the initial value. In the etcd logs it does; to Knossos it is a read of unknown value.
    pub(super) nil_is_observed: bool,
}

/// Of a register; with `cas` only if asked for.
pub(super) fn register(
    calls: &[Call<'_>],
    model: ModelName,
    dialect: RegisterDialect,
) -> Result<Actions<RegisterAction<Value>>, ForeignError> {
    all(calls, |call| {
        let action = match function(call) {
            "read" => match ok(call) {
                None => return Ok(Vec::new()),
                Some(done) if done.value == Form::Nil && !dialect.nil_is_observed => {
                    return Ok(Vec::new());
                }
                Some(done) => RegisterAction::Read(Some(value(&done.value))),
            },
            "write" if failed(call) => return Ok(Vec::new()),
            "write" => RegisterAction::Write(value(&call.call.value)),
            "cas" if model == ModelName::CasRegister => {
                // One that failed for another reason, e.g. `:timed-out`, was not refused.
                let answer = call.completion.as_ref().map(|done| &done.value);
                let refused = answer.is_some_and(|answer| answer.elements().is_some());
                if failed(call) && !(refused && dialect.refusals_are_observed) {
                    return Ok(Vec::new());
                }
                let Some([from, to]) = call.call.value.elements() else {
                    let problem = "the value of a cas is [FROM TO]";
                    return Err(ForeignError::line(call.call.line, problem));
                };
                let known = ok(call).is_some() || failed(call);
                RegisterAction::CompareAndSet {
                    from: value(from),
                    to: value(to),
                    took: known.then(|| ok(call).is_some()),
                }
            }
            _ => return Err(foreign_function(call, model)),
        };
        Ok(vec![action])
    })
}

/// Of a map from keys to texts. A key is in `:key`, or first in a pair that is the value.
pub(super) fn key_value(calls: &[Call<'_>]) -> Result<Actions<KeyValueAction>, ForeignError> {
    let text = |form: &Form<'_>| -> Arc<str> {
        match form {
            Form::Nil => "".into(),
            Form::String(text) => (**text).into(),
            other => other.to_string().into(),
        }
    };
    all(calls, |call| {
        let named = call.call.other("key").or_else(|| call.call.other("k"));
        let (key, called) = match (named, &call.call.value) {
            (Some(key), value) => (key, value),
            (None, Form::Vector(pair)) if pair.len() == 2 => (&pair[0], &pair[1]),
            _ => return Err(ForeignError::line(call.call.line, ":key is missing")),
        };
        if failed(call) {
            return Ok(Vec::new());
        }
        let action = match (function(call), ok(call)) {
            ("get", None) => return Ok(Vec::new()),
            ("get", Some(done)) => match (named, &done.value) {
                (None, Form::Vector(pair)) if pair.len() == 2 => {
                    KeyValueCall::Get(Some(text(&pair[1])))
                }
                (_, read) => KeyValueCall::Get(Some(text(read))),
            },
            ("put", _) => KeyValueCall::Put(text(called)),
            ("append", _) => KeyValueCall::Append(text(called)),
            _ => return Err(foreign_function(call, ModelName::Kv)),
        };
        Ok(vec![KeyValueAction {
            key: text(key),
            call: action,
        }])
    })
}

/// Of a lock.
pub(super) fn mutex(calls: &[Call<'_>]) -> Result<Actions<MutexAction>, ForeignError> {
    all(calls, |call| {
        let action = match function(call) {
            "acquire" => MutexAction::Acquire,
            "release" => MutexAction::Release,
            _ => return Err(foreign_function(call, ModelName::Mutex)),
        };
        Ok(if failed(call) {
            Vec::new()
        } else {
            vec![action]
        })
    })
}

/// Of a queue. A dequeue of `nil` found it empty; a drain is one dequeue for each of its values.
pub(super) fn queue(calls: &[Call<'_>]) -> Result<Actions<QueueAction<Value>>, ForeignError> {
    all(calls, |call| {
        let known = |f: &str| ["enqueue", "dequeue", "drain"].contains(&f);
        if failed(call) && known(function(call)) {
            return Ok(Vec::new());
        }
        Ok(match (function(call), ok(call)) {
            ("enqueue", _) => vec![QueueAction::Enqueue(value(&call.call.value))],
            ("dequeue", None) => vec![QueueAction::DequeueUnknown],
            ("dequeue", Some(done)) if done.value == Form::Nil => vec![QueueAction::DequeueEmpty],
            ("dequeue", Some(done)) => vec![QueueAction::Dequeue(value(&done.value))],
            ("drain", Some(done)) => {
                let taken = elements(done, "the value of a drain is what it took: [V ...]")?;
                taken
                    .iter()
                    .map(|v| QueueAction::Dequeue(value(v)))
                    .collect()
            }
            ("drain", None) => {
                let problem = "a crashed drain may have taken any number of values: not judged";
                return Err(ForeignError::line(call.call.line, problem));
            }
            _ => return Err(foreign_function(call, ModelName::FifoQueue)),
        })
    })
}

/// Of a set.
pub(super) fn set(calls: &[Call<'_>]) -> Result<Actions<SetAction<Value>>, ForeignError> {
    all(calls, |call| {
        if failed(call) {
            return Ok(Vec::new());
        }
        let action = match (function(call), ok(call)) {
            ("add", _) => SetAction::Add(value(&call.call.value)),
            ("remove", _) => SetAction::Remove(value(&call.call.value)),
            ("contains" | "read", None) => return Ok(Vec::new()),
            ("contains", Some(done)) => match (&call.call.value, &done.value) {
                (element, Form::Boolean(answer)) => {
                    SetAction::Contains(value(element), Some(*answer))
                }
                _ => {
                    let problem = "the answer of contains is true or false";
                    return Err(ForeignError::line(done.line, problem));
                }
            },
            ("read", Some(done)) => {
                let read = elements(done, "the value of a read is the set: #{V ...} or [V ...]")?;
                SetAction::Read(Some(Arc::new(read.iter().map(value).collect())))
            }
            _ => return Err(foreign_function(call, ModelName::Set)),
        };
        Ok(vec![action])
    })
}

/// Of a log. An offset is in `:offset`, or first in a pair `[OFFSET VALUE]` that is the value.
pub(super) fn log(calls: &[Call<'_>]) -> Result<Actions<LogAction<Value>>, ForeignError> {
    all(calls, |call| {
        if failed(call) {
            return Ok(Vec::new());
        }
        let action = match (function(call), ok(call)) {
            ("append", done) => LogAction::Append {
                value: value(&call.call.value),
                offset: match done {
                    Some(done) => place(done)?.map(|(offset, _)| offset),
                    None => None,
                },
            },
            ("fetch" | "end-offset" | "read", None) => return Ok(Vec::new()),
            ("fetch", Some(done)) => match place(done)? {
                Some((offset, seen)) => LogAction::Fetch {
                    offset,
                    value: value(seen),
                },
                None => {
                    let problem = "a fetch answers [OFFSET VALUE], or :offset and :value";
                    return Err(ForeignError::line(done.line, problem));
                }
            },
            ("end-offset", Some(done)) => {
                let answer = done.other("offset").unwrap_or(&done.value);
                LogAction::End(offset(answer, done.line)?)
            }
            ("read", Some(done)) => {
                let read = elements(done, "the value of a read is the whole log: [V ...]")?;
                LogAction::Read(read.iter().map(value).collect())
            }
            _ => return Err(foreign_function(call, ModelName::Log)),
        };
        Ok(vec![action])
    })
}

/// The offset and the value of an answer.
fn place<'a>(done: &'a Entry<'a>) -> Result<Option<(u64, &'a Form<'a>)>, ForeignError> {
    match (done.other("offset"), &done.value) {
        (Some(form), value) => Ok(Some((offset(form, done.line)?, value))),
        (None, Form::Vector(pair)) if pair.len() == 2 => {
            Ok(Some((offset(&pair[0], done.line)?, &pair[1])))
        }
        _ => Ok(None),
    }
}

fn offset(form: &Form<'_>, line: usize) -> Result<u64, ForeignError> {
    let number = match form {
        Form::Integer(number) => u64::try_from(*number).ok(),
        _ => None,
    };
    number.ok_or_else(|| ForeignError::line(line, format!("{form} is not an offset")))
}

pub(super) fn elements<'a>(
    done: &'a Entry<'a>,
    problem: &str,
) -> Result<&'a [Form<'a>], ForeignError> {
    let elements = match done.value.untagged() {
        Form::Set(elements) => Some(elements.as_slice()),
        other => other.elements(),
    };
    elements.ok_or_else(|| ForeignError::line(done.line, problem))
}

pub(super) fn foreign_function(call: &Call<'_>, model: ModelName) -> ForeignError {
    let problem = format!(
        "model {} has no function {:?}",
        model.name(),
        function(call)
    );
    ForeignError::line(call.call.line, problem)
}

/// A form as a value that an object holds.
pub(super) fn value(form: &Form<'_>) -> Value {
    match form {
        Form::Nil => Value::Nil,
        Form::Integer(number) => Value::Integer(*number),
        other => Value::Text(other.to_string().into()),
    }
}
