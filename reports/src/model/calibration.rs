//! A calibration: the planted bugs of a target, run with several seeds each, and which checks detected them.

use serde::{Deserialize, Serialize};

use super::Tool;
use super::mutation::MutantRow;
use super::planted_run::PlantRun;
use crate::format::median;

/// The result of a calibration. `calibration.json` has exactly these fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Calibration {
    /// The harness.
    pub tool: Tool,
    /// The hash of the sources on which the results depend.
    pub sources: String,
    /// Under which faults the plants were run, in words.
    pub faults: String,
    /// The command that repeats it.
    pub reproduce: String,
    /// One row for each plant.
    pub plants: Vec<PlantRow>,
    /// One row for each mutant, if they were run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mutants: Vec<MutantRow>,
    /// Runs without any plant.
    pub controls: Vec<ControlRun>,
    /// Whether all verdicts were as expected.
    pub as_expected: bool,
    /// Whether the user stopped it before its end.
    pub interrupted: bool,
}

/// One plant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlantRow {
    /// As `--plant` takes it.
    pub plant: String,
    /// What it does.
    pub does: String,
    /// The real case behind it.
    pub happened: String,
    /// The kinds of fault that provoke it; empty if none is needed.
    pub trigger: Vec<String>,
    /// The faults that it was run under, as `--faults` takes them.
    pub faults: String,
    /// The workload.
    pub workload: String,
    /// The longest that the load phase may last.
    pub time_limit_ms: u64,
    /// The checks that may detect it; one of them is enough.
    pub expected: Vec<String>,
    /// When a finding counts as a detection of the plant, in words.
    pub reason: String,
    /// Why no check can detect it from outside. Such a plant is listed but not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_seen_because: Option<String>,
    /// One entry for each seed.
    pub runs: Vec<PlantRun>,
}

/// A run without any plant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ControlRun {
    /// Workload, faults and length.
    pub setup: String,
    /// Its seed.
    pub seed: String,
    /// Checks that found something.
    pub invalid: Vec<String>,
    /// Checks that could not be judged.
    pub undecided: Vec<String>,
    /// How often it was tried: a run is repeated if a starved machine made it inconclusive.
    pub tries: u32,
    /// Where its history is stored.
    pub history: String,
}

impl ControlRun {
    /// Whether it was judged without a finding.
    pub fn clean(&self) -> bool {
        self.invalid.is_empty() && self.undecided.is_empty()
    }
}

impl PlantRow {
    /// In how many runs it was detected for the expected reason.
    pub fn caught(&self) -> usize {
        let runs = self.runs.iter();
        runs.filter(|run| !run.caught_by.is_empty()).count()
    }

    /// Whether it was detected in at least four of five runs.
    pub fn detected(&self) -> bool {
        !self.runs.is_empty() && self.caught() * 5 >= self.runs.len() * 4
    }

    /// In how many runs a check fired: for the expected reason, and for another.
    pub fn by(&self, check: &str) -> (usize, usize) {
        let count = |of: fn(&PlantRun) -> &Vec<String>| {
            let runs = self.runs.iter();
            runs.filter(|run| of(run).iter().any(|name| name == check))
                .count()
        };
        (count(|run| &run.caught_by), count(|run| &run.other))
    }

    /// The median time to detection over the runs that detected it.
    pub fn median_ms(&self) -> Option<u64> {
        let mut times: Vec<u64> = self.runs.iter().filter_map(|run| run.detected_ms).collect();
        times.sort_unstable();
        median(&times)
    }
}

impl Calibration {
    /// Every check that found something in any run with a plant, or was expected to, in the order of `known`.
    pub fn checks<'a>(&self, known: &[&'a str]) -> Vec<&'a str> {
        let named = |check: &str| {
            self.plants.iter().any(|plant| {
                plant.expected.iter().any(|name| name == check) || plant.by(check) != (0, 0)
            })
        };
        known.iter().copied().filter(|check| named(check)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(caught: &[&str], other: &[&str], detected_ms: Option<u64>) -> PlantRun {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        PlantRun {
            caught_by: owned(caught),
            other: owned(other),
            detected_ms,
            ..PlantRun::default()
        }
    }

    #[test]
    fn four_of_five_are_enough_and_three_are_not() {
        let hit = || run(&["lost-write"], &["unseen"], Some(4));
        let miss = || run(&[], &["unseen"], None);
        let mut row = PlantRow {
            runs: vec![hit(), hit(), hit(), hit(), miss()],
            ..PlantRow::default()
        };
        assert!(row.detected());
        assert_eq!(row.by("unseen"), (0, 5));
        assert_eq!(row.by("lost-write"), (4, 0));
        row.runs[0] = miss();
        assert!(
            !row.detected(),
            "another check's finding is not a detection"
        );
        row.runs.clear();
        assert!(!row.detected());
    }

    #[test]
    fn the_median_is_of_the_runs_that_found_it() {
        let mut row = PlantRow::default();
        assert_eq!(row.median_ms(), None);
        row.runs = vec![
            run(&["a"], &[], Some(9)),
            run(&[], &[], None),
            run(&["a"], &[], Some(5)),
        ];
        assert_eq!(row.median_ms(), Some(7));
        row.runs.push(run(&["a"], &[], Some(1)));
        assert_eq!(row.median_ms(), Some(5));
    }
}
