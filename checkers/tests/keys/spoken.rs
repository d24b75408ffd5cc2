//! Histories of several keys as the text of a file, in both ways in which keys are written.

use std::fmt::Write;

use checkers::linearizability::Operation;
use checkers::linearizability::models::{
    KeyValueAction, KeyValueCall, LogAction, MultiRegisterAction, MutexAction, QueueAction,
    RegisterAction, RegisterStep, SetAction,
};

/// What a call looks like in a file: function, value called with, value returned.
pub(crate) trait Spoken {
    fn spoken(&self) -> (&'static str, String, String);

    /// Whether it returned as a failure.
    fn is_refused(&self) -> bool {
        false
    }
}

fn nil() -> String {
    "nil".to_owned()
}

impl Spoken for RegisterAction<u32> {
    fn spoken(&self) -> (&'static str, String, String) {
        match self {
            RegisterAction::Read(read) => (
                "read",
                nil(),
                read.map_or_else(nil, |value| value.to_string()),
            ),
            RegisterAction::Write(value) => ("write", value.to_string(), value.to_string()),
            RegisterAction::CompareAndSet { from, to, .. } => {
                ("cas", format!("[{from} {to}]"), format!("[{from} {to}]"))
            }
        }
    }

    fn is_refused(&self) -> bool {
        matches!(
            self,
            RegisterAction::CompareAndSet {
                took: Some(false),
                ..
            }
        )
    }
}

impl Spoken for MutexAction {
    fn spoken(&self) -> (&'static str, String, String) {
        let name = match self {
            MutexAction::Acquire => "acquire",
            MutexAction::Release => "release",
        };
        (name, nil(), nil())
    }
}

impl Spoken for QueueAction<u32> {
    fn spoken(&self) -> (&'static str, String, String) {
        match self {
            QueueAction::Enqueue(value) => ("enqueue", value.to_string(), value.to_string()),
            QueueAction::Dequeue(value) => ("dequeue", nil(), value.to_string()),
            QueueAction::DequeueEmpty | QueueAction::DequeueUnknown => ("dequeue", nil(), nil()),
        }
    }
}

fn several<'a>(values: impl IntoIterator<Item = &'a u32>) -> String {
    let values: Vec<String> = values.into_iter().map(ToString::to_string).collect();
    values.join(" ")
}

impl Spoken for SetAction<u32> {
    fn spoken(&self) -> (&'static str, String, String) {
        match self {
            SetAction::Add(value) => ("add", value.to_string(), value.to_string()),
            SetAction::Remove(value) => ("remove", value.to_string(), value.to_string()),
            SetAction::Contains(value, answer) => (
                "contains",
                value.to_string(),
                answer.unwrap_or_default().to_string(),
            ),
            SetAction::Read(read) => {
                let read = read.iter().flat_map(|read| read.iter());
                ("read", nil(), format!("#{{{}}}", several(read)))
            }
        }
    }
}

impl Spoken for LogAction<u32> {
    fn spoken(&self) -> (&'static str, String, String) {
        match self {
            LogAction::Append { value, offset } => {
                let at = offset.map_or_else(|| value.to_string(), |at| format!("[{at} {value}]"));
                ("append", value.to_string(), at)
            }
            LogAction::Fetch { offset, value } => ("fetch", nil(), format!("[{offset} {value}]")),
            LogAction::End(end) => ("end-offset", nil(), end.to_string()),
            LogAction::Read(values) => ("read", nil(), format!("[{}]", several(values.iter()))),
        }
    }
}

impl Spoken for KeyValueAction {
    fn spoken(&self) -> (&'static str, String, String) {
        let quoted = |text: &str| format!("{text:?}");
        match &self.call {
            KeyValueCall::Get(read) => ("get", nil(), read.as_deref().map_or_else(nil, quoted)),
            KeyValueCall::Put(text) => ("put", quoted(text), quoted(text)),
            KeyValueCall::Append(text) => ("append", quoted(text), quoted(text)),
        }
    }
}

impl Spoken for MultiRegisterAction<u32, u32> {
    fn spoken(&self) -> (&'static str, String, String) {
        let said = |known: bool| {
            let steps = self.steps.iter().map(|step| match step {
                RegisterStep::Read(key, Some(value)) if known => format!("[:r {key} {value}]"),
                RegisterStep::Read(key, _) => format!("[:r {key} nil]"),
                RegisterStep::Write(key, value) => format!("[:w {key} {value}]"),
            });
            format!("[{}]", steps.collect::<Vec<_>>().join(" "))
        };
        ("txn", said(false), said(true))
    }
}

/// How keys are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `[k v]`.
    Tuple,
    /// `:key k`.
    Field,
}

/// The histories of some keys as one file, in the order of time.
pub(crate) fn text<A: Spoken>(keys: &[Vec<Operation<A>>], form: Form) -> String {
    // Moment, returns after calls, key, position.
    let mut events: Vec<(u64, bool, usize, usize)> = Vec::new();
    for (key, operations) in keys.iter().enumerate() {
        for (position, operation) in operations.iter().enumerate() {
            events.push((operation.called, false, key, position));
            events.extend(
                operation
                    .returned
                    .map(|moment| (moment, true, key, position)),
            );
        }
    }
    events.sort_unstable();
    let mut text = String::new();
    for (_, is_return, key, position) in events {
        let action = &keys[key][position].action;
        let (function, called, returned) = action.spoken();
        let process = 100 * key + position;
        let (kind, value) = match (is_return, action.is_refused()) {
            (false, _) => ("invoke", called),
            (true, true) => ("fail", called),
            (true, false) => ("ok", returned),
        };
        let said = match form {
            Form::Tuple => format!(":value [{key} {value}]"),
            Form::Field => format!(":key {key}, :value {value}"),
        };
        let _ = writeln!(
            text,
            "{{:process {process}, :type :{kind}, :f :{function}, {said}}}"
        );
    }
    text
}
