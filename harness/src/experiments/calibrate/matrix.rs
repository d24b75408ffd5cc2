//! A calibration on the terminal: one line for each plant, and the results that were not expected.

use std::fmt::Write;

use reports::Calibration;
use reports::model::{PlantRow, PlantRun};

/// The line of one run, printed when it ends.
pub fn run_line(plant: &str, run: &PlantRun) -> String {
    let (mark, what) = match run.detected_ms {
        Some(ms) => (
            "✓",
            format!("{} at {}", run.caught_by.join(", "), seconds(ms)),
        ),
        None => ("✗", "not found".to_owned()),
    };
    let other = match run.other.as_slice() {
        [] => String::new(),
        other => format!("  (other: {})", other.join(", ")),
    };
    format!("  {mark} {plant:<26} seed {:<6} {what}{other}", run.seed)
}

/// The whole table, and the conclusion.
pub fn table(calibration: &Calibration) -> String {
    let mut text = format!(
        "{:<28} {:>7} {:>8}  checks (runs), of which expected first\n",
        "plant", "found", "median"
    );
    for plant in &calibration.plants {
        match &plant.not_seen_because {
            Some(why) => {
                let _ = writeln!(text, "– {:<26} not detectable here: {why}", plant.plant);
            }
            None => text += &row(plant),
        }
    }
    let clean = calibration
        .controls
        .iter()
        .filter(|control| control.clean())
        .count();
    let _ = writeln!(
        text,
        "controls  {clean} of {} clean",
        calibration.controls.len()
    );
    for control in calibration
        .controls
        .iter()
        .filter(|control| !control.clean())
    {
        let _ = writeln!(
            text,
            "  ✗ {}  seed {}  invalid: {}  undecided: {}",
            control.setup,
            control.seed,
            listed(&control.invalid),
            listed(&control.undecided)
        );
    }
    text
}

fn row(plant: &PlantRow) -> String {
    let mark = if plant.detected() { "✓" } else { "✗" };
    let found = format!("{}/{}", plant.caught(), plant.runs.len());
    let median = plant.median_ms().map(seconds).unwrap_or_default();
    let mut names: Vec<&String> = plant
        .runs
        .iter()
        .flat_map(|run| run.caught_by.iter().chain(&run.other))
        .collect();
    names.sort();
    names.dedup();
    let mut own = Vec::new();
    let mut others = Vec::new();
    for name in names {
        let (caught, other) = plant.by(name);
        if caught > 0 {
            own.push(format!("{name} {caught}"));
        }
        if other > 0 {
            others.push(format!("{name} {other}"));
        }
    }
    let others = if others.is_empty() {
        String::new()
    } else {
        format!("  other: {}", others.join(", "))
    };
    format!(
        "{mark} {:<26} {found:>7} {median:>8}  {}{others}\n",
        plant.plant,
        own.join(", ")
    )
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1_000, ms % 1_000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reports::model::ControlRun;

    #[test]
    fn the_table_tells_what_was_found_and_what_was_not() {
        let hit = PlantRun {
            seed: "0x1".into(),
            caught_by: vec!["lost-write".into()],
            other: vec!["unseen".into()],
            detected_ms: Some(8_250),
            ..PlantRun::default()
        };
        let calibration = Calibration {
            plants: vec![
                PlantRow {
                    plant: "offset-reuse".into(),
                    runs: vec![hit.clone()],
                    ..PlantRow::default()
                },
                PlantRow {
                    plant: "no-pre-vote".into(),
                    runs: vec![PlantRun::default()],
                    ..PlantRow::default()
                },
                PlantRow {
                    plant: "unsynced-vote".into(),
                    not_seen_because: Some("it takes another fault".into()),
                    ..PlantRow::default()
                },
            ],
            controls: vec![ControlRun {
                invalid: vec!["formation".into()],
                ..ControlRun::default()
            }],
            ..Calibration::default()
        };
        let text = table(&calibration);
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[1].starts_with("✓ offset-reuse") && lines[1].contains("1/1"),
            "{text}"
        );
        assert!(
            lines[1].contains("8.2 s  lost-write 1  other: unseen 1"),
            "{text}"
        );
        assert!(
            lines[2].starts_with("✗ no-pre-vote") && lines[2].contains("0/1"),
            "{text}"
        );
        assert!(
            lines[3].contains("not detectable here: it takes another fault"),
            "{text}"
        );
        assert!(
            lines[4].contains("0 of 1 clean") && lines[5].contains("formation"),
            "{text}"
        );
        assert!(run_line("offset-reuse", &hit).contains("lost-write at 8.2 s"));
    }
}
