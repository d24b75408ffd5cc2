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
    /// Those that were not detected.
    pub missed: Vec<String>,
    /// The number of runs with a planted bug.
    pub runs: u64,
    /// Under which faults they were run, in words.
    pub faults: String,
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
            runs: detected
                .iter()
                .chain(&missed)
                .map(|row| row.runs.len() as u64)
                .sum(),
            missed: missed.iter().map(|row| row.plant.clone()).collect(),
            faults: calibration.faults.clone(),
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
                row("b", None),
                PlantRow::default(),
            ],
            ..Calibration::default()
        };
        let detection = Detection::of(&calibration).expect("two were run");
        assert_eq!((detection.detected, detection.planted), (1, 2));
        assert_eq!(detection.missed, ["b"]);
        calibration.interrupted = true;
        assert_eq!(Detection::of(&calibration), None);
    }
}
