//! Section 8: the nodes' log lines around each failure on one time axis, with the faults in between. One column for all
//! nodes, because a line of a log is longer than a third of a page is wide.

use maud::{Markup, html};

use super::parts::heading;
use crate::format::{count, group, moment, sum_of, untrusted};
use crate::model::{LogExcerpt, LogLevel, NodeLog, RunReport, ScenarioReport};

/// All excerpts; nothing if there are none.
pub(super) fn section(report: &RunReport, dropped: bool) -> Markup {
    let recorded = report.scenarios.iter().any(|s| !s.logs.is_empty());
    html! {
        @if recorded {
            section class="screen" aria-labelledby="logs" {
                (heading("logs", "Node logs", "around the failures, aligned in time"))
                @if dropped {
                    p class="cut" { "Left out to keep the page small. The logs are in the run directory." }
                } @else {
                    @for scenario in report.scenarios.iter().filter(|s| !s.logs.is_empty()) {
                        @let zero = time_zero(report, scenario);
                        @if !zero.is_empty() {
                            p { "Times of " (untrusted(&scenario.name)) " count from " code { (untrusted(zero)) }
                                " by the wall clock of the harness." }
                        }
                        @for excerpt in &scenario.logs { (one(scenario, excerpt)) }
                    }
                }
            }
        }
    }
}

/// The wall clock at which a scenario's times count from; empty if it was not recorded.
pub(super) fn time_zero<'a>(report: &'a RunReport, scenario: &'a ScenarioReport) -> &'a str {
    match (scenario.begin_wall_clock.as_str(), report.scenarios.len()) {
        // Older versions recorded it for the run.
        ("", 1) => &report.run.begin_wall_clock,
        (own, _) => own,
    }
}

fn one(scenario: &ScenarioReport, excerpt: &LogExcerpt) -> Markup {
    let silent = excerpt.nodes.iter().all(|n| n.lines.is_empty());
    html! {
        details class="numbers" open {
            summary {
                (untrusted(&scenario.name)) ", " (moment(excerpt.begin_ns)) " to " (moment(excerpt.end_ns)) ": "
                (count(sum_of(excerpt.nodes.iter().map(|n| n.lines_total)), "lines"))
            }
            @if silent { p class="nodata" { "No node wrote a line at that time." } } @else {
                div class="scroll tall" tabindex="0" role="group" aria-label="Lines of the nodes' logs" {
                    table class="logs" {
                        caption { "Log lines of all nodes by time, with the faults in between" }
                        thead { tr {
                            th scope="col" class="num" { "time" } th scope="col" { "node" } th scope="col" { "line" }
                        } }
                        tbody { @for row in rows(scenario, excerpt) { (line(&row, excerpt)) } }
                    }
                }
            }
            ul class="sources" { @for node in &excerpt.nodes { li { (source(node)) } } }
        }
    }
}

enum Row<'a> {
    Fault(u64, String),
    Line(usize, &'a crate::model::LogLine),
}

impl Row<'_> {
    fn at(&self) -> u64 {
        match self {
            Row::Fault(at, _) => *at,
            Row::Line(_, line) => line.at_ns,
        }
    }
}

fn rows<'a>(scenario: &ScenarioReport, excerpt: &'a LogExcerpt) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    for fault in scenario.faults_in_effect() {
        let title = format!("{} {}", untrusted(&fault.id), untrusted(&fault.title()));
        rows.push(Row::Fault(fault.begin_ns, format!("▼ {title} begins")));
        rows.extend(
            fault
                .end_ns
                .map(|end| Row::Fault(end, format!("▲ {title} heals"))),
        );
    }
    rows.retain(|r| r.at() >= excerpt.begin_ns && r.at() <= excerpt.end_ns);
    for (column, node) in excerpt.nodes.iter().enumerate() {
        rows.extend(node.lines.iter().map(|line| Row::Line(column, line)));
    }
    rows.sort_by_key(Row::at);
    rows
}

fn line(row: &Row<'_>, excerpt: &LogExcerpt) -> Markup {
    html! {
        @match row {
            Row::Fault(at, what) => tr class="fault" {
                th scope="row" class="num" { (moment(*at)) }
                td {} td { (what) }
            },
            Row::Line(column, line) => tr class=[class(line.level)] {
                th scope="row" class="num" { (moment(line.at_ns)) }
                td class="node" { (untrusted(&excerpt.nodes[*column].node)) }
                td { code { (untrusted(&line.text)) } }
            },
        }
    }
}

fn class(level: LogLevel) -> Option<&'static str> {
    match level {
        LogLevel::Error => Some("error"),
        LogLevel::Warn => Some("warn"),
        LogLevel::Other => None,
    }
}

/// The log file, what was left out, and how far its clock is off.
fn source(node: &NodeLog) -> Markup {
    let shown = node.lines.len() as u64;
    html! {
        (untrusted(&node.node)) ": " code { (untrusted(&node.path)) }
        @if node.lines_total == 0 { ", no lines at that time" } @else {
            ", bytes " (group(node.bytes.0)) " to " (group(node.bytes.1))
        }
        @if shown < node.lines_total {
            "; " (group(shown)) " of " (count(node.lines_total, "lines")) " shown, warnings and errors first"
        }
        @match node.clock_offset_ms {
            Some(0) => "; it reads the clock of the harness",
            Some(ms) => { "; its clock runs " (ms.unsigned_abs()) " ms " (if ms > 0 { "ahead" } else { "behind" }) }
            None => "; its clock was not compared with that of the harness",
        }
    }
}
