//! Rendering of a judged run: values in, text out.
//!
//! A [`model::RunReport`] goes in; a page, JSON, JUnit XML or the terminal's last block comes out. No files, no clocks,
//! no randomness: the same report gives the same bytes. A drawing that fails is a warning, never an error, and never
//! touches a verdict.
//!
//! | function | text | who reads it |
//! |---|---|---|
//! | [`html`] | `report.html`, one self-contained page | a release engineer |
//! | [`history_score_html`] | `histories.html`, which lies in recorded histories the checks report | a user who relies on the checks |
//! | [`calibration_html`] | `calibration.html`, which check detected which planted bug | a user who relies on the checks |
//! | [`results_json`] | `results.json`, schema 1 | scripts |
//! | [`metrics_json`] | `metrics.json`, the series as drawn | other tools that draw |
//! | [`junit_xml`] | `junit.xml` | CI |
//! | [`summary_text`] | the last block on the terminal | the person at the keyboard |
//! | [`index_html`] | `index.html` over runs | a user who looks for a run |
//! | [`listing_html`] | a folder of a run | a user who browses |
//! | [`comparison_html`] | two runs side by side | a user who asks what changed |
//! | [`summary_markdown`] | `GITHUB_STEP_SUMMARY` | a reviewer of a pull request |

mod axis;
pub mod bench;
mod charts;
mod definitions;
mod findings;
mod format;
mod html;
mod json;
mod junit;
pub mod limits;
mod markdown;
mod measures;
pub mod model;
mod overlaps;
mod svg;
mod tested;
mod text;
mod timelines;
mod untested;
pub mod visible;
mod wording;

use std::collections::BTreeMap;

pub use html::Rendered;
pub use json::{RESULTS_SCHEMA, SCHEMA};
pub use model::{Calibration, HistoryScore, Museum, RunReport};

/// The page: one HTML file that needs nothing else.
pub fn html(report: &RunReport) -> Rendered {
    let rendered = html::render(report);
    Rendered {
        text: harmless(rendered.text),
        ..rendered
    }
}

/// The page of a mutation score.
pub fn history_score_html(score: &HistoryScore) -> String {
    harmless(html::history_score::page(score))
}

/// The page of a calibration. `known` are the names of all checks, in the order of their columns.
pub fn calibration_html(calibration: &Calibration, known: &[&str]) -> String {
    harmless(html::calibration::page(calibration, known))
}

/// The page of a museum.
pub fn museum_html(museum: &Museum) -> String {
    harmless(html::museum::page(museum))
}

/// An anomaly in plain words: what was seen, and why it contradicts a promise.
pub fn account_text(anomaly: &checkers::verdict::Anomaly) -> String {
    format::plain(&wording::text(anomaly))
}

/// A run as one side of a comparison; without a link to its page.
pub fn side(report: &RunReport) -> model::Side {
    findings::side(report)
}

/// The index over runs, newest first, with the trend of each suite. Its links lead to `./ID/...` beside it.
pub fn index_html(runs: &[model::RunSummary]) -> String {
    harmless(html::render_index(runs))
}

/// A folder of a run as a page of links; names that end in `/` are folders.
pub fn listing_html(title: &str, names: &[String]) -> String {
    harmless(html::render_listing(title, names))
}

/// A page of one comparison alone.
pub fn comparison_html(title: &str, comparison: &model::Comparison) -> String {
    harmless(html::render_comparison(title, comparison))
}

/// `results.json`, schema 1.
pub fn results_json(report: &RunReport) -> String {
    json::results(report, &BTreeMap::new())
}

/// The same with the digests of the run's files, by their paths: the field `evidence`.
pub fn results_json_with(report: &RunReport, evidence: &BTreeMap<String, String>) -> String {
    json::results(report, evidence)
}

/// `metrics.json`: the series as drawn, and the fault regions.
pub fn metrics_json(report: &RunReport) -> String {
    json::metrics(report)
}

/// `junit.xml`: a test suite per scenario, a test case per check.
pub fn junit_xml(report: &RunReport) -> String {
    harmless(junit::xml(report))
}

/// The verdict and its reasons: the first lines of the terminal's final block.
pub fn verdict_text(report: &RunReport, colour: bool) -> String {
    text::verdict(report, colour)
}

/// The terminal's final block, at most [`limits::SUMMARY_LINES_MAX`] lines.
pub fn summary_text(report: &RunReport, colour: bool) -> String {
    text::block(report, colour)
}

/// The verdict and the check table as Markdown.
pub fn summary_markdown(report: &RunReport) -> String {
    harmless(markdown::summary(report))
}

/// The last step of every text for people: a value that was not made visible where it was written is made visible here.
/// Our own markup, styles and scripts contain no hidden characters.
fn harmless(text: String) -> String {
    match visible::block(&text) {
        std::borrow::Cow::Borrowed(_) => text,
        std::borrow::Cow::Owned(shown) => shown,
    }
}
