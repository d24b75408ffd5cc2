//! Pages without the usual sections: the outline of a run that is too large for one page, and a comparison alone.

use maud::{DOCTYPE, Markup, html};

use super::parts::{chip, heading, more};
use super::{head, parts, title, verdict};
use crate::findings;
use crate::format::{group, length_ms, untrusted};
use crate::limits::OUTLINE_SCENARIOS_MAX;
use crate::model::{Comparison, RunReport, ScenarioReport};

/// Verdict, reasons, and a list of scenarios, failing first. Its size has a bound.
pub(super) fn page(report: &RunReport, warnings: &[String]) -> Markup {
    let (cards, open) = (findings::cards(report), findings::undecided_checks(report));
    let mut scenarios: Vec<&ScenarioReport> = report.scenarios.iter().collect();
    scenarios.sort_by_key(|s| findings::validity_rank(s.validity()));
    let shown = scenarios.len().min(OUTLINE_SCENARIOS_MAX);
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(report, &title(report)))
            body {
                (verdict::outline(report, cards.len(), open.len()))
                main id="main" {
                    (parts::warnings(report, warnings))
                    section aria-labelledby="checks" {
                        (heading("checks", "Scenarios", "failing first"))
                        div class="scroll" tabindex="0" role="group" aria-label="Scenarios and their verdicts" {
                            table {
                                caption { "Scenarios and their verdicts" }
                                thead { tr {
                                    th scope="col" { "verdict" } th scope="col" { "scenario" } th scope="col" class="num" { "ok" }
                                    th scope="col" class="num" { "duration" } th scope="col" { "seed" }
                                } }
                                tbody { @for scenario in &scenarios[..shown] { tr {
                                    td class="status" { (chip(scenario.validity())) }
                                    th scope="row" { (untrusted(&scenario.name)) }
                                    td class="num" { (group(scenario.ops.ok)) }
                                    td class="num" { (length_ms(scenario.duration_ms)) }
                                    td { code { (untrusted(&scenario.seed)) } }
                                } } }
                            }
                        }
                        (more(shown, scenarios.len(), "results.json"))
                    }
                }
                (parts::footer(report))
            }
        }
    }
}

/// Section 9 as a page.
pub(super) fn comparison(title: &str, comparison: &Comparison) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&RunReport::default(), &untrusted(title)))
            body {
                header class="verdict" { h1 { (untrusted(title)) } }
                main id="main" {
                    section aria-labelledby="comparison" {
                        (heading("comparison", "Comparison", ""))
                        (super::comparison::body(comparison, &[]))
                    }
                }
            }
        }
    }
}
