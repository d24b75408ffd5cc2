//! The page: one file, no references to anything outside, readable without scripts and without styles.
//!
//! Sections are plain functions from the model to markup, one file each, in the order in which they are read. Markup is
//! escaped by the template; [`raw`] is the only place that lets text through unescaped.

mod before_after;
mod build;
pub(crate) mod calibration;
mod chartset;
mod checktable;
mod comparison;
mod decision;
mod detail;
mod environment;
mod evidence;
mod failures;
mod gaps;
mod glossary;
mod groups;
pub(crate) mod history_score;
mod index;
mod leaders;
mod listing;
mod logs;
mod matrix;
pub(crate) mod museum;
mod mutation;
mod outline;
mod parts;
mod recovery;
mod scenario;
mod sides;
mod timeline;
mod transactions;
mod undecided;
mod verdict;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::findings;
use crate::limits::CARDS_MAX;
use crate::model::{Comparison, RunReport, RunSummary};

pub(crate) use detail::Detail;

const STYLE: &str = include_str!("assets/report.css");
const SCRIPT: &str = include_str!("assets/report.js");
const PLAYER: &str = include_str!("assets/timeline.js");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data:; base-uri 'none'; form-action 'none'";

/// A page, and what is missing on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The page.
    pub text: String,
    /// What could not be drawn, or was dropped to keep the page small.
    pub warnings: Vec<String>,
}

/// The page and its warnings.
pub(crate) fn render(report: &RunReport) -> Rendered {
    detail::fit(|detail, warnings| match detail {
        Detail::Outline => outline::page(report, warnings),
        _ => page(report, detail, warnings),
    })
}

/// The index over runs.
pub(crate) fn render_index(runs: &[RunSummary]) -> String {
    index::page(runs).into_string()
}

/// A folder as a page of links.
pub(crate) fn render_listing(title: &str, names: &[String]) -> String {
    listing::page(title, names).into_string()
}

/// A page of the comparison alone.
pub(crate) fn render_comparison(title: &str, comparison: &Comparison) -> String {
    outline::comparison(title, comparison).into_string()
}

fn page(report: &RunReport, detail: Detail, warnings: &mut Vec<String>) -> Markup {
    let mut cards = findings::cards(report);
    let mut open = findings::undecided_checks(report);
    let (cards_total, open_total) = (cards.len(), open.len());
    cards.truncate(CARDS_MAX);
    open.truncate(CARDS_MAX);
    let timelines = match detail {
        d if d >= Detail::NoTimelines => Vec::new(),
        _ => crate::timelines::timelines(&cards),
    };
    let timed = cards
        .iter()
        .filter(|c| timelines.iter().any(|t| t.mark_id(&c.id).is_some()));
    let timelines_cut = !timelines.is_empty() && timed.count() < cards.len();
    let scenarios = html! {
        @for (index, scenario) in report.scenarios.iter().enumerate() {
            (scenario::section(report, scenario, index, detail, warnings))
        }
    };
    let title = title(report);
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(report, &title))
            body {
                (crate::svg::patterns())
                (parts::navigation(report, &cards, &open, !timelines.is_empty()))
                (verdict::header(report, &cards, cards_total, &open, open_total))
                main id="main" {
                    @if let Some(both) = &report.before_after { (before_after::section(both)) }
                    (failures::section(report, &cards, cards_total, &timelines))
                    (undecided::section(&open, open_total))
                    @if !cards.is_empty() { (verdict::figures(report)) }
                    (parts::warnings(report, warnings))
                    (checktable::section(report, &cards, &open))
                    (timeline::section(&timelines, timelines_cut))
                    (scenarios)
                    (logs::section(report, detail >= Detail::NoLogs))
                    (comparison::section(report, &cards))
                    (environment::section(report))
                    (glossary::checks(&cards, &open))
                    (glossary::section(report))
                    (decision::sign_off(report))
                }
                (parts::footer(report))
                script { (raw(SCRIPT)) (raw(PLAYER)) }
            }
        }
    }
}

/// The title in a browser's tab.
fn title(report: &RunReport) -> String {
    let verdict = findings::headline(report);
    format!(
        "{} {}: {} {}",
        findings::symbol(verdict.validity),
        verdict.word.to_lowercase(),
        crate::format::untrusted(&report.subject.name),
        crate::format::untrusted(&report.subject.version)
    )
}

/// The head of a page about a run: it names the version that wrote it.
fn head(report: &RunReport, title: &str) -> Markup {
    let generator = format!("{} {}", report.tool.name, report.tool.version);
    head_of(
        title,
        POLICY,
        Some(&crate::format::untrusted(&generator)),
        "",
    )
}

/// The head of a page of our own, with the usual style and rules.
fn plain_head(title: &str) -> Markup {
    head_of(title, POLICY, None, "")
}

/// The head of any page: its content policy, its generator, and the common style followed by the page's own.
pub(crate) fn head_of(
    title: &str,
    policy: &str,
    generator: Option<&str>,
    own_style: &str,
) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            @if let Some(generator) = generator { meta name="generator" content=(generator); }
            title { (title) }
            style { (raw(STYLE)) (raw(own_style)) }
        }
    }
}

/// Text that is already markup: our own style, script and drawings. No other code may call `PreEscaped`.
pub(crate) fn raw(markup: &str) -> PreEscaped<&str> {
    PreEscaped(markup)
}
