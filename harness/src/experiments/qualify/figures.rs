//! The six figures by which two builds are compared. A difference counts if it is not by chance, larger than 20 %, and
//! larger than a floor below which it does not matter.
//!
//! Six at most: each further figure makes chance findings more likely and the correction for them stricter.

use reports::model::{FigureChange, FigureOutcome};
use serde::{Deserialize, Serialize};

use super::statistics::{holm, median, p_value};

/// The maximum rate of false alarms over all six figures of two equal builds.
pub const LEVEL: f64 = 0.01;
/// The minimum change that counts, in percent of the baseline.
pub const LIMIT_PERCENT: f64 = 20.0;

/// The figures of one block. None if the block did not show a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BlockFigures {
    /// The longest time without acknowledgement that started with the fault.
    pub longest_gap_ms: Option<f64>,
    /// The time without a leader.
    pub leaderless_ms: Option<f64>,
    /// From the heal until all nodes agreed on a leader.
    pub time_to_stable_ms: Option<f64>,
    /// Acknowledged records per second before the fault.
    pub throughput_per_s: Option<f64>,
    /// Median append before the fault.
    pub append_p50_us: Option<f64>,
    /// 99th percentile of appends before the fault.
    pub append_p99_us: Option<f64>,
}

/// Two blocks that ran one after the other, the order drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The build to compare with.
    pub baseline: BlockFigures,
    /// The build under test.
    pub candidate: BlockFigures,
}

/// One of the six figures.
struct Figure {
    name: &'static str,
    unit: &'static str,
    /// A smaller difference never counts, in the unit.
    floor: f64,
    more_is_worse: bool,
    of: fn(&BlockFigures) -> Option<f64>,
}

/// The floors are at least twice the resolution of a probe (100 ms for leaders, 20 ms for gaps), or a difference that
/// no client would notice.
const FIGURES: [Figure; 6] = [
    Figure {
        name: "longest gap",
        unit: "ms",
        floor: 200.0,
        more_is_worse: true,
        of: |block| block.longest_gap_ms,
    },
    Figure {
        name: "leaderless time",
        unit: "ms",
        floor: 250.0,
        more_is_worse: true,
        of: |block| block.leaderless_ms,
    },
    Figure {
        name: "time to stable",
        unit: "ms",
        floor: 300.0,
        more_is_worse: true,
        of: |block| block.time_to_stable_ms,
    },
    Figure {
        name: "throughput",
        unit: "records/s",
        floor: 20.0,
        more_is_worse: false,
        of: |block| block.throughput_per_s,
    },
    Figure {
        name: "append p50",
        unit: "µs",
        floor: 250.0,
        more_is_worse: true,
        of: |block| block.append_p50_us,
    },
    Figure {
        name: "append p99",
        unit: "µs",
        floor: 1_000.0,
        more_is_worse: true,
        of: |block| block.append_p99_us,
    },
];

/// Compares the figures of these pairs. A pair counts for a figure if both of its blocks show it.
pub fn compare(pairs: &[Pair]) -> Vec<FigureChange> {
    let values = FIGURES.map(|figure| {
        let both =
            |pair: &Pair| Some(((figure.of)(&pair.baseline)?, (figure.of)(&pair.candidate)?));
        pairs.iter().filter_map(both).collect::<Vec<(f64, f64)>>()
    });
    let p_values = holm(&values.each_ref().map(|values| p_value(values)));
    let figures = FIGURES.iter().zip(&values).zip(p_values);
    figures
        .map(|((figure, values), p)| change(figure, values, p))
        .collect()
}

fn change(figure: &Figure, values: &[(f64, f64)], p: Option<f64>) -> FigureChange {
    let before: Vec<f64> = values.iter().map(|pair| pair.0).collect();
    let after: Vec<f64> = values.iter().map(|pair| pair.1).collect();
    let (baseline, value) = (median(&before), median(&after));
    let difference = value - baseline;
    let counts = difference.abs() > figure.floor
        && difference.abs() > baseline.abs() * LIMIT_PERCENT / 100.0;
    let outcome = match p {
        None => FigureOutcome::NotEnoughData,
        Some(p) if p > LEVEL || !counts => FigureOutcome::Pass,
        Some(_) if (difference > 0.0) == figure.more_is_worse => FigureOutcome::Regressed,
        Some(_) => FigureOutcome::Improved,
    };
    FigureChange {
        scenario: String::new(),
        name: figure.name.into(),
        unit: figure.unit.into(),
        baseline,
        value,
        baseline_spread: spread(&before),
        spread: spread(&after),
        limit_percent: LIMIT_PERCENT,
        floor: figure.floor,
        pairs: values.len() as u64,
        p,
        outcome,
    }
}

/// The smallest and the largest.
fn spread(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().min_by(f64::total_cmp);
    let most = values.iter().copied().max_by(f64::total_cmp);
    least.zip(most).unwrap_or((0.0, 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// A block of a build whose commits take `slower` times as long, on a machine in this condition.
    fn block(random: &mut ChaCha8Rng, mood: f64, slower: f64) -> BlockFigures {
        let mut around = |middle: f64, width: f64| {
            // A right tail, as latencies have: sometimes several times the usual value.
            let tail: f64 = random.random_range(0.0_f64..1.0).powi(8) * 3.0;
            Some(middle * mood * (random.random_range(1.0 - width..1.0 + width) + tail * width))
        };
        BlockFigures {
            longest_gap_ms: around(900.0, 0.4),
            leaderless_ms: around(600.0, 0.4),
            time_to_stable_ms: around(150.0, 0.5),
            append_p50_us: around(3_000.0 * slower, 0.15),
            append_p99_us: around(12_000.0 * slower, 0.4),
            throughput_per_s: around(700.0 / slower / mood / mood, 0.15),
        }
    }

    fn pairs(count: usize, slower: f64, random: &mut ChaCha8Rng) -> Vec<Pair> {
        (0..count)
            .map(|_| {
                // The machine's condition changes from pair to pair, and only a little within one pair.
                let mood = random.random_range(0.7..1.6);
                let within = random.random_range(0.95..1.05);
                Pair {
                    baseline: block(random, mood, 1.0),
                    candidate: block(random, mood * within, slower),
                }
            })
            .collect()
    }

    fn outcome(changes: &[FigureChange], name: &str) -> FigureOutcome {
        changes
            .iter()
            .find(|change| change.name == name)
            .expect("a figure")
            .outcome
    }

    #[test]
    fn equal_builds_are_hardly_ever_told_apart() {
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let told = (0..2_000)
            .filter(|_| {
                let changes = compare(&pairs(16, 1.0, &mut random));
                changes
                    .iter()
                    .any(|change| change.outcome != FigureOutcome::Pass)
            })
            .count();
        // The test alone may be wrong once in a hundred times. The floors and the 20 % leave far less.
        assert!(told <= 10, "{told} of 2,000");
    }

    #[test]
    fn forty_percent_slower_is_told() {
        let mut random = ChaCha8Rng::seed_from_u64(12);
        let told = (0..200)
            .filter(|_| {
                let changes = compare(&pairs(16, 1.4, &mut random));
                outcome(&changes, "append p50") == FigureOutcome::Regressed
            })
            .count();
        assert!(told >= 190, "{told} of 200");
    }

    #[test]
    fn forty_percent_faster_is_an_improvement() {
        let mut random = ChaCha8Rng::seed_from_u64(13);
        let changes = compare(&pairs(24, 0.6, &mut random));
        assert_eq!(outcome(&changes, "append p50"), FigureOutcome::Improved);
        assert_eq!(outcome(&changes, "throughput"), FigureOutcome::Improved);
    }

    #[test]
    fn few_pairs_are_not_enough() {
        let mut random = ChaCha8Rng::seed_from_u64(14);
        for change in compare(&pairs(11, 9.0, &mut random)) {
            assert_eq!(
                (change.outcome, change.p),
                (FigureOutcome::NotEnoughData, None)
            );
        }
        assert_eq!(compare(&[]).len(), 6);
    }

    #[test]
    fn a_sure_but_small_difference_does_not_count() {
        let one = |ms: f64| BlockFigures {
            longest_gap_ms: Some(ms),
            append_p50_us: Some(ms),
            ..BlockFigures::default()
        };
        // Below 20 %, and above 20 % but below the floor: both differences are real, and neither is reported.
        let small: Vec<Pair> = (0..16)
            .map(|n| Pair {
                baseline: one(1_000.0 + f64::from(n)),
                candidate: one(1_190.0 + f64::from(n)),
            })
            .collect();
        let changes = compare(&small);
        assert!(changes[0].p.expect("enough") < 0.01);
        assert_eq!(changes[0].outcome, FigureOutcome::Pass);
        let tiny: Vec<Pair> = (0..16)
            .map(|n| Pair {
                baseline: one(100.0 + f64::from(n)),
                candidate: one(290.0 + f64::from(n)),
            })
            .collect();
        assert_eq!(outcome(&compare(&tiny), "longest gap"), FigureOutcome::Pass);
    }

    #[test]
    fn a_pair_counts_only_where_both_blocks_show_the_figure() {
        let mut random = ChaCha8Rng::seed_from_u64(15);
        let mut some = pairs(14, 1.0, &mut random);
        for pair in &mut some[..3] {
            pair.candidate.leaderless_ms = None;
        }
        let changes = compare(&some);
        assert_eq!(
            outcome(&changes, "leaderless time"),
            FigureOutcome::NotEnoughData
        );
        assert_eq!(changes[1].pairs, 11);
        assert_ne!(
            outcome(&changes, "longest gap"),
            FigureOutcome::NotEnoughData
        );
    }
}
