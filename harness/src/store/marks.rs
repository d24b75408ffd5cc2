//! The mark of a baseline. It is a file in the run itself, so it is kept and copied with the run, and retention
//! recognises it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::layout;
use crate::bounded;

/// The mark.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mark {
    /// The run's id.
    pub run: String,
    /// The suite that it passed.
    pub suite: String,
    /// When it was accepted, RFC 3339 in UTC.
    pub accepted: String,
}

/// The mark of a run, if it has one.
pub fn mark(run: &Path) -> Option<Mark> {
    let text = bounded::text_below(run, layout::BASELINE, bounded::MARK).ok()?;
    serde_json::from_str(&text).ok()
}

/// Whether a run may have a mark. A mark that is there and cannot be read still marks: a baseline whose mark was torn
/// was removed.
pub fn is_marked(run: &Path) -> bool {
    let looked = std::fs::symlink_metadata(run.join(layout::BASELINE));
    !looked.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}
