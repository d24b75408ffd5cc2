//! A run in a few figures, for pages over many runs. Read from the head of `results.json`, never from a history.

use checkers::verdict::Validity;
use serde::{Deserialize, Serialize};

/// A run in a few figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunSummary {
    /// The run's id; also the name of its directory beside the index.
    pub id: String,
    /// The suite, or empty.
    pub suite: String,
    /// As `--seed` takes it.
    pub seed: String,
    /// RFC 3339 in UTC.
    pub started: String,
    /// How long it took.
    pub duration_ms: u64,
    /// The subject's name.
    pub subject: String,
    /// The subject's version.
    pub version: String,
    /// Deliberate bugs that were enabled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plants: Vec<String>,
    /// Its verdict; none if it has no results: then the run is *incomplete*, never valid.
    pub validity: Option<Validity>,
    /// The exit code of its process.
    pub exit_code: i32,
    /// Whether the user stopped it, or a part is missing.
    pub incomplete: bool,
    /// Whether its `results.json` is not as it was written. Then nothing in it is shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub damaged: bool,
    /// Scenarios that are valid.
    pub scenarios_valid: u64,
    /// Scenarios that are invalid.
    pub scenarios_invalid: u64,
    /// Scenarios that are undecided or could not run.
    pub scenarios_undecided: u64,
    /// The longest gap in acknowledgements that has a limit.
    pub longest_gap_ms: Option<u64>,
    /// 99th percentile of the append latency, of the slowest scenario.
    pub append_p99_us: Option<u64>,
    /// Whether it was accepted as a baseline.
    pub baseline: bool,
    /// Files beside its page that exist, relative to its directory: `results.json`, `junit.xml`, the histories.
    pub files: Vec<String>,
}

/// Why a `results.json` could not be summarised.
#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    /// It is not JSON, or has another structure.
    #[error("results.json is not readable: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Another schema, in which fields may have another meaning.
    #[error("results.json has schema {found}; this version reads schema {known}")]
    Schema {
        /// The schema found.
        found: u64,
        /// The schema known.
        known: u32,
    },
}

impl RunSummary {
    /// For a directory without results: a run that was cut off or still runs.
    pub fn without_results(id: &str) -> RunSummary {
        RunSummary {
            id: id.to_string(),
            incomplete: true,
            ..RunSummary::default()
        }
    }

    /// For a directory with a `results.json` that is not as it was written.
    pub fn damaged(id: &str) -> RunSummary {
        RunSummary {
            damaged: true,
            ..RunSummary::without_results(id)
        }
    }
}
