//! A comparison of targets by figures: the same work on each, repeated, as medians with their spread and as ratios to the
//! first target. Values in, a table, JSON or a page out.

mod chart;
mod page;
mod table;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::Environment;

pub use page::page;
pub use table::table;

/// The version of `bench.json`.
pub const BENCH_SCHEMA: u32 = 1;

/// Everything that was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bench {
    /// [`BENCH_SCHEMA`].
    pub schema: u32,
    /// The program's version.
    pub version: String,
    /// Start time, RFC 3339 in UTC.
    pub started: String,
    /// The command that repeats it.
    pub command: String,
    /// The machine.
    pub environment: Environment,
    /// The conditions of the measurement, one sentence each.
    pub conditions: Vec<String>,
    /// The targets, in the order in which they were named; ratios are to the first.
    pub targets: Vec<String>,
    /// The figures, in the order in which they are shown.
    pub figures: Vec<Figure>,
    /// What went wrong.
    pub warnings: Vec<String>,
}

/// One figure of every target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figure {
    /// The group of figures: `throughput`.
    pub group: String,
    /// What was measured: `1 KB, 16 partitions, 1 producer`.
    pub label: String,
    /// Its unit.
    pub unit: Unit,
    /// The result of each repetition, by target.
    pub samples: BTreeMap<String, Vec<f64>>,
}

/// The unit of a figure, and which direction is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Records a second; more is better.
    RecordsPerSecond,
    /// Transactions a second; more is better.
    TransactionsPerSecond,
    /// Milliseconds; less is better.
    #[default]
    Milliseconds,
    /// Bytes; less is better.
    Bytes,
    /// Microseconds of processor time for a record; less is better.
    MicrosecondsPerRecord,
    /// A share; neither direction is better.
    Percent,
}

impl Unit {
    /// Whether more is better.
    pub fn more_is_better(self) -> bool {
        matches!(self, Unit::RecordsPerSecond | Unit::TransactionsPerSecond)
    }

    /// The value with its unit, rounded for display.
    pub(crate) fn shown(self, value: f64) -> String {
        let whole = value.round().max(0.0) as u64;
        match self {
            Unit::RecordsPerSecond | Unit::TransactionsPerSecond => {
                format!("{}/s", crate::format::group(whole))
            }
            Unit::Milliseconds => crate::format::latency_us((value * 1e3).round().max(0.0) as u64),
            Unit::Bytes => crate::format::bytes(whole),
            Unit::MicrosecondsPerRecord => format!("{value:.1} µs"),
            Unit::Percent => format!("{value:.1} %"),
        }
    }
}

/// Median and extremes of several samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The median; the mean of the middle two if their number is even.
    pub median: f64,
    /// The lowest.
    pub least: f64,
    /// The highest.
    pub most: f64,
}

impl Figure {
    /// A figure without samples.
    pub fn new(group: &str, label: &str, unit: Unit) -> Figure {
        Figure {
            group: group.to_owned(),
            label: label.to_owned(),
            unit,
            samples: BTreeMap::new(),
        }
    }

    /// The spread of a target's samples; none if it has none.
    pub fn spread(&self, target: &str) -> Option<Spread> {
        let mut samples = self.samples.get(target)?.clone();
        samples.retain(|sample| sample.is_finite());
        samples.sort_by(f64::total_cmp);
        let (least, most) = (*samples.first()?, *samples.last()?);
        let (below, above) = (samples[(samples.len() - 1) / 2], samples[samples.len() / 2]);
        Some(Spread {
            median: below / 2.0 + above / 2.0,
            least,
            most,
        })
    }

    /// A target's median as a multiple of another's.
    pub fn ratio(&self, target: &str, to: &str) -> Option<f64> {
        let (one, other) = (self.spread(target)?.median, self.spread(to)?.median);
        (other > 0.0).then(|| one / other)
    }
}

impl Bench {
    /// Adds a sample to a figure, and the figure if it is new.
    pub fn add(&mut self, (group, label, unit): (&str, &str, Unit), target: &str, sample: f64) {
        let same = |figure: &Figure| figure.group == group && figure.label == label;
        let at = match self.figures.iter().position(same) {
            Some(at) => at,
            None => {
                // Groups stay together, in the order of their first figure.
                let last = self
                    .figures
                    .iter()
                    .rposition(|figure| figure.group == group);
                let at = last.map_or(self.figures.len(), |last| last + 1);
                self.figures.insert(at, Figure::new(group, label, unit));
                at
            }
        };
        let samples = self.figures[at]
            .samples
            .entry(target.to_owned())
            .or_default();
        samples.push(sample);
    }
}

/// `bench.json`.
pub fn json(bench: &Bench) -> String {
    serde_json::to_string_pretty(bench).unwrap_or_default() + "\n"
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn example() -> Bench {
        let mut bench = Bench {
            targets: vec!["reference".into(), "<other>".into()],
            conditions: vec!["5 repetitions".into()],
            ..Bench::default()
        };
        let throughput = ("throughput", "1 KB, 1 partition", Unit::RecordsPerSecond);
        for sample in [100.0, 300.0, 200.0, 400.0] {
            bench.add(throughput, "reference", sample);
        }
        bench.add(throughput, "<other>", 50.0);
        bench.add(
            (
                "formation",
                "until a record is acknowledged",
                Unit::Milliseconds,
            ),
            "reference",
            812.0,
        );
        bench.add(
            ("throughput", "1 KB, 16 partitions", Unit::RecordsPerSecond),
            "reference",
            1.0,
        );
        bench
    }

    #[test]
    fn a_spread_is_of_the_samples() {
        let bench = example();
        let spread = bench.figures[0].spread("reference").expect("samples");
        assert_eq!(
            (spread.median, spread.least, spread.most),
            (250.0, 100.0, 400.0)
        );
        assert_eq!(bench.figures[0].ratio("<other>", "reference"), Some(0.2));
        assert_eq!(bench.figures[2].ratio("<other>", "reference"), None);
    }

    #[test]
    fn groups_stay_together() {
        let groups: Vec<_> = example().figures.into_iter().map(|f| f.group).collect();
        assert_eq!(groups, ["throughput", "throughput", "formation"]);
    }
}
