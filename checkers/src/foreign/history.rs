//! A foreign history, read: calls with their lines, and what they are in a model.

use super::actions::RegisterDialect;
use super::error::ForeignError;
use super::keys::{self, Place};
use super::model_name::ModelName;
use super::notation::{Notation, notation};
use super::options::ForeignOptions;
use super::reading::{self, Reading};
use super::verdict::ForeignVerdict;
use super::{beside, etcd, json};
use crate::edn::{self, EdnOperation as Call, EdnValue as Form};
use crate::linearizability::SearchOptions;

/// A history of operations on objects, in EDN or as an etcd log, read and ready to be judged.
pub struct ForeignHistory<'a> {
    name: &'a str,
    model: ModelName,
    /// One, or two where the text does not say whether its values have keys.
    readings: Vec<Reading<'a>>,
    options: ForeignOptions,
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
        ForeignHistory::read_by(name, text, model, &ForeignOptions::default())
    }

    /// The same with options.
    ///
    /// # Errors
    /// As [`ForeignHistory::read`].
    pub fn read_by(
        name: &'a str,
        text: &'a str,
        model: Option<ModelName>,
        options: &ForeignOptions,
    ) -> Result<ForeignHistory<'a>, ForeignError> {
        let notation = notation(text)?;
        let etcd = notation == Notation::Etcd;
        let entries = match notation {
            Notation::Etcd => etcd::entries(text)?,
            Notation::Json => json::entries(text)?,
            Notation::Edn | Notation::Recorded => beside::entries(text)?,
        };
        let calls = edn::operations(entries)?;
        for call in &calls {
            call.require_readable(false)?;
        }
        let model = match model {
            Some(model) => model,
            None => model_of(&calls)?,
        };
        let dialect = RegisterDialect {
            refusals_are_observed: etcd,
            nil_is_observed: etcd,
        };
        let places = keys::places(&calls, model, options.keys)?;
        let mut readings = Vec::new();
        let mut problem = None;
        let mut read = |calls, place| match Reading::new(calls, place, model, dialect) {
            Ok(reading) => readings.push(reading),
            Err(error) => problem = Some(error),
        };
        match places.as_slice() {
            [first, second] => {
                read(calls.clone(), *first);
                read(calls, *second);
            }
            all => read(calls, all.first().copied().unwrap_or(Place::Nowhere)),
        }
        match problem {
            // Where one of two readings makes no sense, the other is meant.
            Some(problem) if readings.is_empty() => Err(problem),
            _ => Ok(ForeignHistory {
                name,
                model,
                readings,
                options: *options,
            }),
        }
    }

    /// Judges it, with this search.
    ///
    /// # Errors
    /// If its operations contradict themselves.
    pub fn judge(&self, search: &SearchOptions) -> Result<ForeignVerdict, ForeignError> {
        let options = self.options.search(*search);
        let judge = |reading: &Reading<'_>| reading.judge(self.name, self.model, &options);
        match self.readings.as_slice() {
            [keyed, whole] => Ok(reading::either(judge(keyed)?, judge(whole)?)),
            [one, ..] => judge(one),
            [] => Err(ForeignError::OtherModel(self.model)),
        }
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
    let table: [(&[&str], ModelName); 10] = [
        (&["transfer"], ModelName::Bank),
        (&["generate"], ModelName::UniqueIds),
        (&["read-init"], ModelName::CausalRegister),
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
    // A set and a counter have the same functions; what a read answers tells them apart.
    let counts = |call: &Call<'_>| {
        let done = call
            .completion
            .as_ref()
            .filter(|_| call.call.function.as_deref() == Some("read"));
        let value = done.map(|done| match &done.value {
            Form::Vector(pair) if pair.len() == 2 && pair[1].integer().is_none() => &pair[1],
            value => value,
        });
        value.is_some_and(|value| value.integer().is_some())
    };
    if functions == ["add", "read"] && calls.iter().any(counts) {
        return Ok(ModelName::Counter);
    }
    let calls_any = |wanted: &[&str]| functions.iter().any(|f| wanted.contains(f));
    let found = table.iter().find(|(wanted, _)| calls_any(wanted));
    found
        .map(|(_, model)| *model)
        .ok_or_else(|| ForeignError::NoModel {
            functions: functions.join(", "),
        })
}
