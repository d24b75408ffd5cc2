//! How many planted bugs the harness detects: the summary of a stored calibration of the same version, so that a verdict
//! *valid* can be weighed.

use serde::{Deserialize, Serialize};

use super::Calibration;

/// The detection strength of a version of the harness.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Detection {
    /// Planted bugs that were detected for the expected reason, in at least four of five runs.
    pub detected: u64,
    /// Planted bugs that were run.
    pub planted: u64,
    /// Planted bugs that no check can see from outside. They are not run.
    #[serde(skip_serializing_if = "is_none")]
    pub unseen: u64,
    /// Those that were not detected.
    pub missed: Vec<String>,
    /// The number of runs with a planted bug.
    pub runs: u64,
    /// Under which faults they were run, in words.
    pub faults: String,
    /// When it was measured, if it came with the program: `2026-11-30`. Empty if it was measured where the runs are.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub measured: String,
    /// Whether the sources have changed since then.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub outdated: bool,
    /// Planted bugs that are newer than the measurement.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_run: Vec<String>,
}

/// The part of a calibration that comes with the program, so that a page of the first run states a detection strength.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippedCalibration {
    /// The version of the harness that was calibrated.
    pub version: String,
    /// The hash of the sources on which the results depend.
    pub sources: String,
    /// The day on which it ended: `2026-11-30`.
    pub measured: String,
    /// Every planted bug of that state, also those that no check can see from outside.
    pub plants: Vec<String>,
    /// The summary.
    pub detection: Detection,
}

impl ShippedCalibration {
    /// The part of a calibration that ended on a day; none if it has no summary, see [`Detection::of`].
    pub fn of(calibration: &Calibration, day: &str) -> Option<ShippedCalibration> {
        Some(ShippedCalibration {
            version: calibration.tool.version.clone(),
            sources: calibration.sources.clone(),
            measured: day.to_owned(),
            plants: calibration
                .plants
                .iter()
                .map(|row| row.plant.clone())
                .collect(),
            detection: Detection::of(calibration)?,
        })
    }

    /// The detection strength of a harness of this version, built from `sources`, whose broker has the plants `known`.
    /// None for another version.
    pub fn detection(&self, version: &str, sources: &str, known: &[&str]) -> Option<Detection> {
        // A row may give the plant a number or a node: `slow-leak=96`.
        let base = |plant: &String| plant.split(['=', '@']).next().map(str::to_owned);
        let names: Vec<String> = self.plants.iter().filter_map(base).collect();
        let is_new = |name: &&&str| !names.iter().any(|plant| plant == **name);
        (self.version == version).then(|| Detection {
            measured: self.measured.clone(),
            outdated: self.sources != sources,
            unseen: (self.plants.len() as u64).saturating_sub(self.detection.planted),
            not_run: known
                .iter()
                .filter(is_new)
                .map(|name| (*name).to_owned())
                .collect(),
            ..self.detection.clone()
        })
    }
}

fn is_none(number: &u64) -> bool {
    *number == 0
}

impl Detection {
    /// The summary of a calibration; none if it ran no planted bug or was interrupted.
    pub fn of(calibration: &Calibration) -> Option<Detection> {
        let run = calibration.plants.iter().filter(|row| !row.runs.is_empty());
        let (detected, missed): (Vec<_>, Vec<_>) = run.partition(|row| row.detected());
        let planted = detected.len() + missed.len();
        (planted > 0 && !calibration.interrupted).then(|| Detection {
            detected: detected.len() as u64,
            planted: planted as u64,
            unseen: calibration.plants.len() as u64 - planted as u64,
            runs: detected
                .iter()
                .chain(&missed)
                .map(|row| row.runs.len() as u64)
                .sum(),
            missed: missed.iter().map(|row| row.plant.clone()).collect(),
            faults: calibration.faults.clone(),
            ..Detection::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{PlantRow, PlantRun};
    use super::*;

    #[test]
    fn a_plant_that_was_not_run_is_neither_detected_nor_missed() {
        let row = |plant: &str, caught: Option<&str>| PlantRow {
            plant: plant.into(),
            runs: vec![PlantRun {
                caught_by: caught.map(str::to_owned).into_iter().collect(),
                ..PlantRun::default()
            }],
            ..PlantRow::default()
        };
        let mut calibration = Calibration {
            plants: vec![
                row("a", Some("lost-write")),
                row("b=7@n2", None),
                PlantRow::default(),
            ],
            ..Calibration::default()
        };
        let detection = Detection::of(&calibration).expect("two were run");
        assert_eq!((detection.detected, detection.planted), (1, 2));
        assert_eq!(detection.missed, ["b=7@n2"]);
        let shipped = ShippedCalibration::of(&calibration, "2026-11-30").expect("a summary");
        assert_eq!(shipped.detection("0.2.0", "", &[]), None, "another version");
        let now = shipped
            .detection("", "other", &["a", "b", "newer"])
            .expect("this version");
        assert!(now.outdated && now.not_run == ["newer"]);
        calibration.interrupted = true;
        assert_eq!(Detection::of(&calibration), None);
    }
}
