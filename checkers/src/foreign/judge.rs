//! From a file's bytes to its verdict: which notation, and who judges it.

use super::error::ForeignError;
use super::etcd;
use super::history::ForeignHistory;
use super::model_name::ModelName;
use super::partitions;
use super::verdict::ForeignVerdict;
use crate::history::Header;
use crate::linearizability::Options;

/// A notation of histories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Etcd,
    Edn,
    Recorded,
}

/// Judges a history of any of the notations that [`super`] lists.
///
/// `name` is for the verdict only. Without a model, the functions that the history calls must tell which it is. An empty
/// text is a history without operations, and valid.
///
/// # Errors
/// If the text is no history of any notation, or a line of it makes no sense in the model.
pub fn judge(
    name: &str,
    text: &[u8],
    model: Option<ModelName>,
    options: &Options,
) -> Result<ForeignVerdict, ForeignError> {
    let text = std::str::from_utf8(text).map_err(|error| {
        let before = &text[..error.valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        ForeignError::NotText { line }
    })?;
    if notation(text)? == Notation::Recorded {
        return partitions::judge(name, text, model.unwrap_or(ModelName::Kafka), options);
    }
    ForeignHistory::read(name, text, model)?.judge(options)
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
