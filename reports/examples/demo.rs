//! Writes a page, and everything beside it, from synthetic data, to look at: one invalid check of each of two classes, one undecided, the rest
//! valid.
//!
//! `cargo run -p reports --example demo -- PAGE.html [suite|report.json]`; the stored values of a run show that run.

use std::process::ExitCode;

use common::collections;
use reports::RunReport;

#[path = "../tests/common/mod.rs"]
mod common;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        return ExitCode::from(254);
    };
    let report = match arguments.next().as_deref() {
        Some("suite") => common::suite(),
        Some(stored) => match std::fs::read_to_string(stored).map(|text| RunReport::read(&text)) {
            Ok(Ok(report)) => report,
            _ => return ExitCode::from(254),
        },
        None => common::report(),
    };
    let beside = |end: &str| format!("{}.{end}", path.trim_end_matches(".html"));
    let files = [
        (path.clone(), reports::html(&report).text),
        (beside("results.json"), reports::results_json(&report)),
        (beside("metrics.json"), reports::metrics_json(&report)),
        (beside("junit.xml"), reports::junit_xml(&report)),
        (beside("txt"), reports::summary_text(&report, false)),
        (beside("md"), reports::summary_markdown(&report)),
        (
            beside("calibration.html"),
            reports::calibration_html(&collections::calibration(), &collections::checks()),
        ),
        (
            beside("museum.html"),
            reports::museum_html(&collections::museum()),
        ),
        (
            beside("histories.html"),
            reports::history_score_html(&collections::history_score()),
        ),
        (
            beside("bench.html"),
            reports::bench::page(&collections::bench()),
        ),
        (
            beside("listing.html"),
            reports::listing_html(
                "runs/20261123T084021Z-5eed",
                &["scenarios/".into(), "report.html".into()],
            ),
        ),
        (
            beside("index.html"),
            reports::index_html(&common::around::summaries()),
        ),
        (
            beside("compare.html"),
            reports::comparison_html("3.1.4 and 3.2.0-rc1", &common::around::comparison()),
        ),
    ];
    let written = files
        .into_iter()
        .all(|(path, text)| std::fs::write(path, text).is_ok());
    if written {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
