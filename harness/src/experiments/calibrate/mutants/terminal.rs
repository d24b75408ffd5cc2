//! The mutants on the terminal: a line for each run, and the score.

use std::fmt::Write;

use reports::Calibration;
use reports::model::{Fate, PlantRun, score_text};

use super::super::table::Row;

/// The line of one run, printed when it ends.
pub(super) fn run_line(row: &Row, run: &PlantRun) -> String {
    let (mark, what) = match (run.detected_ms, row.not_seen_because) {
        (Some(ms), _) => {
            let by = run.caught_by.join(", ");
            (
                "✓",
                format!("{by} at {}.{} s", ms / 1_000, ms % 1_000 / 100),
            )
        }
        (None, Some(_)) if run.other.is_empty() => ("=", "equivalent".to_owned()),
        (None, Some(_)) => ("✗", "called equivalent".to_owned()),
        (None, None) => ("✗", "not killed".to_owned()),
    };
    let list = |what: &str, names: &[String]| match names {
        [] => String::new(),
        names => format!("  ({what}: {})", names.join(", ")),
    };
    format!(
        "  {mark} {:<34} {what}{}{}",
        row.plant,
        list("other", &run.other),
        list("undecided", &run.undecided)
    )
}

/// What is left, and the score.
pub(super) fn table(calibration: &Calibration) -> String {
    let rows = &calibration.mutants;
    let mut text = String::new();
    for fate in Fate::ALL.into_iter().filter(|fate| !fate.is_settled()) {
        for row in rows.iter().filter(|row| row.fate == fate) {
            let _ = writeln!(
                text,
                "✗ {}: {} (expected: {}; noticed by: {})",
                row.mutant,
                fate.words(),
                row.expected.join(", "),
                row.noticed().join(", ")
            );
        }
    }
    let controls = &calibration.controls;
    let clean = controls.iter().filter(|control| control.clean()).count();
    let _ = writeln!(
        text,
        "mutation score: {}\ncontrols  {clean} of {} clean",
        score_text(rows),
        controls.len()
    );
    text
}
