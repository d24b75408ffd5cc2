//! From a file's bytes to its verdict: which notation, and who judges it.

use super::error::ForeignError;
use super::history::ForeignHistory;
use super::judged::Judged;
#[cfg(feature = "transactions")]
use super::micro;
use super::model_name::ModelName;
use super::notation::{Notation, binary, known, notation};
use super::options::ForeignOptions;
use super::partitions;
use super::verdict::ForeignVerdict;
#[cfg(feature = "transactions")]
use super::{beside, json};
#[cfg(feature = "transactions")]
use crate::edn::{self, EdnOperation};
#[cfg(feature = "kafka")]
use crate::history::{History, jsonl};
use crate::linearizability::SearchOptions;
#[cfg(feature = "transactions")]
use crate::transactions::{
    ConsistencyModel, Shape, TransactionOptions, judge_list_append, judge_rw_register,
    judge_sends_and_polls,
};
#[cfg(feature = "kafka")]
use crate::verdict::Doubt;

/// Judges a history of any of the notations that [`super`] lists, by any model.
///
/// `name` is for the verdict only. Without a model, it follows from the functions that the history calls; a recorded
/// run is judged by the checks of runs. A history without operations, such as an empty text, is *undecided*. `options`
/// are those of the search for a linearization; of transactions the strongest model is expected that they can show.
///
/// # Errors
/// If the text is not a history of any notation, or a line of it makes no sense in the model.
pub fn judge(
    name: &str,
    text: &[u8],
    model: Option<ModelName>,
    options: &SearchOptions,
) -> Result<Judged, ForeignError> {
    judge_by(
        name,
        text,
        model,
        &ForeignOptions::default().search(*options),
    )
}

/// The same with all options.
///
/// # Errors
/// As of [`judge`]; and if a consistency model is expected of a history that cannot show it.
pub fn judge_by(
    name: &str,
    text: &[u8],
    model: Option<ModelName>,
    options: &ForeignOptions,
) -> Result<Judged, ForeignError> {
    #[cfg(any(feature = "kafka", feature = "transactions"))]
    let notation = notation(utf8(text)?)?;
    #[cfg(feature = "transactions")]
    {
        let is_edn = matches!(notation, Notation::Edn | Notation::Json);
        let model = match model {
            None if is_edn => micro::model_of(&operations(utf8(text)?)?)?,
            model => model,
        };
        if let Some(model) = model.filter(|model| is_edn && is_of_transactions(*model)) {
            return transactions(utf8(text)?, model, options.expected);
        }
        if let Some(expected) = options.expected {
            let expected = expected.name();
            return Err(ForeignError::NotExpected { model, expected });
        }
    }
    match model {
        #[cfg(feature = "kafka")]
        None | Some(ModelName::Kafka) if notation == Notation::Recorded => run(utf8(text)?),
        Some(model) if is_of_transactions(model) => Err(ForeignError::OtherModel(model)),
        _ => {
            let verdict = judge_objects_by(name, text, model, options)?;
            Ok(Judged::Objects(Box::new(verdict)))
        }
    }
}

/// Whether a model is of transactions, or of Kafka's sends and polls.
fn is_of_transactions(model: ModelName) -> bool {
    matches!(
        model,
        ModelName::ListAppend | ModelName::RwRegister | ModelName::Kafka
    )
}

/// Judges a recorded run by the checks of runs.
#[cfg(feature = "kafka")]
fn run(text: &str) -> Result<Judged, ForeignError> {
    let parsed = jsonl::parse(text).map_err(ForeignError::Recorded)?;
    let history = History::new(parsed.header, parsed.events);
    let mut judgement = crate::judge(&history);
    if parsed.cut {
        judgement.doubt(&Doubt::CutShort);
    }
    Ok(Judged::Run(Box::new(judgement)))
}

/// The operations of a text in EDN or JSON.
#[cfg(feature = "transactions")]
fn operations(text: &str) -> Result<Vec<EdnOperation<'_>>, ForeignError> {
    let entries = match notation(text)? {
        Notation::Json => json::entries(text)?,
        _ => beside::entries(text)?,
    };
    Ok(edn::operations(entries)?)
}

/// Judges transactions.
#[cfg(feature = "transactions")]
fn transactions(
    text: &str,
    model: ModelName,
    expected: Option<ConsistencyModel>,
) -> Result<Judged, ForeignError> {
    let operations = operations(text)?;
    let shape = match model {
        ModelName::ListAppend => Shape::Lists,
        ModelName::RwRegister => Shape::Registers,
        _ => Shape::Logs,
    };
    let strongest = shape.strongest();
    if let Some(expected) = expected.filter(|expected| !strongest.implied().contains(expected)) {
        return Err(ForeignError::TooStrong {
            model,
            expected: expected.name(),
            strongest: strongest.name(),
        });
    }
    let options = TransactionOptions::expecting(expected.unwrap_or(strongest));
    let verdict = match shape {
        Shape::Lists => judge_list_append(&operations, &options),
        Shape::Registers => judge_rw_register(&operations, &options),
        Shape::Logs => judge_sends_and_polls(&operations, &options),
    };
    Ok(Judged::Transactions(Box::new(verdict?)))
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
    judge_objects_by(
        name,
        text,
        model,
        &ForeignOptions::default().search(*options),
    )
}

/// The same with all options.
///
/// # Errors
/// As of [`judge_objects`].
pub fn judge_objects_by(
    name: &str,
    text: &[u8],
    model: Option<ModelName>,
    options: &ForeignOptions,
) -> Result<ForeignVerdict, ForeignError> {
    let text = utf8(text)?;
    if notation(text)? == Notation::Recorded {
        let model = model.unwrap_or(ModelName::Kafka);
        return partitions::judge(name, text, model, &options.search);
    }
    ForeignHistory::read_by(name, text, model, options)?.judge(&options.search)
}

fn utf8(bytes: &[u8]) -> Result<&str, ForeignError> {
    // Ahead of all else: some binary data is UTF-8 by chance.
    if let Some(other) = known(bytes) {
        return Err(other);
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        binary(bytes, line)
    })
}
