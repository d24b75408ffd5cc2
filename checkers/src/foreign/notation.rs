//! Which notation a file is in.

use super::error::ForeignError;
use super::etcd;
use crate::history::Header;

/// A notation of histories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Etcd,
    Edn,
    Recorded,
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
