//! What a scenario asked for. It is stored next to the history, for every later judgement of it and for the report of a
//! run that ended before its own.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{layout, write_whole};
use crate::bounded;

/// The file next to a scenario's history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The checks that decide it; all if empty.
    pub checks: Vec<String>,
    /// What it does and what is expected, in one line.
    pub description: String,
    /// Its seed, as the report shows it.
    pub seed: String,
    /// The wall clock at which its times count from, in nanoseconds since 1970. None in runs of older versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub began_unix_ns: Option<u64>,
    /// How its load was drawn: names and values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub load: Vec<(String, String)>,
    /// Operations per second over all clients, where the workload keeps to a rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<u32>,
}

impl Asked {
    /// Writes it into the scenario's directory.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, directory: &Path) -> Result<()> {
        write_whole(
            &directory.join(layout::SCENARIO),
            &serde_json::to_string(self)?,
        )
    }

    /// Reads the file next to a history. If there is none, all checks judge the history.
    ///
    /// # Errors
    /// If there is one that cannot be read: which checks count is then unknown.
    pub fn beside(history: &Path) -> Result<Asked> {
        let file = history.with_file_name(layout::SCENARIO);
        let named = || format!("{}", file.display());
        let folder = history.parent().unwrap_or(history);
        match bounded::text_below(folder, layout::SCENARIO, bounded::MARK) {
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Ok(Asked::default())
            }
            text => serde_json::from_str(&text.with_context(named)?).with_context(named),
        }
    }

    /// Whether this check counts for the verdict.
    pub fn includes(&self, check: &str) -> bool {
        self.checks.is_empty() || self.checks.iter().any(|one| one == check)
    }
}
