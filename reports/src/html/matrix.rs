//! The matrix of a run with several scenarios: scenarios by checks. A cell has a symbol and one fact, and links to the
//! card that explains it.

use checkers::verdict::{Class, Validity, Verdict};
use maud::{Markup, html};

use super::parts::{chip, mark};
use crate::findings::{Card, UndecidedCheck, word};
use crate::format::{group, length_ms, untrusted};
use crate::model::{RunReport, ScenarioReport};
use crate::wording;

/// The table.
pub(super) fn table(report: &RunReport, cards: &[Card<'_>], open: &[UndecidedCheck<'_>]) -> Markup {
    let columns = columns(report);
    let classes = [
        Class::Safety,
        Class::Leadership,
        Class::Liveness,
        Class::Performance,
    ];
    let width = |class: Class| columns.iter().filter(|(c, _)| *c == class).count();
    html! {
        div class="scroll" tabindex="0" role="group" aria-label="Scenarios by checks" {
            table class="matrix" {
                caption { "Scenarios by checks: " (legend()) }
                thead {
                    tr {
                        th scope="col" rowspan="2" { "scenario" } th scope="col" rowspan="2" { "verdict" }
                        @for class in classes { @if width(class) > 0 {
                            th scope="colgroup" class="class" colspan=(width(class)) { (class.name()) }
                        } }
                        th scope="colgroup" class="class" colspan="2" { "run" }
                    }
                    tr {
                        @for (class, check) in &columns {
                            th scope="col" class=(edge(&columns, *class, check, "check")) { span { (untrusted(check)) } }
                        }
                        th scope="col" class="num edge" { "ok" } th scope="col" class="num" { "duration" }
                    }
                }
                tbody { @for (index, scenario) in report.scenarios.iter().enumerate() {
                    (row(scenario, index, &columns, cards, open))
                } }
            }
        }
    }
}

fn legend() -> Markup {
    let all = [
        Validity::Valid,
        Validity::Invalid,
        Validity::Undecided,
        Validity::NotApplicable,
    ];
    html! { @for validity in all { (mark(validity)) " " (word(validity)) "  " } }
}

/// Every check of any scenario, by class, in the checks' own order.
fn columns(report: &RunReport) -> Vec<(Class, &str)> {
    let mut columns: Vec<(Class, &str)> = Vec::new();
    for verdict in report.scenarios.iter().flat_map(|s| &s.judgement.verdicts) {
        let column = (verdict.class, verdict.check.as_str());
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    columns.sort_by_key(|(class, _)| *class);
    columns
}

/// The first column of a class has an edge.
fn edge(columns: &[(Class, &str)], class: Class, check: &str, name: &str) -> String {
    let first = columns.iter().find(|(c, _)| *c == class);
    let edge = if first.is_some_and(|(_, c)| *c == check) {
        " edge"
    } else {
        ""
    };
    format!("{name}{edge}")
}

fn row(
    scenario: &ScenarioReport,
    index: usize,
    columns: &[(Class, &str)],
    cards: &[Card<'_>],
    open: &[UndecidedCheck<'_>],
) -> Markup {
    html! {
        tr {
            th scope="row" { a href=(format!("#scenario-{}", index + 1)) { (untrusted(&scenario.name)) } }
            td { (chip(scenario.validity())) }
            @for (class, check) in columns {
                @let verdict = scenario.judgement.verdict(check);
                @let validity = verdict.map_or("", |v| v.validity.word());
                td class=(edge(columns, *class, check, &format!("cell {validity}"))) {
                    @if let Some(verdict) = verdict { (cell(scenario, verdict, cards, open)) }
                }
            }
            td class="num edge" { (group(scenario.ops.ok)) }
            td class="num" { (length_ms(scenario.duration_ms)) }
        }
    }
}

fn cell(
    scenario: &ScenarioReport,
    verdict: &Verdict,
    cards: &[Card<'_>],
    open: &[UndecidedCheck<'_>],
) -> Markup {
    let here =
        |s: &ScenarioReport, v: &Verdict| std::ptr::eq(s, scenario) && std::ptr::eq(v, verdict);
    let card = cards
        .iter()
        .find(|c| here(c.scenario, c.verdict))
        .map(|c| &c.id);
    let id = card.or_else(|| {
        open.iter()
            .find(|o| here(o.scenario, o.verdict))
            .map(|o| &o.id)
    });
    html! {
        @match id {
            Some(id) => a href=(format!("#{id}")) title=(wording::headline(verdict)) { (mark(verdict.validity)) " " (fact(verdict)) },
            None => { (mark(verdict.validity)) }
        }
    }
}

/// The one fact beside a symbol that needs one: how many findings, or why undecided. A valid cell is the symbol alone, so
/// that all checks fit on a screen; its figures are in the table of the scenario.
fn fact(verdict: &Verdict) -> String {
    match verdict.validity {
        Validity::Invalid if verdict.anomaly_count > 1 => group(verdict.anomaly_count),
        Validity::Undecided => verdict
            .doubts
            .first()
            .map(wording::doubt_word)
            .unwrap_or_default()
            .to_string(),
        Validity::Invalid | Validity::NotApplicable | Validity::Valid => String::new(),
    }
}
