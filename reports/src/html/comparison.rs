//! Section 9: this run compared with the last qualified one: new, ongoing and resolved findings, and which figures
//! changed by more than chance.

use maud::{Markup, html};

use super::parts::{heading, more, spans};
use crate::findings::Card;
use crate::format::{count, group, untrusted};
use crate::limits::TABLE_ROWS_MAX;
use crate::model::{
    Comparison, FigureChange, FigureOutcome, FindingChange, FindingStatus, RunReport,
};

const STATUSES: [FindingStatus; 6] = [
    FindingStatus::New,
    FindingStatus::Ongoing,
    FindingStatus::Rare,
    FindingStatus::Resolved,
    FindingStatus::OnlySecond,
    FindingStatus::OnlyFirst,
];

/// The whole section.
pub(super) fn section(report: &RunReport, cards: &[Card<'_>]) -> Markup {
    html! {
        @if let Some(comparison) = &report.comparison {
            section aria-labelledby="comparison" {
                (heading("comparison", "Comparison", "with the last qualified run"))
                (body(comparison, cards))
            }
        }
    }
}

/// The section without its heading; also a page of its own.
pub(super) fn body(comparison: &Comparison, cards: &[Card<'_>]) -> Markup {
    html! {
        @if !comparison.unlike.is_empty() {
            div class="untested" {
                strong { "Not like for like: a finding in one of the runs only may be due to these differences, and is neither new nor resolved." }
                ul { @for reason in &comparison.unlike { li { (spans(reason)) } } }
            }
        }
        p { (with(comparison)) }
        @if let (Some(first), Some(second)) = (&comparison.earlier, &comparison.candidate) { (super::sides::table(first, second)) }
        @if !comparison.differences.is_empty() {
            div class="untested" {
                strong { "Not fully comparable." }
                ul { @for difference in &comparison.differences { li { (spans(difference)) } } }
            }
        }
        h3 { "Findings" }
        (findings(comparison, cards))
        h3 { "Figures" }
        (figures(comparison))
    }
}

fn with(comparison: &Comparison) -> String {
    let baseline = &comparison.baseline;
    let accepted = match baseline.accepted.split_once('T') {
        Some((day, _)) => format!("qualified {}, ", untrusted(day)),
        None => String::new(),
    };
    format!(
        "Compared with {} {} ({accepted}run {}): {} of the baseline, {} of this build.",
        untrusted(&baseline.name),
        untrusted(&baseline.version),
        untrusted(&baseline.run),
        count(baseline.runs.max(1), "runs"),
        count(comparison.runs.max(1), "runs")
    )
}

/// `new 1, ongoing 1, resolved 0; slower: append p99 +38 %`: the line under the verdict.
pub(super) fn line(comparison: &Comparison) -> Markup {
    let baseline = &comparison.baseline;
    let slower: Vec<String> = comparison
        .regressed()
        .map(|f| format!("{} {}", untrusted(&f.name), change(f)))
        .collect();
    html! {
        p class="versus" {
            "Against " (untrusted(&baseline.version)) ": "
            @for (index, status) in STATUSES.into_iter().enumerate() {
                @let many = comparison.count(status);
                @let always = matches!(status, FindingStatus::New | FindingStatus::Ongoing | FindingStatus::Resolved);
                @if many > 0 || (always && comparison.unlike.is_empty()) {
                    @if index > 0 { ", " }
                    @if many > 0 && status == FindingStatus::New { strong class="bad" { (status.word()) " " (many) } }
                    @else { (status.word()) " " (many) }
                }
            }
            @if !slower.is_empty() { "; " strong class="bad" { "worse: " (slower.join(", ")) } }
            ". " a href="#comparison" { "Comparison" }
        }
    }
}

fn findings(comparison: &Comparison, cards: &[Card<'_>]) -> Markup {
    let mut all: Vec<&FindingChange> = comparison.findings.iter().collect();
    all.sort_by_key(|f| f.status);
    let shown = all.len().min(TABLE_ROWS_MAX);
    html! {
        @if all.is_empty() { p { "Neither build has a finding." } } @else {
            div class="scroll" tabindex="0" role="group" aria-label="Kinds of findings in the baseline and in this build" {
                table {
                    caption { "Kinds of findings in the baseline and in this build. " (meanings(&all)) }
                    thead { tr {
                        th scope="col" { "status" } th scope="col" { "scenario" } th scope="col" { "check" }
                        th scope="col" { "kind" } th scope="col" class="num" { "baseline runs" }
                        th scope="col" class="num" { "runs of this build" }
                    } }
                    tbody { @for finding in &all[..shown] { (finding_row(finding, comparison, cards)) } }
                }
            }
            (more(shown, all.len(), "results.json"))
        }
    }
}

/// What the statuses of these findings mean.
fn meanings(all: &[&FindingChange]) -> String {
    let shown = STATUSES
        .into_iter()
        .filter(|status| all.iter().any(|f| f.status == *status));
    let meanings: Vec<String> = shown
        .map(|status| format!("{}: {}", status.word(), status.meaning()))
        .collect();
    meanings.join("; ") + "."
}

fn finding_row(finding: &FindingChange, comparison: &Comparison, cards: &[Card<'_>]) -> Markup {
    let card = cards.iter().find(|c| {
        c.scenario.name == finding.scenario
            && c.verdict.check == finding.check
            && c.first().kind.name() == finding.kind
    });
    let kind = untrusted(&finding.kind.replace('-', " "));
    let of = |found: u64, all: u64| format!("{} of {}", group(found), group(all.max(1)));
    html! {
        tr {
            td class="status" { span class=(format!("status {}", finding.status.word().replace(' ', "-"))) { (symbol(finding.status)) " " (finding.status.word()) } }
            td { (untrusted(&finding.scenario)) }
            td { (untrusted(&finding.check)) }
            th scope="row" {
                @match card { Some(card) => a href=(format!("#{}", card.id)) { (kind) }, None => (kind) }
            }
            td class="num" { (of(finding.baseline_runs, comparison.baseline.runs)) }
            td class="num" { (of(finding.runs, comparison.runs)) }
        }
    }
}

fn symbol(status: FindingStatus) -> &'static str {
    match status {
        FindingStatus::New => "✗",
        FindingStatus::Ongoing => "=",
        FindingStatus::Rare => "~",
        FindingStatus::Resolved => "✓",
        FindingStatus::OnlySecond | FindingStatus::OnlyFirst => "≠",
    }
}

fn figures(comparison: &Comparison) -> Markup {
    let mut all: Vec<&FigureChange> = comparison.figures.iter().collect();
    all.sort_by_key(|f| f.outcome);
    let shown = all.len().min(TABLE_ROWS_MAX);
    html! {
        @if !comparison.figures_not_compared.is_empty() {
            p { "Figures were not compared: " (spans(&comparison.figures_not_compared)) }
        } @else if all.is_empty() {
            p class="nodata" { "Figures were not compared." }
        }
        @if shown > 0 {
            div class="scroll" tabindex="0" role="group" aria-label="Medians over adjacent pairs of blocks" {
                table {
                    caption { "Medians over adjacent pairs of blocks, with the smallest and largest block; p after Holm's correction" }
                    thead { tr {
                        th scope="col" { "outcome" } th scope="col" { "figure" } th scope="col" class="num" { "baseline" }
                        th scope="col" class="num" { "this build" } th scope="col" class="num" { "change" }
                        th scope="col" class="num" { "limit" } th scope="col" class="num" { "pairs" } th scope="col" class="num" { "p" }
                    } }
                    tbody { @for figure in &all[..shown] { (figure_row(figure)) } }
                }
            }
            (more(shown, all.len(), "results.json"))
            p class="cut" { "A difference counts only if p ≤ 0.01 and if it exceeds both its limit and its floor." }
        }
    }
}

fn figure_row(figure: &FigureChange) -> Markup {
    let (class, symbol) = match figure.outcome {
        FigureOutcome::Regressed => ("new", "✗"),
        FigureOutcome::NotEnoughData => ("rare", "?"),
        FigureOutcome::Pass => ("ongoing", "="),
        FigureOutcome::Improved => ("resolved", "✓"),
    };
    let unit = untrusted(&figure.unit);
    let amount = |value: f64, (low, high): (f64, f64)| {
        html! {
            (number(value)) " " (unit)
            " " span class="asks" { (number(low)) " to " (number(high)) }
        }
    };
    html! {
        tr {
            td class="status" { span class=(format!("status {class}")) { (symbol) " " (figure.outcome.words()) } }
            th scope="row" {
                (untrusted(&figure.name))
                @if !figure.scenario.is_empty() { " " span class="asks" { (untrusted(&figure.scenario)) } }
            }
            td class="num" { (amount(figure.baseline, figure.baseline_spread)) }
            td class="num" { (amount(figure.value, figure.spread)) }
            td class="num" { (change(figure)) }
            td class="num" { (number(figure.limit_percent)) " %" " " span class="asks" { "floor " (number(figure.floor)) " " (unit) } }
            td class="num" { (group(figure.pairs)) }
            td class="num" { @match figure.p { Some(p) => (format!("{p:.3}")), None => "–" } }
        }
    }
}

fn change(figure: &FigureChange) -> String {
    match figure.change_percent() {
        Some(percent) => format!("{percent:+.0} %").replace('-', "−"),
        None => "–".to_string(),
    }
}

/// A figure with its significant digits.
fn number(value: f64) -> String {
    match value.abs() {
        v if !v.is_finite() => "–".to_string(),
        v if v >= 100.0 => group(v.round() as u64),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}")
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_string(),
    }
}
