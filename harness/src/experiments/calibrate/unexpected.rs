//! The first result of a calibration that was not expected, explained: what was expected, what was seen, and where to read
//! on.

use reports::Calibration;
use reports::model::{ControlRun, MutantRow, PlantRow, PlantRun};

use crate::output::{labelled, visible};

/// The lines for a terminal. Empty if everything was as expected, or the user interrupted it.
pub(super) fn first(calibration: &Calibration, page: &str) -> String {
    if calibration.as_expected || calibration.interrupted {
        return String::new();
    }
    let plants = calibration.plants.iter();
    let mut missed = plants.filter(|row| row.not_seen_because.is_none() && !row.detected());
    let mut mutants = calibration
        .mutants
        .iter()
        .filter(|row| !row.fate.is_settled());
    let mut controls = calibration.controls.iter().filter(|run| !run.clean());
    let (rows, place) = match (missed.next(), mutants.next(), controls.next()) {
        (Some(row), _, _) => (plant(row), format!("{page}#plant-{}", row.plant)),
        (None, Some(row), _) => (mutant(row), format!("{page}#mutants")),
        (None, None, Some(run)) => (control(run), format!("{page}#controls")),
        (None, None, None) => return String::new(),
    };
    let place = [("read on", place)];
    let rows = rows.into_iter().chain(place);
    rows.map(|(label, text)| labelled(label, &visible(&text)))
        .collect()
}

type Rows = Vec<(&'static str, String)>;

fn plant(row: &PlantRow) -> Rows {
    vec![
        ("plant", format!("{}: {}", row.plant, row.does)),
        (
            "expected",
            format!("a finding of {}", row.expected.join(" or ")),
        ),
        (
            "seen",
            format!(
                "in {} of {} runs{}",
                row.caught(),
                row.runs.len(),
                beside(&row.runs)
            ),
        ),
        (
            "faults",
            format!("{}, workload {}", row.faults, row.workload),
        ),
    ]
}

fn mutant(row: &MutantRow) -> Rows {
    let expected = match &row.equivalent {
        Some(why) => format!("nothing, because no client can suffer from it: {why}"),
        None => format!("a finding of {}", row.expected.join(" or ")),
    };
    vec![
        ("mutant", format!("{}: {}", row.mutant, row.does)),
        ("expected", expected),
        ("seen", format!("{}{}", row.fate.words(), beside(&row.runs))),
        (
            "faults",
            format!("{}, workload {}", row.faults, row.workload),
        ),
    ]
}

fn control(run: &ControlRun) -> Rows {
    let list = |word: &str, names: &[String]| match names {
        [] => String::new(),
        names => format!("{word} {}", names.join(", ")),
    };
    let seen = [
        list("invalid:", &run.invalid),
        list("undecided:", &run.undecided),
    ];
    let seen: Vec<String> = seen.into_iter().filter(|text| !text.is_empty()).collect();
    vec![
        ("control", format!("{}, seed {}", run.setup, run.seed)),
        (
            "expected",
            "a run without a plant has no finding".to_owned(),
        ),
        ("seen", seen.join("; ")),
        ("history", run.history.clone()),
    ]
}

/// What else the runs showed.
fn beside(runs: &[PlantRun]) -> String {
    let list = |word: &str, of: fn(&PlantRun) -> &Vec<String>| {
        let mut names: Vec<&str> = runs.iter().flat_map(of).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        match names.is_empty() {
            true => String::new(),
            false => format!("; {word}: {}", names.join(", ")),
        }
    };
    list("other findings", |run| &run.other) + &list("undecided", |run| &run.undecided)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_plant_that_was_missed_is_explained() {
        let row = |name: &str, caught: bool| PlantRow {
            plant: name.into(),
            does: "loses what it acknowledged".into(),
            expected: vec!["lost-write".into(), "unseen".into()],
            faults: "kill:leader".into(),
            workload: "append".into(),
            runs: vec![PlantRun {
                caught_by: caught.then(|| "lost-write".into()).into_iter().collect(),
                other: vec!["availability".into()],
                detected_ms: caught.then_some(5),
                ..PlantRun::default()
            }],
            ..PlantRow::default()
        };
        let mut calibration = Calibration {
            plants: vec![row("seen", true), row("missed", false)],
            ..Calibration::default()
        };
        let text = first(&calibration, "runs/calibration.html");
        for line in [
            "  plant      missed: loses what it acknowledged\n",
            "  expected   a finding of lost-write or unseen\n",
            "  seen       in 0 of 1 runs; other findings: availability\n",
            "  faults     kill:leader, workload append\n",
            "  read on    runs/calibration.html#plant-missed\n",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        calibration.as_expected = true;
        assert_eq!(first(&calibration, "page"), "");
    }

    #[test]
    fn a_control_run_with_a_finding_is_explained() {
        let calibration = Calibration {
            controls: vec![ControlRun {
                setup: "append under kill".into(),
                seed: "0x3".into(),
                invalid: vec!["formation".into()],
                ..ControlRun::default()
            }],
            ..Calibration::default()
        };
        let text = first(&calibration, "page");
        assert!(
            text.contains("seen       invalid: formation") && text.contains("page#controls"),
            "{text}"
        );
    }
}
