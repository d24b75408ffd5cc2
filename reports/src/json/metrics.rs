//! `metrics.json`: the series exactly as drawn, and the fault regions, so that other tools can redraw them.

use serde::Serialize;

use super::{SCHEMA, text};
use crate::model::{FaultWindow, LagBucket, RunReport, Series};

#[derive(Serialize)]
struct Metrics<'a> {
    schema: u32,
    run: &'a str,
    scenarios: Vec<ScenarioMetrics<'a>>,
}

#[derive(Serialize)]
struct ScenarioMetrics<'a> {
    name: &'a str,
    series: &'a Series,
    #[serde(skip_serializing_if = "<[LagBucket]>::is_empty")]
    lag: &'a [LagBucket],
    regions: Vec<Region<'a>>,
}

/// One to one with a Grafana region annotation: `time`, `timeEnd`, `tags`, `text`.
#[derive(Serialize)]
struct Region<'a> {
    begin_ms: u64,
    end_ms: u64,
    class: &'static str,
    tags: Vec<&'a str>,
    text: String,
}

/// `metrics.json`.
pub(crate) fn metrics(report: &RunReport) -> String {
    let scenarios = report.scenarios.iter().map(|scenario| ScenarioMetrics {
        name: &scenario.name,
        series: &scenario.series,
        lag: &scenario.lag,
        regions: scenario
            .faults_in_effect()
            .map(|f| region(f, scenario.end_ns()))
            .collect(),
    });
    let run = report.run.id.as_str();
    text(&Metrics {
        schema: SCHEMA,
        run,
        scenarios: scenarios.collect(),
    })
}

fn region(fault: &FaultWindow, end_ns: u64) -> Region<'_> {
    let mut tags = vec![fault.id.as_str(), fault.kind.as_str()];
    tags.extend(fault.targets.iter().map(String::as_str));
    Region {
        begin_ms: fault.called_ns / 1_000_000,
        end_ms: fault.end_or(end_ns) / 1_000_000,
        class: fault.class.word(),
        tags,
        text: fault.title(),
    }
}
