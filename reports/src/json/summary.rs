//! A run in a few figures, read back from the head of `results.json`.

use checkers::verdict::Validity;
use serde::Deserialize;

use super::SCHEMA;
use crate::model::{RunReport, RunSummary, SummaryError};

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
    plants: Vec<String>,
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
    /// If the text is not such JSON, or has another schema.
    pub fn read(results_json: &str) -> Result<RunSummary, SummaryError> {
        let results: Results = serde_json::from_str(results_json)?;
        if results.schema != u64::from(SCHEMA) {
            return Err(SummaryError::Schema {
                found: results.schema,
                known: SCHEMA,
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
            plants: results.subject.plants,
            ..RunSummary::default()
        })
    }

    /// From a report.
    pub fn of(report: &RunReport) -> RunSummary {
        // Through the text, so that it always agrees with what is read from the file.
        RunSummary::read(&super::results(report, &std::collections::BTreeMap::new()))
            .unwrap_or_else(|e| unreachable!("because this version wrote it: {e}"))
    }
}
