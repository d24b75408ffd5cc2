//! The end line of a history, and the digest in it: how a reader knows that a history is whole and unchanged.
//!
//! A recorder that announces it in the header (`"sealed":true`) closes the history with
//! `{"i":7,"t":9000,"type":"end","events":7,"sha256":"..."}`. The digest is the SHA-256 of all bytes before that line.
//! `i` and `t` are there for older readers, which ignore the type but need both. Histories without the announcement have
//! no end line: they were recorded by an older version, or by another tool, and are judged as they are.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::ids::Moment;

/// A running SHA-256 of text. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Digest(Sha256);

impl Digest {
    /// The digest of nothing.
    pub fn new() -> Digest {
        Digest::default()
    }

    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of everything so far: 64 hexadecimal digits in lower case.
    pub fn text(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |half: u8| char::from(DIGITS[usize::from(half & 15)]);
        let bytes = self.0.clone().finalize();
        bytes
            .iter()
            .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
            .collect()
    }
}

/// The end line of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    i: u64,
    t: Moment,
    #[serde(rename = "type")]
    kind: End,
    events: u64,
    sha256: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum End {
    End,
}

impl Seal {
    /// The end line of a history of this many events, of which the last was recorded at `last` and of which all bytes
    /// have this digest.
    pub fn new(events: u64, last: Moment, digest: &Digest) -> Seal {
        Seal {
            i: events,
            t: last,
            kind: End::End,
            events,
            sha256: digest.text(),
        }
    }

    /// The line, without its line end.
    pub fn line(&self) -> String {
        // Plain data with text keys always serialises.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a line. None if it is another line.
    pub(super) fn read(line: &str) -> Option<Seal> {
        serde_json::from_str(line).ok()
    }

    /// What contradicts the history, if anything does: its events, its last time, its digest.
    pub(super) fn contradiction(&self, own: &Seal) -> Option<String> {
        if self == own {
            return None;
        }
        Some(
            match (self.events == own.events, self.sha256 == own.sha256) {
                (false, _) => format!(
                    "the history has {} events, and its end line says {}",
                    own.events, self.events
                ),
                (true, false) => {
                    "the history is not as it was recorded: its SHA-256 is another than \
                 that in its end line"
                        .to_owned()
                }
                (true, true) => "the end line is not as it was written".to_owned(),
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_the_standard() {
        let mut digest = Digest::new();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest.text(), empty);
        digest.add(b"a");
        digest.add(b"bc");
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.text(), abc);
    }

    #[test]
    fn its_line_is_read_back_and_nothing_else_is() {
        let seal = Seal::new(7, 9_000, &Digest::new());
        assert!(
            seal.line()
                .starts_with(r#"{"i":7,"t":9000,"type":"end","events":7,"sha256":"e3b0"#)
        );
        assert_eq!(Seal::read(&seal.line()), Some(seal.clone()));
        assert_eq!(Seal::read(r#"{"i":7,"t":9000,"type":"end"}"#), None);
        let other = Seal::new(8, 9_000, &Digest::new());
        assert!(
            seal.contradiction(&other)
                .is_some_and(|what| what.contains("8 events"))
        );
        assert_eq!(seal.contradiction(&seal), None);
    }
}
