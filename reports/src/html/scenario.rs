//! One scenario: its faults and leaders over time, gaps, charts, promises and limits.

use checkers::verdict::Validity;
use maud::{Markup, html};

use super::parts::chip;
use super::{Detail, chartset, gaps, groups, leaders, recovery, transactions};
use crate::axis::Axis;
use crate::format::{bytes, group, length_ms, moment, untrusted};
use crate::limits::{SCENARIOS_WITH_CHARTS_MAX, TABLE_ROWS_MAX};
use crate::model::{FaultWindow, RunReport, ScenarioReport, WindowState};
use crate::{tested, wording};

/// The whole section.
pub(super) fn section(
    report: &RunReport,
    scenario: &ScenarioReport,
    index: usize,
    detail: Detail,
    warnings: &mut Vec<String>,
) -> Markup {
    let number = index + 1;
    let axis = Axis::new(0, scenario.end_ns());
    let valid = matches!(
        scenario.validity(),
        Validity::Valid | Validity::NotApplicable
    );
    let charts = match detail {
        Detail::Full | Detail::NoDensity if report.scenarios.len() <= SCENARIOS_WITH_CHARTS_MAX => {
            true
        }
        Detail::Full
        | Detail::NoDensity
        | Detail::FailingCharts
        | Detail::NoLogs
        | Detail::NoTimelines => {
            !valid && failing_before(report, index) < SCENARIOS_WITH_CHARTS_MAX
        }
        Detail::NoCharts | Detail::Outline => false,
    };
    // As large as a chart.
    let lanes = detail < Detail::NoCharts;
    let body = html! {
        (leaders::part(scenario, number, &axis))
        @if lanes {
            (groups::part(scenario, number, &axis))
            (transactions::part(scenario, number, &axis))
        }
        (gaps::part(scenario, number))
        (recovery::part(scenario))
        @if charts { (chartset::part(scenario, number, &axis, detail, warnings)) } @else {
            p class="cut" { "Charts left out to keep the page small. The series are in metrics.json." }
        }
        (faults(scenario, number))
        (rules(scenario, number))
        (files(scenario))
    };
    html! {
        section class="scenario" aria-labelledby=(format!("scenario-{number}")) {
            h2 id=(format!("scenario-{number}")) {
                a href=(format!("#scenario-{number}")) { (untrusted(&scenario.name)) }
                " " (chip(scenario.validity()))
                " " span class="aside" {
                    "history of " (length_ms(scenario.duration_ms)) ", seed " code { (untrusted(&scenario.seed)) }
                    ", " (group(scenario.ops.ok)) " ok, " (group(scenario.ops.fail)) " fail, "
                    (group(scenario.ops.info)) " info"
                    @let zero = super::logs::time_zero(report, scenario);
                    @if !zero.is_empty() { ", 0 s is " (untrusted(&zero.replacen('T', " ", 1).replace('Z', " UTC"))) }
                }
            }
            @if !scenario.description.is_empty() { p class="description" { "Scenario: " (untrusted(&scenario.description)) } }
            @if !scenario.load.is_empty() { p class="description" { "Load: " code { (untrusted(&load_line(scenario))) } } }
            @if report.scenarios.len() == 1 { (body) } @else {
                details open[!valid] class="body" {
                    summary { "Leaders, groups, transactions, gaps, charts, faults" }
                    (body)
                }
            }
        }
    }
}

/// How the load was drawn, in one line.
fn load_line(scenario: &ScenarioReport) -> String {
    let word = |setting: &crate::model::Setting| format!("{}={}", setting.name, setting.value);
    let words: Vec<String> = scenario.load.iter().map(word).collect();
    words.join(" ")
}

/// How many scenarios before this one are failing or undecided.
fn failing_before(report: &RunReport, index: usize) -> usize {
    let before = report.scenarios.iter().take(index);
    let open =
        |s: &&ScenarioReport| matches!(s.validity(), Validity::Invalid | Validity::Undecided);
    before.filter(open).count()
}

fn faults(scenario: &ScenarioReport, number: usize) -> Markup {
    html! {
        h3 id=(format!("faults-{number}")) { "Faults" }
        @if scenario.faults.is_empty() { p { "No fault was started." } } @else {
            div class="scroll" tabindex="0" role="group" aria-label="Fault windows, each with the evidence of its effect" {
                table class="faults" {
                    caption { "Fault windows, each with the evidence of its effect" }
                    thead { tr {
                        th scope="col" { "id" } th scope="col" { "class" } th scope="col" { "fault" }
                        th scope="col" class="num" { "begin" } th scope="col" class="num" { "heal" }
                        th scope="col" class="num" { "length" } th scope="col" { "leader affected" }
                        th scope="col" { "state" } th scope="col" { "evidence" }
                    } }
                    tbody { @for fault in scenario.faults.iter().take(TABLE_ROWS_MAX) { (fault_row(fault)) } }
                }
            }
            (super::parts::more(scenario.faults.len().min(TABLE_ROWS_MAX), scenario.faults.len(), "faults.json"))
        }
    }
}

fn fault_row(fault: &FaultWindow) -> Markup {
    let class = fault.class;
    let links: Vec<String> = fault
        .links
        .iter()
        .chain(&fault.disturbed)
        .map(|(a, b)| format!("{a}→{b}"))
        .collect();
    html! {
        tr {
            th scope="row" { code { (untrusted(&fault.id)) } }
            td { span class=(format!("tag {}", class.word())) { b { (class.letter()) } " " (class.word()) } }
            td {
                (untrusted(&fault.title()))
                @if !fault.role.is_empty() && !fault.role_held { " " span class="asks" { "no longer in that role when the fault took effect" } }
                @if !links.is_empty() { " " span class="asks" { (untrusted(&links.join(" "))) } }
            }
            td class="num" { (moment(fault.begin_ns)) }
            td class="num" { @match fault.end_ns { Some(end) => (moment(end)), None => "–" } }
            td class="num" { @match fault.end_ns {
                Some(end) => (length_ms(end.saturating_sub(fault.begin_ns) / 1_000_000)), None => "–" } }
            td { (if fault.affects_leader { "yes" } else { "no" }) }
            td { (state(fault.state)) }
            td class="long" {
                (untrusted(&fault.evidence))
                @if let Some(counted) = fault.counted() { "; counted until the heal: " (untrusted(&counted)) }
            }
        }
    }
}

fn state(state: WindowState) -> &'static str {
    match state {
        WindowState::TookEffect => "took effect",
        WindowState::Skipped => "skipped: role not resolved",
        WindowState::Failed => "failed: no effect observed",
    }
}

/// The anchor of the rules of a scenario, by its number on the page.
pub(super) fn rules_anchor(number: usize) -> String {
    format!("rules-{number}")
}

/// Which rules applied: promises and limits.
fn rules(scenario: &ScenarioReport, number: usize) -> Markup {
    html! {
        details class="numbers" id=(rules_anchor(number)) {
            summary { "Which rules applied: promises and limits" }
            div class="scroll" tabindex="0" role="group" aria-label="The target's promises decide what counts as a violation" {
                table {
                    caption { "The target's promises decide what counts as a violation" }
                    thead { tr { th scope="col" { "promise" } th scope="col" { "made" } th scope="col" { "tested here" } th scope="col" { "consequence" } } }
                    tbody { @for row in wording::promise_rows(&scenario.promises) {
                        tr { th scope="row" { (row.promise) } td { (if row.made { "yes" } else { "no" }) }
                            td { (if tested::took_place(row.test, scenario) { "yes" } else { "no" }) } td { (row.consequence) } }
                    } }
                }
                @if let Some(configuration) = &scenario.judgement.configuration {
                    table {
                        caption { "How findings are classified, given the acknowledgements, isolation, clients and faults of this run" }
                        thead { tr { th scope="col" { "finding" } th scope="col" { "counts as" } th scope="col" { "reason" } } }
                        tbody { @for ruling in configuration.table() {
                            tr {
                                th scope="row" { (wording::subject(ruling.subject)) }
                                td { (ruling.standing.word()) }
                                td { (ruling.reason) }
                            }
                        } }
                    }
                }
                table {
                    caption { "Limits" }
                    thead { tr { th scope="col" { "limit" } th scope="col" class="num" { "at most" } } }
                    tbody { @for (name, value) in wording::limit_rows(&scenario.limits) {
                        tr { th scope="row" { (name) } td class="num" { (value) } }
                    } }
                }
            }
        }
    }
}

fn files(scenario: &ScenarioReport) -> Markup {
    html! {
        @if !scenario.files.is_empty() {
            details class="numbers" {
                summary { "Files kept" }
                p { "Paths are relative to the run directory. Beside this page stand " code { "results.json" } " (verdicts, findings and the \
                    SHA-256 of the files that they rest on), " code { "metrics.json" } " (the series of the charts), " code { "junit.xml" }
                    " and " code { "report.json" } " (from which " code { "jepsen report" } " makes this page again)." }
                div class="scroll" tabindex="0" role="group" aria-label="Files kept" {
                    table {
                        caption { "Files of this scenario" }
                        thead { tr { th scope="col" { "file" } th scope="col" class="num" { "size" } } }
                        tbody { @for file in scenario.files.iter().take(TABLE_ROWS_MAX) {
                            tr {
                                th scope="row" { code { (untrusted(&file.path)) } }
                                td class="num" { (bytes(file.bytes)) }
                            }
                        } }
                    }
                }
            }
        }
    }
}
