//! The comparison as text: a row for each figure, a column for each target, and the ratio to the first.

use super::{Bench, Figure};
use crate::format::{plain, untrusted};

/// A ratio as it is shown; two digits that count.
pub(super) fn ratio(ratio: f64) -> String {
    match ratio {
        r if r >= 99.5 => format!("{r:.0} x"),
        r if r >= 9.95 => format!("{r:.1} x"),
        r => format!("{r:.2} x"),
    }
}

/// A target's cell: the median, and its ratio to the first target.
pub(super) fn cell(figure: &Figure, target: &str, first: &str) -> String {
    let Some(spread) = figure.spread(target) else {
        return "-".to_owned();
    };
    let shown = figure.unit.shown(spread.median);
    match figure.ratio(target, first).filter(|_| target != first) {
        Some(times) => format!("{shown} ({})", ratio(times)),
        None => shown,
    }
}

/// The table.
pub fn table(bench: &Bench) -> String {
    let first = bench.targets.first().map_or("", String::as_str);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut head = vec![String::new()];
    head.extend(bench.targets.iter().map(|target| untrusted(target)));
    rows.push(head);
    let mut group = "";
    for figure in &bench.figures {
        if figure.group != group {
            group = &figure.group;
            rows.push(vec![group.to_owned()]);
        }
        let mut row = vec![format!("  {}", figure.label)];
        row.extend(bench.targets.iter().map(|t| plain(&cell(figure, t, first))));
        rows.push(row);
    }
    let widths: Vec<usize> = (0..=bench.targets.len())
        .map(|at| {
            let cells = rows.iter().filter(|row| row.len() > 1 || at > 0);
            cells
                .filter_map(|row| Some(row.get(at)?.chars().count()))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let padded = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(at, (cell, width))| {
                let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
                if at == 0 {
                    format!("{cell}{pad}")
                } else {
                    format!("  {pad}{cell}")
                }
            });
        text += padded.collect::<String>().trim_end();
        text.push('\n');
    }
    if bench.targets.len() > 1 {
        text += &format!(
            "\nmedians of the repetitions; (N x) is N times the value of {}\n",
            untrusted(first)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn a_row_has_every_target_and_its_ratio() {
        let text = table(&example());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], "throughput");
        assert!(
            lines[2].contains("250/s") && lines[2].ends_with("50/s (0.20 x)"),
            "{text}"
        );
        assert!(lines[3].ends_with('-'), "{text}");
        assert!(lines[5].contains("812 ms"), "{text}");
    }

    #[test]
    fn ratios_keep_the_digits_that_count() {
        assert_eq!(
            [ratio(0.2), ratio(12.34), ratio(123.4)],
            ["0.20 x", "12.3 x", "123 x"]
        );
    }
}
