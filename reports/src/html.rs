//! The page: one file, no references to anything outside, readable without scripts and without styles.
//!
//! Sections are plain functions from the model to markup, one file each, in the order in which they are read. Markup is
//! escaped by the template; [`raw`] is the only place that lets text through unescaped.

pub(crate) mod calibration;
mod chartset;
mod checktable;
mod before_after;
mod environment;
mod evidence;
mod failures;
mod gaps;
mod leaders;
mod parts;
mod scenario;
mod undecided;
mod verdict;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::findings;
use crate::limits::{PAGE_BYTES_HARD, PAGE_BYTES_SOFT};
use crate::model::RunReport;

const STYLE: &str = include_str!("assets/report.css");
const SCRIPT: &str = include_str!("assets/report.js");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data:; base-uri 'none'; form-action 'none'";

/// How much is drawn. A page that grows too large is written again with less, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detail {
    /// Everything.
    Full,
    /// Without the latency density.
    NoDensity,
    /// Without charts of valid scenarios.
    FailingCharts,
    /// Without any chart.
    NoCharts,
}

/// The page and its warnings.
pub(crate) fn render(report: &RunReport) -> crate::Rendered {
    let mut last = None;
    let levels = [
        Detail::Full,
        Detail::NoDensity,
        Detail::FailingCharts,
        Detail::NoCharts,
    ];
    for detail in levels {
        let mut warnings = Vec::new();
        if let Some(dropped) = dropped(detail) {
            warnings.push(dropped.to_string());
        }
        let text = page(report, detail, &mut warnings).into_string();
        let small = text.len() <= PAGE_BYTES_SOFT;
        last = Some(crate::Rendered { text, warnings });
        if small {
            break;
        }
    }
    let mut rendered = last.unwrap_or_default();
    if rendered.text.len() > PAGE_BYTES_HARD {
        rendered
            .warnings
            .push("the page is larger than its limit".to_string());
    }
    rendered
}

fn dropped(detail: Detail) -> Option<&'static str> {
    match detail {
        Detail::Full => None,
        Detail::NoDensity => Some("the latency density was left out to keep the page small"),
        Detail::FailingCharts => {
            Some("charts of valid scenarios were left out to keep the page small")
        }
        Detail::NoCharts => Some("all charts were left out to keep the page small"),
    }
}

fn page(report: &RunReport, detail: Detail, warnings: &mut Vec<String>) -> Markup {
    let cards = findings::cards(report);
    let open = findings::open(report);
    let scenarios = html! {
        @for (index, scenario) in report.scenarios.iter().enumerate() {
            (scenario::section(report, scenario, index, detail, warnings))
        }
    };
    let title = format!(
        "{} {}: {} {}",
        findings::symbol(report.validity()),
        findings::verdict_word(report).to_lowercase(),
        crate::format::untrusted(&report.subject.name),
        crate::format::untrusted(&report.subject.version)
    );
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(format!("{} {}", report.tool.name, report.tool.version));
                title { (title) }
                style { (raw(STYLE)) }
            }
            body {
                (crate::svg::patterns())
                (parts::navigation(report, &cards, &open))
                (verdict::header(report, &cards, &open))
                main id="main" {
                    (parts::warnings(report, warnings))
                    @if let Some(both) = &report.before_after { (before_after::section(both)) }
                    (checktable::section(report, &cards, &open))
                    (failures::section(report, &cards))
                    (undecided::section(&open))
                    (scenarios)
                    (environment::section(report))
                }
                (parts::footer(report))
                script { (raw(SCRIPT)) }
            }
        }
    }
}

/// Text that is markup already: our own style, script and drawings. Nothing else may call `PreEscaped`.
pub(crate) fn raw(markup: &str) -> PreEscaped<&str> {
    PreEscaped(markup)
}
