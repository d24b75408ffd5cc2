//! The first exhibit that was not as expected, explained: what was expected, what was seen, and where to read on.

use reports::Museum;
use reports::model::{ExhibitRow, MuseumSide};

use crate::output::{labelled, visible};

/// The lines for a terminal. Empty if everything was as expected, or the user interrupted it.
pub(super) fn first(museum: &Museum, page: &str) -> String {
    let mut rows = museum.exhibits.iter();
    match rows.find(|row| !row.as_expected) {
        Some(row) if !museum.as_expected && !museum.interrupted => explained(row, page),
        _ => String::new(),
    }
}

fn explained(row: &ExhibitRow, page: &str) -> String {
    let by: Vec<&str> = row.expected.iter().map(|(by, _)| by.as_str()).collect();
    let bad = &row.bad;
    let mut expected = format!("{} shows it by {}", bad.target, by.join(" and "));
    let mut seen = format!(
        "{} showed it in {} of {} runs{}",
        bad.target,
        bad.shown(),
        bad.runs.len(),
        missed(bad)
    );
    if let Some(good) = &row.good {
        expected += &format!("; {} is clean", good.target);
        seen += &format!(
            "; {} was clean in {} of {} runs",
            good.target,
            good.clean(),
            good.runs.len()
        );
    }
    if let Some(why) = &row.not_run_because {
        seen = format!("not run: {why}");
    }
    let rows = [
        ("exhibit", format!("{}: {}", row.name, row.title)),
        ("expected", expected),
        ("seen", seen),
        ("read on", format!("{page}#exhibit-{}", row.name)),
    ];
    let rows = rows.iter();
    rows.map(|(label, text)| labelled(label, &visible(text)))
        .collect()
}

/// What was not seen in some run.
fn missed(side: &MuseumSide) -> String {
    let mut missed: Vec<&str> = side
        .runs
        .iter()
        .flat_map(|run| &run.missed)
        .map(String::as_str)
        .collect();
    missed.sort_unstable();
    missed.dedup();
    match missed.is_empty() {
        true => String::new(),
        false => format!(" (missed: {})", missed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use reports::model::MuseumRun;

    use super::*;

    #[test]
    fn the_first_exhibit_that_was_not_shown_is_explained() {
        let row = ExhibitRow {
            name: "kip-966".into(),
            title: "a title".into(),
            expected: vec![("lost-write".into(), String::new())],
            bad: MuseumSide {
                target: "apache-kafka-3.9.1".into(),
                runs: vec![MuseumRun {
                    missed: vec!["lost-write".into()],
                    ..MuseumRun::default()
                }],
            },
            good: Some(MuseumSide {
                target: "apache-kafka-4.4.0".into(),
                runs: vec![MuseumRun::default()],
            }),
            ..ExhibitRow::default()
        };
        let museum = Museum {
            exhibits: vec![row],
            ..Museum::default()
        };
        let text = first(&museum, "museum.html");
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for says in [
            "exhibit kip-966: a title",
            "expected apache-kafka-3.9.1 shows it by lost-write; apache-kafka-4.4.0 is clean",
            "seen apache-kafka-3.9.1 showed it in 0 of 1 runs (missed: lost-write)",
            "apache-kafka-4.4.0 was clean in 1 of 1 runs",
            "read on museum.html#exhibit-kip-966",
        ] {
            assert!(words.contains(says), "{says}: {text}");
        }
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}
