//! A visit on the terminal: one line for each run, and one for each exhibit.

use std::fmt::Write;

use reports::Museum;
use reports::model::{ExhibitRow, MuseumRun};

/// The line of one run, printed when it ends.
pub(super) fn run_line(exhibit: &str, release: &str, is_bad: bool, run: &MuseumRun) -> String {
    let right = if is_bad {
        run.shows_it()
    } else {
        run.is_clean()
    };
    let mark = if right { "✓" } else { "✗" };
    let mut what = match (run.seen.as_slice(), run.is_clean()) {
        ([], true) => "clean".to_owned(),
        ([], false) => "not shown".to_owned(),
        (seen, _) => seen.join(", "),
    };
    for (word, list) in [
        ("missed", &run.missed),
        ("other", &run.other),
        ("undecided", &run.undecided),
    ] {
        // Where nothing was seen, everything was missed.
        let is_said = word == "missed" && run.seen.is_empty();
        if !list.is_empty() && !is_said {
            let _ = write!(what, "  {word}: {}", list.join(", "));
        }
    }
    let seconds = run.lasted_ms / 1_000;
    format!(
        "  {mark} {exhibit:<14} {release:<20} seed {:<6} {seconds:>4} s  {what}",
        run.seed
    )
}

/// The whole table.
pub(super) fn table(museum: &Museum) -> String {
    let mut text = format!(
        "{:<16} {:<20} {:>6} {:>8}  {:<20} {:>6}  seen by\n",
        "exhibit", "with the bug", "shown", "median", "without it", "clean"
    );
    for exhibit in &museum.exhibits {
        text += &row(exhibit);
    }
    text
}

fn row(exhibit: &ExhibitRow) -> String {
    if let Some(why) = &exhibit.not_run_because {
        return format!("- {:<14} not run: {why}\n", exhibit.name);
    }
    let mark = if exhibit.as_expected { "✓" } else { "✗" };
    let bad = &exhibit.bad;
    let shown = format!("{}/{}", bad.shown(), bad.runs.len());
    let median = bad
        .median_ms()
        .map(|ms| format!("{}.{} s", ms / 1_000, ms % 1_000 / 100));
    let (good, clean) = match &exhibit.good {
        Some(good) => (
            good.target.as_str(),
            format!("{}/{}", good.clean(), good.runs.len()),
        ),
        None => ("no release", String::new()),
    };
    let by: Vec<&str> = exhibit.expected.iter().map(|(by, _)| by.as_str()).collect();
    format!(
        "{mark} {:<14} {:<20} {shown:>6} {:>8}  {good:<20} {clean:>6}  {}\n",
        exhibit.name,
        bad.target,
        median.unwrap_or_default(),
        by.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use reports::model::MuseumSide;

    use super::*;

    #[test]
    fn a_line_says_what_was_seen_and_what_else() {
        let run = MuseumRun {
            seed: "0x1".into(),
            seen: vec!["lost-write".into()],
            other: vec!["availability".into()],
            lasted_ms: 95_000,
            ..MuseumRun::default()
        };
        let line = run_line("kip-966", "apache-kafka-3.9.1", true, &run);
        assert!(
            line.contains('✓') && line.contains("lost-write  other: availability"),
            "{line}"
        );
        assert!(run_line("kip-966", "apache-kafka-4.4.0", false, &run).contains('✗'));
        let clean = run_line(
            "kip-966",
            "apache-kafka-4.4.0",
            false,
            &MuseumRun::default(),
        );
        assert!(clean.contains("✓") && clean.contains("clean"), "{clean}");
    }

    #[test]
    fn the_table_has_a_row_for_each_exhibit() {
        let museum = Museum {
            exhibits: vec![
                ExhibitRow {
                    name: "kip-966".into(),
                    bad: MuseumSide {
                        target: "apache-kafka-3.9.1".into(),
                        runs: vec![MuseumRun::default()],
                    },
                    ..ExhibitRow::default()
                },
                ExhibitRow {
                    name: "kip-890".into(),
                    not_run_because: Some("no transactions".into()),
                    ..ExhibitRow::default()
                },
            ],
            ..Museum::default()
        };
        let text = table(&museum);
        assert!(
            text.contains("✗ kip-966") && text.contains("0/1") && text.contains("no release"),
            "{text}"
        );
        assert!(
            text.contains("- kip-890        not run: no transactions"),
            "{text}"
        );
    }
}
