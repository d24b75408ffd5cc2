//! The trial of the doctor: a program that tells the time is started with a clock that is an hour ahead.

use std::process::{Command, Stdio};

use super::Clock;
use super::shift::{Shift, now_ns};

/// How far the clock of the trial is ahead.
const AHEAD_S: i64 = 3_600;

/// How long the program may take, so that what it says is still its clock's.
const SLOW_S: i64 = 60;

/// Moves the clock of a process; the text is what was seen.
///
/// # Errors
/// Why it cannot be moved.
pub(crate) fn trial() -> Result<String, String> {
    let text = |error: std::io::Error| error.to_string();
    let clock = Clock::new(None).map_err(text)?;
    clock.set(Shift::jump(AHEAD_S * 1_000_000_000));
    let mut command = Command::new("date");
    command
        .arg("+%s")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    clock.hook(&mut command);
    let child = command.spawn().map_err(|error| format!("date: {error}"))?;
    clock.redirect(Some(child.id()));
    let output = child.wait_with_output().map_err(text)?;
    clock.works()?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let told: i64 = said.parse().map_err(|_| format!("date says {said:?}"))?;
    let ahead_s = told - now_ns() / 1_000_000_000;
    match (AHEAD_S - SLOW_S..=AHEAD_S + 1).contains(&ahead_s) {
        true => Ok(format!("`date` is {ahead_s} s ahead")),
        false => Err(format!(
            "the clock was moved by {AHEAD_S} s, and `date` is {ahead_s} s ahead"
        )),
    }
}
