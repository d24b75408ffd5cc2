//! How well this version of the harness detects planted bugs: from a calibration that is stored where runs are, if it is
//! of the same sources; otherwise from the one that comes with the program.

use std::path::Path;

use reports::Calibration;
use reports::model::{Detection, ShippedCalibration};

use crate::bounded;
use crate::reference;
use crate::store::SOURCES;

/// Where `jepsen calibrate` writes by default, and its file.
const FOLDER: &str = "calibration";
const VALUES: &str = "calibration.json";

/// Made of a `calibration.json` by `cargo run -p reports --example shipped`.
const SHIPPED: &str = include_str!("../../../calibration/shipped.json");

/// The detection strength to state: measured here, or shipped. One that was measured here counts only if it ran at least as
/// many plants, or `jepsen calibrate NAME` would make a page say *1 of 1*.
pub(super) fn strength(run: &Path) -> Option<Detection> {
    wider(stored(run), shipped())
}

fn wider(here: Option<Detection>, shipped: Option<Detection>) -> Option<Detection> {
    let planted = |one: &Option<Detection>| one.as_ref().map_or(0, |one| one.planted);
    match planted(&here) > 0 && planted(&here) >= planted(&shipped) {
        true => here,
        false => shipped,
    }
}

/// That of the calibration which comes with the program, if it is of this version.
fn shipped() -> Option<Detection> {
    let shipped: ShippedCalibration = serde_json::from_str(SHIPPED).ok()?;
    let known: Vec<&str> = reference::plants().iter().map(|entry| entry.name).collect();
    shipped.detection(env!("CARGO_PKG_VERSION"), SOURCES, &known)
}

/// The detection strength: of the calibration beside the runs' directory, or in the current one.
fn stored(run: &Path) -> Option<Detection> {
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
    fn this_version_comes_with_a_calibration() {
        let shipped = shipped().expect("of this version, and readable");
        assert!(shipped.planted > 0 && !shipped.measured.is_empty());
    }

    #[test]
    fn a_calibration_of_one_plant_does_not_replace_that_of_all() {
        let of = |planted| Detection {
            planted,
            ..Detection::default()
        };
        assert_eq!(wider(Some(of(1)), Some(of(40))), Some(of(40)));
        let here = Detection { runs: 7, ..of(40) };
        assert_eq!(wider(Some(here.clone()), Some(of(40))), Some(here.clone()));
        assert_eq!(wider(Some(here.clone()), None), Some(here));
        assert_eq!(wider(None, Some(of(40))), Some(of(40)));
    }

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
