//! The end of the page: the checks that found something or could not judge, each explained, and every figure and term
//! with its definition. Cards and tables link here, so that the page needs no other document.

use std::collections::BTreeSet;

use maud::{Markup, html};
use strum::VariantArray;

use super::parts::{figures_anchor, heading};
use crate::definitions::{FIGURES, GROUP_TERMS, TERMS, TRANSACTION_TERMS};
use crate::findings::{Card, UndecidedCheck};
use crate::format::untrusted;
use crate::measures::{Measures, Name};
use crate::model::RunReport;
use crate::untested::{GROUPS, TRANSACTIONS, judges};
use crate::wording;

/// The anchor of a check's explanation; none if this version knows the check by name only.
pub(super) fn anchor(check: &str) -> Option<String> {
    let known = !wording::question(check).is_empty();
    known.then(|| format!("check-{check}"))
}

/// The explanations of the checks on cards.
pub(super) fn checks(cards: &[Card<'_>], open: &[UndecidedCheck<'_>]) -> Markup {
    let names = cards.iter().map(|c| c.verdict.check.as_str());
    let names: BTreeSet<&str> = names
        .chain(open.iter().map(|o| o.verdict.check.as_str()))
        .filter(|check| anchor(check).is_some())
        .collect();
    html! {
        @if !names.is_empty() {
            section aria-labelledby="explained" {
                (heading("explained", "Checks explained", "those that found something or could not judge"))
                dl class="glossary" {
                    @for check in names {
                        div id=[anchor(check)] {
                            dt { code { (untrusted(check)) } }
                            dd {
                                (wording::question(check))
                                @let consequence = wording::consequence(check);
                                @if !consequence.is_empty() { " If not: " (consequence) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The definitions of the figures and terms that the page uses.
pub(super) fn section(report: &RunReport) -> Markup {
    let measures = Measures::of_run(report);
    let measured = Name::VARIANTS
        .iter()
        .filter(|name| measures.shown(**name).is_some());
    let verdicts = report.scenarios.iter().flat_map(|s| &s.judgement.verdicts);
    let shown: BTreeSet<&str> = verdicts
        .flat_map(|v| v.figures.iter().map(|f| f.name.as_str()))
        .collect();
    let of_checks = FIGURES
        .iter()
        .filter(|(raw, _, definition)| shown.contains(raw) && !definition.is_empty());
    let of_groups: &[_] = if judges(report, GROUPS) {
        GROUP_TERMS
    } else {
        &[]
    };
    let of_transactions: &[_] = if judges(report, TRANSACTIONS) {
        TRANSACTION_TERMS
    } else {
        &[]
    };
    let terms = TERMS.iter().chain(of_groups).chain(of_transactions);
    html! {
        section aria-labelledby="glossary" {
            (heading("glossary", "Glossary", "each figure has one definition, wherever it is shown"))
            dl class="glossary" {
                @for name in measured {
                    div id=(figures_anchor(name.words())) { dt { (name.words()) } dd { (name.definition()) } }
                }
                @for (_, words, definition) in of_checks {
                    div id=(figures_anchor(words)) { dt { (words) } dd { (definition) } }
                }
                @for (term, definition) in terms { div { dt { (term) } dd { (definition) } } }
            }
        }
    }
}
