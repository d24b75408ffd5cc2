//! Section 2: every check of every scenario, failing first, each measured value beside its limit.

use checkers::history::Limits;
use checkers::verdict::{Class, Figure, Validity, Verdict};
use maud::{Markup, html};

use super::parts::{chip, heading, mark, prose};
use crate::definitions::{HELD_AS_GAPS, READ_WAIT, TERM_GROWTH};
use crate::findings::{Card, UndecidedCheck, validity_rank};
use crate::format::{count, group, length_ms, limit_ms, untrusted};
use crate::model::{RunReport, ScenarioReport};
use crate::wording;

const CLASSES: [Class; 4] = [
    Class::Safety,
    Class::Leadership,
    Class::Liveness,
    Class::Performance,
];

/// The whole section.
pub(super) fn section(
    report: &RunReport,
    cards: &[Card<'_>],
    open: &[UndecidedCheck<'_>],
) -> Markup {
    let one = report.scenarios.len() == 1;
    html! {
        section aria-labelledby="checks" {
            (heading("checks", "Checks", ""))
            @if report.scenarios.is_empty() { p { "No scenario ran." } }
            @if report.scenarios.len() > 1 { (super::matrix::table(report, cards, open)) }
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

/// One scenario's checks: those that found something or could not judge, then the others. On a failing page the others
/// unfold, because nobody looks for them first.
fn table(scenario: &ScenarioReport, cards: &[Card<'_>], open: &[UndecidedCheck<'_>]) -> Markup {
    let verdicts: Vec<&Verdict> = scenario.judgement.verdicts.iter().collect();
    let is_open = |v: &&Verdict| matches!(v.validity, Validity::Invalid | Validity::Undecided);
    let (first, rest): (Vec<&Verdict>, Vec<&Verdict>) = verdicts.into_iter().partition(is_open);
    html! {
        @if first.is_empty() {
            (rows(scenario, &rest, &caption(scenario), cards, open))
        } @else {
            (rows(scenario, &first, &caption(scenario), cards, open))
            @if !rest.is_empty() {
                details class="numbers" {
                    summary { (count(rest.len() as u64, "checks")) " without a finding" }
                    (rows(scenario, &rest, "Checks that are valid or do not apply", cards, open))
                }
            }
        }
    }
}

/// A table of checks, grouped by class.
fn rows(
    scenario: &ScenarioReport,
    verdicts: &[&Verdict],
    caption: &str,
    cards: &[Card<'_>],
    open: &[UndecidedCheck<'_>],
) -> Markup {
    let mut verdicts = verdicts.to_vec();
    verdicts.sort_by_key(|v| (v.class, validity_rank(v.validity)));
    html! {
        div class="scroll" tabindex="0" role="group" aria-label="Checks and their results" {
            table class="checks" {
                caption { (caption) }
                thead { tr {
                    th scope="col" { "verdict" } th scope="col" { "check" } th scope="col" { "result" }
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
    open: &[UndecidedCheck<'_>],
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
    let question = wording::question(&verdict.check);
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
                        span class="soft" { (question) } " " (prose(&wording::headline(verdict)))
                    }
                    Validity::Invalid | Validity::Undecided => {
                        (prose(&wording::headline(verdict))) " " span class="asks" { (question) }
                    }
                }
                @if verdict.tolerated_count > 0 {
                    " " span class="asks" {
                        (count(verdict.tolerated_count, "findings"))
                        " that are not violations under this target's promises"
                    }
                }
            }
            td class="num" { (figures(&verdict.figures, |f| value(scenario, f))) }
            td class="num" { (figures(&verdict.figures, |f| limit(scenario, f))) }
        }
    }
}

fn figures(all: &[Figure], cell: impl Fn(&Figure) -> Markup) -> Markup {
    html! { @for figure in all { div class="figure" { (cell(figure)) } } }
}

fn value(scenario: &ScenarioReport, figure: &Figure) -> Markup {
    let name = wording::figure_name(&figure.name);
    html! {
        span class="name" { (name) } " "
        span class=(if figure.within() { "v" } else { "v over" }) data-figure=(name) data-of=(untrusted(&scenario.name)) {
            (wording::amount(figure.value, figure.unit, false))
        }
    }
}

fn limit(scenario: &ScenarioReport, figure: &Figure) -> Markup {
    // What is not committed is not read.
    let waits = figure.name == READ_WAIT && scenario.transactions.is_some();
    html! {
        @match figure.limit {
            Some(limit) => { "≤ " (wording::amount(limit, figure.unit, true)) }
            None if HELD_AS_GAPS.contains(&figure.name.as_str()) => {
                (of_gaps(&scenario.limits))
                @if waits { ", and time-outs" }
            }
            None if figure.name == TERM_GROWTH => { "≤ " (scenario.limits.terms_per_fault_max) " for each fault" }
            None => { "no limit" }
        }
    }
}

/// The limits of gaps in one cell: which of them counts depends on the faults of the time.
fn of_gaps(limits: &Limits) -> String {
    let calm = limits.gap_outside_faults_ms.max(limits.gap_unaffected_ms);
    format!(
        "≤ {}, fail-over {}",
        limit_ms(calm),
        limit_ms(limits.fail_over_ms)
    )
}
