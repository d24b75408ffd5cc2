//! A comparison as text for a terminal: new findings first, then ongoing, rare and resolved ones, then the figures.

use std::fmt::Write;

use super::visible;
use reports::model::{Comparison, FigureChange, FigureOutcome, FindingStatus};

/// The number of findings listed one by one. The page lists all of them.
const SHOWN_MAX: usize = 10;

/// The text.
pub fn text(comparison: &Comparison) -> String {
    let baseline = &comparison.baseline;
    let mut text = format!(
        "vs {} {}  run {}",
        visible(&baseline.name),
        visible(&baseline.version),
        visible(&baseline.run)
    );
    if let Some((day, _)) = baseline.accepted.split_once('T') {
        let _ = write!(text, " (qualified {})", visible(day));
    }
    let mut head = String::new();
    for reason in &comparison.unlike {
        let _ = writeln!(head, "NOT LIKE FOR LIKE  {}", visible(reason));
    }
    text = head + &text;
    let counts = [
        FindingStatus::New,
        FindingStatus::Ongoing,
        FindingStatus::Rare,
        FindingStatus::Resolved,
        FindingStatus::OnlySecond,
        FindingStatus::OnlyFirst,
    ]
    .into_iter()
    .filter(|status| {
        let is_apart = matches!(status, FindingStatus::OnlySecond | FindingStatus::OnlyFirst);
        is_apart != comparison.unlike.is_empty()
            || matches!(status, FindingStatus::Ongoing | FindingStatus::Rare)
    })
    .map(|status| {
        format!(
            "{} {}",
            status.word().to_uppercase(),
            comparison.count(status)
        )
    })
    .collect::<Vec<_>>();
    let _ = writeln!(text, ":  {}", counts.join("  "));
    let mut findings: Vec<_> = comparison.findings.iter().collect();
    findings.sort_by_key(|finding| finding.status);
    for finding in findings.iter().take(SHOWN_MAX) {
        let _ = writeln!(
            text,
            "  {:<9} {}  {}: {}  ({} of {} runs, before {} of {})",
            finding.status.word(),
            visible(&finding.scenario),
            visible(&finding.check),
            visible(&finding.kind),
            finding.runs,
            comparison.runs.max(1),
            finding.baseline_runs,
            baseline.runs.max(1)
        );
    }
    if findings.len() > SHOWN_MAX {
        let _ = writeln!(text, "  and {} more", findings.len() - SHOWN_MAX);
    }
    for difference in &comparison.differences {
        let _ = writeln!(text, "  differs: {}", visible(difference));
    }
    if !comparison.figures_not_compared.is_empty() {
        let _ = writeln!(
            text,
            "  figures not compared: {}",
            visible(&comparison.figures_not_compared)
        );
    }
    for figure in &comparison.figures {
        let _ = writeln!(text, "  {}", row(figure));
    }
    text
}

fn row(figure: &FigureChange) -> String {
    let symbol = match figure.outcome {
        FigureOutcome::Regressed => "✗",
        FigureOutcome::NotEnoughData => "?",
        FigureOutcome::Pass => "=",
        FigureOutcome::Improved => "✓",
    };
    let change = figure
        .change_percent()
        .map_or_else(|| "-".into(), |percent| format!("{percent:+.0} %"));
    let p = figure.p.map_or_else(String::new, |p| format!("  p {p:.4}"));
    format!(
        "{symbol} {:<16} {:>10.0} -> {:>10.0} {:<9} {change:>7}  {} pairs{p}  {}",
        visible(&figure.name),
        figure.baseline,
        figure.value,
        visible(&figure.unit),
        figure.pairs,
        figure.outcome.words()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use reports::model::FindingChange;

    #[test]
    fn what_is_new_comes_first() {
        let finding = |status, kind: &str| FindingChange {
            status,
            kind: kind.into(),
            ..FindingChange::default()
        };
        let comparison = Comparison {
            findings: vec![
                finding(FindingStatus::Resolved, "gap"),
                finding(FindingStatus::New, "lost-write"),
            ],
            figures: vec![FigureChange {
                name: "append p50".into(),
                baseline: 1_000.0,
                value: 1_400.0,
                p: Some(0.003),
                outcome: FigureOutcome::Regressed,
                ..FigureChange::default()
            }],
            ..Comparison::default()
        };
        let text = text(&comparison);
        assert!(
            text.contains("NEW 1  ONGOING 0  RARE 0  RESOLVED 1"),
            "{text}"
        );
        assert!(text.find("lost-write") < text.find("gap"), "{text}");
        assert!(
            text.contains("✗ append p50") && text.contains("+40 %"),
            "{text}"
        );
    }
}
