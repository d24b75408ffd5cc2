//! From a file's bytes to its verdict: which notation, and who judges it.

use super::edn;
use super::error::ForeignError;
use super::etcd;
use super::history::ForeignHistory;
use super::judged::Judged;
use super::model_name::ModelName;
use super::partitions;
use super::verdict::ForeignVerdict;
use crate::history::{Header, History, jsonl};
use crate::linearizability::SearchOptions;
use crate::transactions::{self, Shape};

/// A notation of histories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Etcd,
    Edn,
    Recorded,
}

/// Judges a history of any of the notations that [`super`] lists, by any model.
///
/// `name` is for the verdict only. Without a model, the functions that the history calls must tell which it is; a recorded
/// run is judged by the checks of runs. An empty text is a history without operations. `options` are those of the search
/// for a linearization; of transactions strict serializability is expected.
///
/// # Errors
/// If the text is no history of any notation, or a line of it makes no sense in the model.
pub fn judge(
    name: &str,
    text: &[u8],
    model: Option<ModelName>,
    options: &SearchOptions,
) -> Result<Judged, ForeignError> {
    let shape = match model {
        Some(ModelName::ListAppend) => Shape::Lists,
        Some(ModelName::RwRegister) => Shape::Registers,
        Some(ModelName::Kafka) => Shape::Logs,
        None if notation(utf8(text)?)? == Notation::Recorded => Shape::Logs,
        _ => {
            let verdict = judge_objects(name, text, model, options)?;
            return Ok(Judged::Objects(Box::new(verdict)));
        }
    };
    let text = utf8(text)?;
    match (notation(text)?, shape) {
        (Notation::Recorded, Shape::Logs) => {
            let parsed = jsonl::parse(text).map_err(ForeignError::Recorded)?;
            let history = History::new(parsed.header, parsed.events);
            Ok(Judged::Run(Box::new(crate::judge(&history))))
        }
        (Notation::Edn, _) => {
            let operations = edn::operations(edn::entries(text)?)?;
            let options = transactions::TransactionOptions::default();
            let verdict = match shape {
                Shape::Lists => transactions::judge_list_append(&operations, &options),
                Shape::Registers => transactions::judge_rw_register(&operations, &options),
                Shape::Logs => transactions::judge_sends_and_polls(&operations, &options),
            };
            Ok(Judged::Transactions(Box::new(verdict?)))
        }
        (Notation::Etcd | Notation::Recorded, _) => {
            Err(ForeignError::OtherModel(model.unwrap_or(ModelName::Kafka)))
        }
    }
}

/// The same by the models of linearizability alone.
///
/// # Errors
/// As of [`judge`]; and if the model is one of transactions or runs.
pub fn judge_objects(
    name: &str,
    text: &[u8],
    model: Option<ModelName>,
    options: &SearchOptions,
) -> Result<ForeignVerdict, ForeignError> {
    let text = utf8(text)?;
    if notation(text)? == Notation::Recorded {
        return partitions::judge(name, text, model.unwrap_or(ModelName::Kafka), options);
    }
    ForeignHistory::read(name, text, model)?.judge(options)
}

fn utf8(bytes: &[u8]) -> Result<&str, ForeignError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        ForeignError::NotText { line }
    })
}

/// Which notation a text is in, by its first line that says anything.
pub(super) fn notation(text: &str) -> Result<Notation, ForeignError> {
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.starts_with("{\"") && line.contains(Header::FORMAT) {
            return Ok(Notation::Recorded);
        }
        match line.as_bytes().first() {
            None | Some(b';') => continue,
            Some(b'{' | b'[' | b'(' | b'#') => return Ok(Notation::Edn),
            // A log has lines of other loggers, too; one of ours is enough.
            Some(_) if text.lines().any(etcd::is_event) => return Ok(Notation::Etcd),
            Some(_) => return Err(ForeignError::UnknownFormat { line: number }),
        }
    }
    Ok(Notation::Edn)
}
