//! Durations as people write them: `60s`, `2m`, `500ms`, `1.5h`, or plain seconds.
//!
//! No crate parses exactly this. `humantime` accepts neither fractions nor plain numbers, `jiff` does not accept plain
//! numbers, and both accept `60 s` and `3d`, which are mistakes here. Target and suite files rely on this syntax.

use std::time::Duration;

/// The longest accepted duration.
pub const LONGEST: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Parses a duration.
///
/// # Errors
/// What is wrong, and how to write it.
pub fn parse(text: &str) -> Result<Duration, String> {
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: f64 = number
        .parse()
        .map_err(|_| format!("`{text}` is not a duration; try 60s or 2m"))?;
    let seconds = match unit {
        "ms" => number / 1_000.0,
        "" | "s" => number,
        "m" => number * 60.0,
        "h" => number * 3_600.0,
        _ => return Err(format!("unit `{unit}` is not one of ms, s, m, h")),
    };
    if seconds > LONGEST.as_secs_f64() {
        return Err(format!("`{text}` is longer than seven days"));
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// The length of a load phase.
///
/// # Errors
/// What is wrong, and what is allowed.
pub fn load_phase(text: &str) -> Result<Duration, String> {
    let length = parse(text)?;
    if length < Duration::from_secs(1) {
        return Err("the load phase lasts from one second to seven days".into());
    }
    Ok(length)
}

/// A duration for readers: `40 s`, `3 min`, `2 h 30 min`.
pub fn shown(length: Duration) -> String {
    let seconds = length.as_secs_f64().round() as u64;
    match (seconds / 3_600, seconds % 3_600 / 60, seconds) {
        (0, 0..=1, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{} min", minutes + u64::from(seconds % 60 >= 30)),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_write_them() {
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(load_phase("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("0s"), Ok(Duration::ZERO));
        assert!(parse("60 s").is_err() && parse("soon").is_err() && parse("3d").is_err());
        assert!(load_phase("0").is_err() && parse("169h").is_err());
    }

    #[test]
    fn times_are_shown_as_people_say_them() {
        let said = |seconds| shown(Duration::from_secs(seconds));
        assert_eq!(
            [said(40), said(119), said(170), said(2_400), said(9_000)],
            ["40 s", "119 s", "3 min", "40 min", "2 h 30 min"]
        );
    }
}
