//! A foreign history, read: calls with their lines, and what they are in a model.

use std::fmt::Display;

use super::actions::{self, Actions, RegisterDialect};
use super::error::ForeignError;
use super::model_name::ModelName;
use super::notation::{Notation, notation};
use super::verdict::{ForeignVerdict, Shown};
use super::{etcd, words};
use crate::edn::{self, EdnOperation as Call};
use crate::linearizability::models::{
    KeyValue, KeyValueAction, Log, LogAction, Mutex, MutexAction, Queue, QueueAction, Register,
    RegisterAction, Set, SetAction, Value,
};
use crate::linearizability::{Model, SearchOptions, check};

/// A history of operations on objects, in EDN or as an etcd log, read and ready to be judged.
pub struct ForeignHistory<'a> {
    name: &'a str,
    model: ModelName,
    calls: Vec<Call<'a>>,
    actions: Any,
}

/// The actions of some model.
enum Any {
    Register(Actions<RegisterAction<Value>>),
    KeyValue(Actions<KeyValueAction>),
    Mutex(Actions<MutexAction>),
    Queue(Actions<QueueAction<Value>>),
    Set(Actions<SetAction<Value>>),
    Log(Actions<LogAction<Value>>),
}

impl<'a> ForeignHistory<'a> {
    /// Reads a history; without a model, it follows from the functions called.
    ///
    /// # Errors
    /// If the text is no such history, or a line of it makes no sense in the model.
    pub fn read(
        name: &'a str,
        text: &'a str,
        model: Option<ModelName>,
    ) -> Result<ForeignHistory<'a>, ForeignError> {
        let etcd = notation(text)? == Notation::Etcd;
        let entries = if etcd {
            etcd::entries(text)?
        } else {
            edn::entries(text)?
        };
        let calls = edn::operations(entries)?;
        let model = match model {
            Some(model) => model,
            None => model_of(&calls)?,
        };
        let dialect = RegisterDialect {
            refusals_are_observed: etcd,
            nil_is_observed: etcd,
        };
        let actions = match model {
            ModelName::Register | ModelName::CasRegister => {
                Any::Register(actions::register(&calls, model, dialect)?)
            }
            ModelName::Kv => Any::KeyValue(actions::key_value(&calls)?),
            ModelName::Mutex => Any::Mutex(actions::mutex(&calls)?),
            ModelName::FifoQueue => Any::Queue(actions::queue(&calls)?),
            ModelName::Set => Any::Set(actions::set(&calls)?),
            ModelName::Log => Any::Log(actions::log(&calls)?),
            other => return Err(ForeignError::OtherModel(other)),
        };
        Ok(ForeignHistory {
            name,
            model,
            calls,
            actions,
        })
    }

    /// Judges it.
    ///
    /// # Errors
    /// If its operations contradict themselves.
    pub fn judge(&self, options: &SearchOptions) -> Result<ForeignVerdict, ForeignError> {
        match &self.actions {
            Any::Register(actions) => self.check(&Register::new(Value::Nil), actions, options),
            Any::KeyValue(actions) => self.check(&KeyValue::new(), actions, options),
            Any::Mutex(actions) => self.check(&Mutex, actions, options),
            Any::Queue(actions) => self.check(&Queue::new(), actions, options),
            Any::Set(actions) => self.check(&Set::new(), actions, options),
            Any::Log(actions) => self.check(&Log::new(), actions, options),
        }
    }

    fn check<M: Model<Action: Display>>(
        &self,
        model: &M,
        actions: &Actions<M::Action>,
        options: &SearchOptions,
    ) -> Result<ForeignVerdict, ForeignError> {
        let report = check(model, &actions.operations, options);
        let report = report.map_err(ForeignError::Malformed)?;
        let shown = |position: usize| {
            let call = &self.calls[actions.calls[position]];
            let returned = actions.operations[position].returned;
            let completion = call.completion.as_ref().filter(|_| returned.is_some());
            Shown {
                process: call.process,
                called_line: call.call.line,
                returned_line: completion.map(|done| done.line),
                text: actions.operations[position].action.to_string(),
            }
        };
        let mut verdict = words::empty(self.name, self.model);
        words::add(&mut verdict, report, None, &shown);
        Ok(words::finish(verdict))
    }
}

/// The model whose functions a history calls.
fn model_of(calls: &[Call<'_>]) -> Result<ModelName, ForeignError> {
    let named = calls
        .iter()
        .filter_map(|call| call.call.function.as_deref());
    let mut functions: Vec<&str> = named.collect();
    functions.sort_unstable();
    functions.dedup();
    let table: [(&[&str], ModelName); 7] = [
        (&["acquire", "release"], ModelName::Mutex),
        (&["enqueue", "dequeue", "drain"], ModelName::FifoQueue),
        (&["add", "contains", "remove"], ModelName::Set),
        (&["fetch", "end-offset"], ModelName::Log),
        (&["get", "put"], ModelName::Kv),
        (&["cas"], ModelName::CasRegister),
        (&["write"], ModelName::Register),
    ];
    if functions.is_empty() || functions == ["read"] {
        return Ok(ModelName::CasRegister);
    }
    let calls_any = |wanted: &[&str]| functions.iter().any(|f| wanted.contains(f));
    let found = table.iter().find(|(wanted, _)| calls_any(wanted));
    found
        .map(|(_, model)| *model)
        .ok_or_else(|| ForeignError::NoModel {
            functions: functions.join(", "),
        })
}
