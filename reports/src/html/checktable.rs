//! Section 2: every check of every scenario, failing first, each measured value beside its limit.

use checkers::verdict::{Class, Figure, Validity, Verdict};
use maud::{Markup, html};

use super::parts::{chip, heading, mark, prose};
use crate::findings::{Card, Open, class_rank, validity_rank};
use crate::format::{count, group, length_ms, untrusted};
use crate::model::{RunReport, ScenarioReport};
use crate::wording;

const CLASSES: [Class; 4] = [
    Class::Safety,
    Class::Leadership,
    Class::Liveness,
    Class::Performance,
];

/// The whole section.
pub(super) fn section(report: &RunReport, cards: &[Card<'_>], open: &[Open<'_>]) -> Markup {
    let one = report.scenarios.len() == 1;
    html! {
        section aria-labelledby="checks" {
            (heading("checks", "Checks", ""))
            @if !one { (matrix(report)) }
            @for scenario in &report.scenarios {
                @if one {
                    (table(scenario, cards, open))
                } @else {
                    details open[scenario.validity() != Validity::Valid] {
                        summary { (mark(scenario.validity())) " " (untrusted(&scenario.name)) }
                        (table(scenario, cards, open))
                    }
                }
            }
        }
    }
}

/// Scenarios against classes, for a run of several.
fn matrix(report: &RunReport) -> Markup {
    html! {
        div class="scroll" {
            table class="matrix" {
                caption { "Scenarios and classes of checks" }
                thead { tr {
                    th scope="col" { "scenario" } th scope="col" { "verdict" }
                    @for class in CLASSES { th scope="col" { (class.name()) } }
                    th scope="col" class="num" { "ok" } th scope="col" class="num" { "fail" }
                    th scope="col" class="num" { "info" } th scope="col" class="num" { "longest gap" }
                    th scope="col" class="num" { "elections" } th scope="col" class="num" { "duration" }
                    th scope="col" { "seed" }
                } }
                tbody { @for (index, scenario) in report.scenarios.iter().enumerate() {
                    tr {
                        th scope="row" { a href=(format!("#scenario-{}", index + 1)) { (untrusted(&scenario.name)) } }
                        td { (chip(scenario.validity())) }
                        @for class in CLASSES { td { (class_cell(scenario, class)) } }
                        td class="num" { (group(scenario.ops.ok)) } td class="num" { (group(scenario.ops.fail)) }
                        td class="num" { (group(scenario.ops.info)) }
                        td class="num" { (longest_gap(scenario)) }
                        td class="num" { (scenario.judgement.elections.len()) }
                        td class="num" { (length_ms(scenario.duration_ms)) }
                        td { code { (untrusted(&scenario.seed)) } }
                    }
                } }
            }
        }
    }
}

fn class_cell(scenario: &ScenarioReport, class: Class) -> Markup {
    let verdicts = || {
        scenario
            .judgement
            .verdicts
            .iter()
            .filter(|v| v.class == class)
    };
    let validity = Validity::of_all(verdicts().map(|v| v.validity));
    let worst: Vec<&str> = verdicts()
        .filter(|v| v.validity == validity)
        .map(|v| v.check.as_str())
        .collect();
    html! {
        (mark(validity)) " "
        @match validity {
            Validity::Valid => { (worst.len()) }
            Validity::NotApplicable => {}
            _ => { (untrusted(&worst.join(", "))) }
        }
    }
}

fn longest_gap(scenario: &ScenarioReport) -> String {
    let longest = scenario.judgement.gaps.iter().map(|g| g.length_ms).max();
    longest.map_or_else(|| "–".to_string(), length_ms)
}

/// One scenario's checks, grouped by class.
fn table(scenario: &ScenarioReport, cards: &[Card<'_>], open: &[Open<'_>]) -> Markup {
    let mut verdicts: Vec<&Verdict> = scenario.judgement.verdicts.iter().collect();
    verdicts.sort_by_key(|v| (class_rank(v.class), validity_rank(v.validity)));
    html! {
        div class="scroll" {
            table class="checks" {
                caption { (caption(scenario)) }
                thead { tr {
                    th scope="col" { "verdict" } th scope="col" { "check" } th scope="col" { "what was found" }
                    th scope="col" class="num" { "measured" } th scope="col" class="num" { "limit" }
                } }
                @for class in CLASSES {
                    @if verdicts.iter().any(|v| v.class == class) {
                        tbody {
                            tr class="group" { th scope="rowgroup" colspan="5" { (class.name()) } }
                            @for verdict in verdicts.iter().filter(|v| v.class == class) {
                                (row(scenario, verdict, cards, open))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn caption(scenario: &ScenarioReport) -> String {
    let ops = &scenario.ops;
    format!(
        "{}: {} ok, {} fail, {} info in {}",
        untrusted(&scenario.name),
        group(ops.ok),
        group(ops.fail),
        group(ops.info),
        length_ms(scenario.duration_ms)
    )
}

fn row(
    scenario: &ScenarioReport,
    verdict: &Verdict,
    cards: &[Card<'_>],
    open: &[Open<'_>],
) -> Markup {
    let same =
        |s: &ScenarioReport, v: &Verdict| std::ptr::eq(s, scenario) && std::ptr::eq(v, verdict);
    let card = cards
        .iter()
        .find(|c| same(c.scenario, c.verdict))
        .map(|c| &c.id);
    let link = card.or_else(|| {
        open.iter()
            .find(|o| same(o.scenario, o.verdict))
            .map(|o| &o.id)
    });
    let asks = wording::check(&verdict.check)
        .map(|c| c.asks)
        .unwrap_or_default();
    html! {
        tr class=(verdict.validity.word()) {
            td class="status" { (chip(verdict.validity)) }
            th scope="row" {
                @if let Some(id) = link { a href=(format!("#{id}")) { (untrusted(&verdict.check)) } }
                @else { (untrusted(&verdict.check)) }
            }
            td class="found" {
                @match verdict.validity {
                    Validity::Valid | Validity::NotApplicable => {
                        span class="soft" { (asks) } " " (prose(&wording::headline(verdict)))
                    }
                    Validity::Invalid | Validity::Undecided => {
                        (prose(&wording::headline(verdict))) span class="asks" { (asks) }
                    }
                }
                @if verdict.tolerated_count > 0 {
                    span class="asks" {
                        (count(verdict.tolerated_count, "findings"))
                        " that violate nothing under this target's promises"
                    }
                }
            }
            td class="num" { (figures(&verdict.figures, value)) }
            td class="num" { (figures(&verdict.figures, limit)) }
        }
    }
}

fn figures(all: &[Figure], cell: fn(&Figure) -> Markup) -> Markup {
    html! { @for figure in all { div class="figure" { (cell(figure)) } } }
}

fn value(figure: &Figure) -> Markup {
    let name = wording::figure_name(&figure.name);
    html! {
        span class="name" { (name) } " "
        span class=(if figure.within() { "v" } else { "v over" }) { (wording::amount(figure.value, figure.unit, false)) }
    }
}

fn limit(figure: &Figure) -> Markup {
    html! {
        @match figure.limit {
            Some(limit) => { "≤ " (wording::amount(limit, figure.unit, true)) }
            None => { "–" }
        }
    }
}
