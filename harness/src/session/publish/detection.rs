//! How well this version of the harness detects planted bugs: from a calibration that is stored where runs are, if it is
//! of the same sources.

use std::path::Path;

use reports::Calibration;
use reports::model::Detection;

use crate::bounded;
use crate::store::SOURCES;

/// Where `jepsen calibrate` writes by default, and its file.
const FOLDER: &str = "calibration";
const VALUES: &str = "calibration.json";

/// The detection strength: of the calibration beside the runs' directory, or in the current one.
pub(super) fn stored(run: &Path) -> Option<Detection> {
    let runs = run.parent()?;
    let beside = runs.parent().map(|above| above.join(FOLDER));
    let folders = [Some(runs.join(FOLDER)), beside, Some(FOLDER.into())];
    folders
        .into_iter()
        .flatten()
        .find_map(|folder| read(&folder))
}

fn read(folder: &Path) -> Option<Detection> {
    let text = bounded::text(&folder.join(VALUES), bounded::VALUES).ok()?;
    let calibration: Calibration = serde_json::from_str(&text).ok()?;
    (calibration.sources == SOURCES).then(|| Detection::of(&calibration))?
}

#[cfg(test)]
mod tests {
    use reports::model::{PlantRow, PlantRun};

    use super::*;

    #[test]
    fn only_a_calibration_of_the_same_sources_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let runs = folder.path().join("runs");
        let calibration = folder.path().join(FOLDER);
        std::fs::create_dir_all(&calibration).expect("made");
        let write = |sources: &str| {
            let calibration_json = Calibration {
                sources: sources.into(),
                plants: vec![PlantRow {
                    runs: vec![PlantRun::default()],
                    ..PlantRow::default()
                }],
                ..Calibration::default()
            };
            let text = serde_json::to_string(&calibration_json).expect("JSON");
            std::fs::write(calibration.join(VALUES), text).expect("written");
        };
        write("of another build");
        assert_eq!(stored(&runs.join("a")), None);
        write(SOURCES);
        let found = stored(&runs.join("a")).expect("it fits");
        assert_eq!((found.detected, found.planted), (0, 1));
    }
}
