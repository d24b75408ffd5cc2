//! Makes the calibration that comes with the program: `shipped CALIBRATION.JSON DAY` prints what belongs into
//! `harness/calibration/shipped.json`.

use std::error::Error;
use std::io::Write;

use reports::Calibration;
use reports::model::ShippedCalibration;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(day)) = (arguments.next(), arguments.next()) else {
        return Err("usage: shipped CALIBRATION.JSON DAY".into());
    };
    let calibration: Calibration = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let shipped = ShippedCalibration::of(&calibration, &day)
        .ok_or("it ran no planted bug, or was interrupted")?;
    let text = serde_json::to_string_pretty(&shipped)?;
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}
