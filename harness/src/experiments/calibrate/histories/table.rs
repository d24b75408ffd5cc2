//! A mutation score on the terminal: one line for each lie, survivors and limits in full, the score last.

use std::fmt::Write;

use checkers::mutants::Fate;
use reports::model::{HistoryMutant, HistoryScore};

/// The whole text.
pub(super) fn text(score: &HistoryScore) -> String {
    let mut text = format!(
        "{:<15} {:<22} {:>7}  reported by (applications)\n",
        "line", "field", "settled"
    );
    let same = |a: &HistoryMutant, b: &HistoryMutant| (&a.line, &a.field) == (&b.line, &b.field);
    let mut rows: Vec<&HistoryMutant> = score.mutants.iter().collect();
    rows.sort_by(|a, b| (&a.line, &a.field).cmp(&(&b.line, &b.field)));
    for rows in rows.chunk_by(|a, b| same(a, b)) {
        text += &field(rows);
    }
    let bad = [
        Fate::Survived,
        Fate::Elsewhere,
        Fate::FalseAlarm,
        Fate::Limit,
    ];
    for row in &score.mutants {
        let Some(fate) = row.fate().filter(|fate| bad.contains(fate)) else {
            continue;
        };
        let mark = if fate == Fate::Limit { "–" } else { "✗" };
        let by: Vec<String> = row
            .by()
            .iter()
            .map(|(check, count)| format!("{check} {count}"))
            .collect();
        let _ = writeln!(
            text,
            "{mark} {:<11} {} {}: {}, {}  ({} of {}; must be: {}; was: {}) {}",
            fate.name(),
            row.line,
            row.field,
            row.change,
            row.extent,
            row.count(fate),
            row.applied.len(),
            listed(&row.expected),
            listed(&by),
            row.reason
        );
    }
    let _ = writeln!(text, "score  {}", score.line());
    text
}

/// The mutants of one field.
fn field(rows: &[&HistoryMutant]) -> String {
    let judged = rows
        .iter()
        .filter(|row| !matches!(row.fate(), None | Some(Fate::NotJudged)))
        .count();
    let settled = [Fate::Killed, Fate::Undecided, Fate::Equivalent];
    let settled = rows
        .iter()
        .filter(|row| row.fate().is_some_and(|fate| settled.contains(&fate)))
        .count();
    let mark = match (settled == judged, judged) {
        (_, 0) => "–",
        (true, _) => "✓",
        (false, _) => "✗",
    };
    let mut checks: Vec<(String, usize)> = Vec::new();
    for (check, count) in rows.iter().flat_map(|row| row.by()) {
        match checks.iter_mut().find(|(known, _)| *known == check) {
            Some((_, known)) => *known += count,
            None => checks.push((check, count)),
        }
    }
    checks.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let legal = rows
        .iter()
        .filter(|row| row.fate() == Some(Fate::Equivalent))
        .count();
    let mut by: Vec<String> = checks
        .iter()
        .take(5)
        .map(|(check, count)| format!("{check} {count}"))
        .collect();
    if legal > 0 {
        by.push(format!("{legal} legal"));
    }
    format!(
        "{mark} {:<13} {:<22} {:>7}  {}\n",
        rows[0].line,
        rows[0].field,
        format!("{settled}/{judged}"),
        by.join(", ")
    )
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use reports::model::AppliedLie;

    use super::*;

    #[test]
    fn survivors_are_named_and_the_score_is_last() {
        let row = |change: &str, fate, by: &str| HistoryMutant {
            line: "end-offset".into(),
            field: "offset".into(),
            change: change.into(),
            extent: "once".into(),
            expected: vec!["log-recency".into()],
            applied: vec![AppliedLie {
                run: 0,
                seed: 0,
                changed: 1,
                first: 1,
                fate,
                by: vec![by.to_owned()],
            }],
            ..HistoryMutant::default()
        };
        let score = HistoryScore {
            mutants: vec![
                row("0", Fate::Killed, "log-recency"),
                row("far ahead", Fate::Survived, "coverage"),
            ],
            ..HistoryScore::default()
        };
        let text = text(&score);
        assert!(
            text.contains("✗ end-offset    offset                     1/2  "),
            "{text}"
        );
        assert!(
            text.contains(
                "✗ survived    end-offset offset: far ahead, once  (1 of 1; must be: log-recency"
            ),
            "{text}"
        );
        assert!(!text.contains("offset: 0, once"), "{text}");
        assert!(
            text.trim_end()
                .lines()
                .last()
                .is_some_and(|line| line.starts_with("score  1 of 2")),
            "{text}"
        );
    }
}
