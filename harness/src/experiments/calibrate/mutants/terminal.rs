//! The mutants on the terminal: the list of all, a line for each run, and the score.

use std::fmt::Write;

use reports::Calibration;
use reports::model::{Fate, PlantRun, score_text};

use super::super::table::Row;
use super::subjects;

/// Every mutant with what it does and what must detect it.
pub fn listed() -> String {
    let mut text = String::from(
        "mutants (lies of the reference broker, for --mutant NAME or NAME@NODE); they begin 2 s after the first request about records\n",
    );
    let mut api = String::new();
    for (row, mutant) in subjects() {
        if mutant.api() != api {
            api = mutant.api();
            let _ = writeln!(text, "\n{api}");
        }
        let (name, field, does, when) = (mutant.name, mutant.field, mutant.does, mutant.when);
        let _ = writeln!(text, "  {name:<34} {field}, {when}: {does}");
        let known = match row.not_seen_because {
            None => format!("killed by: {}", row.caught_by.join(", ")),
            Some(why) => format!("equivalent: {why}"),
        };
        let _ = writeln!(text, "  {:<34} {known}", "");
    }
    text
}

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
