//! `jepsen figures RUN|FILE...`: the effect of each kind of fault over many stored runs, and the formation times of the
//! clusters. It prints figures, not verdicts: `check` judges.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use crate::exit::{self, Stop};
use crate::output::{only_json, say, tell, tell_json, visible};
use crate::session::evidence;
use crate::session::judge::{self, Judged};
use crate::store::history_file::HistoryPath;

/// Flags of `figures`.
#[derive(Debug, Args)]
pub struct FiguresArguments {
    /// Run directories or history files.
    #[arg(required = true, value_name = "RUN|FILE")]
    pub paths: Vec<PathBuf>,
    /// Print them as one JSON document, see docs/output.md.
    #[arg(long)]
    pub json: bool,
}

/// The effect of one kind of fault, at one role, in all its windows.
#[derive(Clone, Debug, Default, Serialize)]
struct Row {
    windows: usize,
    affecting_leader: usize,
    leader_changes: u64,
    epochs: u64,
    gap_ms: Spread,
}

/// A distribution by nearest rank.
#[derive(Clone, Debug, Default, Serialize)]
struct Spread {
    p50: u64,
    p95: u64,
    p99: u64,
    max: u64,
}

impl Spread {
    fn of(mut samples: Vec<u64>) -> Spread {
        samples.sort_unstable();
        let rank = |percent: usize| {
            let place = (samples.len() * percent).div_ceil(100).max(1) - 1;
            samples.get(place).copied().unwrap_or(0)
        };
        Spread {
            p50: rank(50),
            p95: rank(95),
            p99: rank(99),
            max: samples.last().copied().unwrap_or(0),
        }
    }
}

/// The formation of the clusters of all runs.
#[derive(Clone, Debug, Default, Serialize)]
struct Formation {
    starts: usize,
    took_ms: Spread,
    term_max: u64,
}

#[derive(Serialize)]
struct Figures {
    formation: Formation,
    faults: BTreeMap<String, Row>,
}

#[derive(Default)]
struct Samples {
    took_ms: Vec<u64>,
    term_max: u64,
    rows: BTreeMap<String, (Row, Vec<u64>)>,
}

/// Prints the figures of every named history.
///
/// # Errors
/// If a path is neither a run nor a history.
pub fn run(arguments: &FiguresArguments) -> Result<i32> {
    if arguments.json {
        only_json();
    }
    let mut samples = Samples::default();
    for path in &arguments.paths {
        for one in evidence::histories(path)?.0 {
            if let Some(problem) = &one.damage {
                let name = one.history.path.display();
                return Err(Stop::usage(format!("{name}: history damaged: {problem}")));
            }
            samples.take(&judged(&one.history)?);
        }
    }
    let figures = samples.figures();
    let is_empty = figures.formation.starts == 0 && figures.faults.is_empty();
    if arguments.json {
        tell_json(&figures)?;
    } else {
        tell(&table(&figures));
    }
    if is_empty {
        say("warning: no history contains a formation or a fault");
        return Ok(exit::UNDECIDED);
    }
    Ok(exit::VALID)
}

/// Figures have no doubt that a reader would see, so a damaged history is an error.
fn judged(history: &HistoryPath) -> Result<Judged> {
    let history = HistoryPath {
        run: None,
        ..history.clone()
    };
    let judged = judge::file(&history)?;
    for warning in &judged.warnings {
        say(&format!("warning: {warning}"));
    }
    Ok(judged)
}

impl Samples {
    fn take(&mut self, judged: &Judged) {
        let figures = judged
            .judgement
            .verdict("formation")
            .map(|verdict| verdict.figures.as_slice())
            .unwrap_or_default();
        for figure in figures {
            match figure.name.as_str() {
                "formation_ms" => self.took_ms.push(figure.value),
                "formation_term" => self.term_max = self.term_max.max(figure.value),
                _ => {}
            }
        }
        for window in &judged.judgement.windows {
            let Some(effect) = window.effect else {
                continue;
            };
            let name = format!("{}:{}", window.name, window.role);
            let (row, gaps) = self.rows.entry(name).or_default();
            row.windows += 1;
            row.affecting_leader += usize::from(window.affects_leader);
            row.leader_changes = row.leader_changes.saturating_add(effect.leader_changes);
            row.epochs = row.epochs.saturating_add(effect.epochs);
            gaps.push(effect.longest_gap_ms);
        }
    }

    fn figures(self) -> Figures {
        let row = |(mut row, gaps): (Row, Vec<u64>)| {
            row.gap_ms = Spread::of(gaps);
            row
        };
        Figures {
            formation: Formation {
                starts: self.took_ms.len(),
                took_ms: Spread::of(self.took_ms),
                term_max: self.term_max,
            },
            faults: self
                .rows
                .into_iter()
                .map(|(name, samples)| (name, row(samples)))
                .collect(),
        }
    }
}

/// A Markdown table, ready to paste.
fn table(figures: &Figures) -> String {
    let formation = &figures.formation;
    let mut lines = vec![
        format!(
            "formation: {} starts, p50 {} ms, p99 {} ms, longest {} ms, highest term {}",
            formation.starts,
            formation.took_ms.p50,
            formation.took_ms.p99,
            formation.took_ms.max,
            formation.term_max
        ),
        String::new(),
        "| fault | windows | affecting the leader | changes of leader | epochs | gap p50 | p95 | longest |"
            .to_owned(),
        "|---|---:|---:|---:|---:|---:|---:|---:|".to_owned(),
    ];
    lines.extend(figures.faults.iter().map(|(name, row)| {
        format!(
            "| {} | {} | {} | {} | {} | {} ms | {} ms | {} ms |",
            visible(name),
            row.windows,
            row.affecting_leader,
            row.leader_changes,
            row.epochs,
            row.gap_ms.p50,
            row.gap_ms.p95,
            row.gap_ms.max
        )
    }));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_of_samples_that_exist() {
        let spread = Spread::of((1..=20).rev().collect());
        assert_eq!(
            (spread.p50, spread.p95, spread.p99, spread.max),
            (10, 19, 20, 20)
        );
        let one = Spread::of(vec![7]);
        assert_eq!((one.p50, one.max), (7, 7));
        assert_eq!(Spread::of(Vec::new()).max, 0);
    }
}
