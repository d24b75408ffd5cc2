//! A run in a few figures, for pages over many runs. Read from the head of `results.json`, never from a history.

use checkers::verdict::Validity;
use serde::{Deserialize, Serialize};

use super::RunReport;

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
    /// Its verdict; none if it has no results, which is *incomplete*, never valid.
    pub validity: Option<Validity>,
    /// The exit code of its process.
    pub exit_code: i32,
    /// Whether the user stopped it, or a part of it is missing.
    pub incomplete: bool,
    /// Scenarios that are valid.
    pub scenarios_valid: u64,
    /// Scenarios that are invalid.
    pub scenarios_invalid: u64,
    /// Scenarios that are undecided or could not run.
    pub scenarios_undecided: u64,
    /// The longest gap in acknowledgements that was held to a limit.
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
    /// It is no JSON, or not of this shape.
    #[error("results.json is not readable: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A later schema, whose words may mean something else.
    #[error("results.json has schema {found}; this version reads schema {known}")]
    Schema {
        /// The schema found.
        found: u64,
        /// The schema known.
        known: u32,
    },
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Results {
    schema: u64,
    run: Run,
    subject: Subject,
    validity: Option<Validity>,
    exit_code: i32,
    scenarios: Vec<Scenario>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Run {
    id: String,
    suite: String,
    seed: String,
    started: String,
    duration_ms: u64,
    interrupted: bool,
    incomplete: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Subject {
    name: String,
    version: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Scenario {
    validity: Option<Validity>,
    availability: Availability,
    latency_us: std::collections::BTreeMap<String, Latency>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Availability {
    longest_gap_ms: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Latency {
    p99: Option<u64>,
}

impl RunSummary {
    /// From the text of a `results.json`. Fields that it lacks stay empty.
    ///
    /// # Errors
    /// If the text is no such JSON, or of another schema.
    pub fn read(results_json: &str) -> Result<RunSummary, SummaryError> {
        let results: Results = serde_json::from_str(results_json)?;
        if results.schema != u64::from(crate::SCHEMA) {
            return Err(SummaryError::Schema {
                found: results.schema,
                known: crate::SCHEMA,
            });
        }
        let count = |wanted: &[Option<Validity>]| {
            let found = results
                .scenarios
                .iter()
                .filter(|s| wanted.contains(&s.validity));
            found.count() as u64
        };
        let undecided = [
            Some(Validity::Undecided),
            Some(Validity::NotApplicable),
            None,
        ];
        let p99 = |s: &Scenario| s.latency_us.get("append").and_then(|l| l.p99);
        Ok(RunSummary {
            validity: results.validity,
            exit_code: results.exit_code,
            incomplete: results.run.interrupted || !results.run.incomplete.is_empty(),
            scenarios_valid: count(&[Some(Validity::Valid)]),
            scenarios_invalid: count(&[Some(Validity::Invalid)]),
            scenarios_undecided: count(&undecided),
            longest_gap_ms: results
                .scenarios
                .iter()
                .filter_map(|s| s.availability.longest_gap_ms)
                .max(),
            append_p99_us: results.scenarios.iter().filter_map(p99).max(),
            id: results.run.id,
            suite: results.run.suite,
            seed: results.run.seed,
            started: results.run.started,
            duration_ms: results.run.duration_ms,
            subject: results.subject.name,
            version: results.subject.version,
            ..RunSummary::default()
        })
    }

    /// Of a report at hand.
    pub fn of(report: &RunReport) -> RunSummary {
        // The same way as a reader of the file, so that both always agree.
        RunSummary::read(&crate::results_json(report))
            .unwrap_or_else(|e| unreachable!("because this version wrote it: {e}"))
    }

    /// Of a directory that holds no results: a run that was cut off, or is still going on.
    pub fn without_results(id: &str) -> RunSummary {
        RunSummary {
            id: id.to_string(),
            incomplete: true,
            ..RunSummary::default()
        }
    }
}
