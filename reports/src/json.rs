//! `results.json`, schema 1. Field order is part of the format, so it is written from its own structs and not from the
//! model: the model may change, these structs may only grow.

use std::collections::BTreeMap;

use checkers::verdict::{Anomaly, Class, Figure, Validity, Verdict};
use serde::Serialize;

use crate::findings::{self, Card};
use crate::format::plain;
use crate::measures::Measures;
use crate::model::{
    Detection, OpsCount, RunReport, ScenarioReport, Subject, Tool, Unavailable, Waiver,
};
use crate::untested;
use crate::wording;

mod comparison;
mod measures;
mod metrics;
mod summary;

use comparison::ComparisonEntry;
use measures::MeasuresEntry;
pub(crate) use metrics::metrics;

/// The schema's version. New fields do not change it; a changed meaning does.
pub const SCHEMA: u32 = 1;
/// The JSON schema of `results.json`.
pub const RESULTS_SCHEMA: &str = include_str!("assets/results.schema.json");

#[derive(Serialize)]
struct Results<'a> {
    schema: u32,
    tool: &'a Tool,
    run: RunEntry<'a>,
    subject: &'a Subject,
    validity: Validity,
    exit_code: i32,
    counts: Counts,
    measures: MeasuresEntry,
    scenarios: Vec<Scenario<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<ComparisonEntry<'a>>,
    faults_unavailable: &'a [Unavailable],
    decision: Validity,
    #[serde(skip_serializing_if = "<[Waiver]>::is_empty")]
    waivers: &'a [Waiver],
    #[serde(skip_serializing_if = "Option::is_none")]
    detection: Option<&'a Detection>,
    not_tested: Vec<String>,
    warnings: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    evidence: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct RunEntry<'a> {
    id: &'a str,
    suite: &'a str,
    seed: &'a str,
    started: &'a str,
    duration_ms: u64,
    interrupted: bool,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    incomplete: &'a [String],
    reproduce: &'a str,
    recheck: &'a str,
}

#[derive(Serialize)]
struct Counts {
    valid: usize,
    invalid: usize,
    undecided: usize,
    not_applicable: usize,
}

#[derive(Serialize)]
struct Scenario<'a> {
    name: &'a str,
    validity: Validity,
    seed: &'a str,
    duration_ms: u64,
    ops: OpsCount,
    checks: Vec<Check<'a>>,
    measures: MeasuresEntry,
    availability: Availability,
    leadership: Leadership,
    latency_us: serde_json::Map<String, serde_json::Value>,
    faults: Faults,
    files: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
struct Check<'a> {
    name: &'a str,
    class: Class,
    validity: Validity,
    reason: String,
    anomaly_count: u64,
    anomalies: Vec<Entry<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    tolerated_count: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    doubts: Vec<Doubt<'a>>,
    #[serde(skip_serializing_if = "<[Figure]>::is_empty")]
    figures: &'a [Figure],
}

#[derive(Serialize)]
struct Entry<'a> {
    id: String,
    kind: &'static str,
    certain: bool,
    topic: Option<&'a str>,
    partition: Option<i32>,
    offsets: &'a [i64],
    ops: &'a [u64],
    events: &'a [u64],
    nodes: &'a [String],
    window_ns: Option<(u64, u64)>,
    faults: &'a [String],
    text: String,
}

#[derive(Serialize)]
struct Doubt<'a> {
    #[serde(flatten)]
    doubt: &'a checkers::verdict::Doubt,
    text: String,
}

#[derive(Serialize)]
struct Availability {
    longest_gap_ms: Option<u64>,
    limit_ms: Option<u64>,
    gaps: usize,
}

#[derive(Serialize)]
struct Leadership {
    elections: usize,
    leaderless_ms_max: Option<u64>,
}

#[derive(Serialize)]
struct Faults {
    begun: usize,
    in_effect: usize,
    affecting_leader: usize,
}

/// `results.json`.
pub(crate) fn results(report: &RunReport, evidence: &BTreeMap<String, String>) -> String {
    let cards = findings::cards(report);
    let run = &report.run;
    let results = Results {
        schema: SCHEMA,
        tool: &report.tool,
        run: RunEntry {
            id: &run.id,
            suite: &run.suite,
            seed: &run.seed,
            started: &run.started,
            duration_ms: run.duration_ms,
            interrupted: run.interrupted,
            incomplete: &run.incomplete,
            reproduce: &run.reproduce,
            recheck: &run.recheck,
        },
        subject: &report.subject,
        validity: report.validity(),
        exit_code: report.exit_code,
        counts: Counts {
            valid: report.count(Validity::Valid),
            invalid: report.count(Validity::Invalid),
            undecided: report.count(Validity::Undecided),
            not_applicable: report.count(Validity::NotApplicable),
        },
        measures: MeasuresEntry::of(&Measures::of_run(report)),
        scenarios: report
            .scenarios
            .iter()
            .map(|s| scenario(s, &cards))
            .collect(),
        comparison: report.comparison.as_ref().map(ComparisonEntry::of),
        faults_unavailable: &report.faults_unavailable,
        decision: report.decision(),
        waivers: &report.waivers,
        detection: report.detection.as_ref(),
        not_tested: untested::sentences(report),
        warnings: &report.warnings,
        evidence,
    };
    text(&results)
}

fn scenario<'a>(scenario: &'a ScenarioReport, cards: &[Card<'a>]) -> Scenario<'a> {
    let measures = Measures::of_scenario(scenario);
    let longest = measures.longest_gap;
    let elections = &scenario.judgement.elections;
    let latency = scenario.series.latency.iter().map(|l| {
        let figures = serde_json::json!({
            "p50": l.p50_us, "p95": l.p95_us, "p99": l.p99_us, "max": l.max_us, "count": l.count,
        });
        (l.call.clone(), figures)
    });
    Scenario {
        name: &scenario.name,
        validity: scenario.validity(),
        seed: &scenario.seed,
        duration_ms: scenario.duration_ms,
        ops: scenario.ops,
        checks: scenario
            .judgement
            .verdicts
            .iter()
            .map(|v| check(scenario, v, cards))
            .collect(),
        measures: MeasuresEntry::of(&measures),
        availability: Availability {
            longest_gap_ms: longest.map(|g| g.length_ms),
            limit_ms: longest.map(|g| g.limit_ms),
            gaps: scenario.judgement.gaps.len(),
        },
        leadership: Leadership {
            elections: elections.len(),
            leaderless_ms_max: elections.iter().map(|e| e.leaderless_ms).max(),
        },
        latency_us: latency.collect(),
        faults: Faults {
            begun: scenario.faults.len(),
            in_effect: scenario.faults_in_effect().count(),
            affecting_leader: scenario
                .faults_in_effect()
                .filter(|f| f.affects_leader)
                .count(),
        },
        files: scenario
            .files
            .iter()
            .map(|f| (f.name.clone(), f.path.clone().into()))
            .collect(),
    }
}

fn check<'a>(scenario: &'a ScenarioReport, verdict: &'a Verdict, cards: &[Card<'a>]) -> Check<'a> {
    let here =
        |c: &&Card<'a>| std::ptr::eq(c.scenario, scenario) && std::ptr::eq(c.verdict, verdict);
    let entries = cards.iter().filter(here).flat_map(|card| {
        card.anomalies
            .iter()
            .enumerate()
            .map(|(index, a)| entry(card.instance_id(index), a))
    });
    let doubt = |doubt: &'a checkers::verdict::Doubt| Doubt {
        doubt,
        text: wording::doubt(doubt),
    };
    Check {
        name: &verdict.check,
        class: verdict.class,
        validity: verdict.validity,
        reason: plain(&wording::headline(verdict)),
        anomaly_count: verdict.anomaly_count,
        anomalies: entries.collect(),
        tolerated_count: verdict.tolerated_count,
        doubts: verdict.doubts.iter().map(doubt).collect(),
        figures: &verdict.figures,
    }
}

fn entry(id: String, anomaly: &Anomaly) -> Entry<'_> {
    let at = &anomaly.evidence;
    Entry {
        id,
        kind: anomaly.kind.name(),
        certain: anomaly.certain,
        topic: at.topic.as_deref(),
        partition: at.partition,
        offsets: &at.offsets,
        ops: &at.operations,
        events: &at.events,
        nodes: &at.nodes,
        window_ns: at.window,
        faults: &at.faults,
        text: plain(&wording::text(anomaly)),
    }
}

fn text(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value)
        .unwrap_or_else(|e| unreachable!("because these are plain structs: {e}"));
    text.push('\n');
    text
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}
