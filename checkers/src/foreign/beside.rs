//! EDN that lies beside a history, and is none: what it is, and which file to judge instead.

use super::error::ForeignError;
use crate::edn::{self, EdnError, Entry, Problem, Reader};

/// The operation maps of a history in EDN.
///
/// # Errors
/// If the text is none. The error says so where the text is another file of Jepsen.
pub(super) fn entries(text: &str) -> Result<Vec<Entry<'_>>, ForeignError> {
    edn::entries(text).map_err(|error| match other_file(text, &error) {
        Some((what, fix)) => ForeignError::OtherNotation {
            line: error.line,
            what,
            fix,
        },
        None => error.into(),
    })
}

/// What a text is that begins with a map which is no operation.
fn other_file(text: &str, error: &EdnError) -> Option<(&'static str, &'static str)> {
    if !matches!(error.problem, Problem::NoField("type" | "process")) {
        return None;
    }
    let first = Reader::new(text).form().ok()?;
    if first.get("valid?").is_some() {
        return Some((
            "what checkers of Jepsen said of a run (results.edn)",
            "judge the history.edn beside it",
        ));
    }
    first.get("history").is_some().then_some((
        "a whole test of Jepsen, with its history in it",
        "judge the history.edn of the same run, or write that history alone into a file",
    ))
}
