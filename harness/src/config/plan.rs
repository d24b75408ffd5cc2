//! Fault plans: drawn from the words that were typed, or replayed from an earlier run's `faults.json`.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use nemesis::catalogue::{Class, Kind, Selection, UnknownWord};
use nemesis::plan::{Timing, Window};

pub use nemesis::plan::Plan;

use crate::bounded;
use crate::config::near;
use crate::config::target::Target;
use crate::exit::Stop;

/// The latest end of a plan: 31 days. Later times are mistakes, and sums of them exceed 64 bits.
const PLAN_MS_MAX: u64 = 31 * 24 * 3_600_000;

/// Draws a plan of the faults named in `words` (classes, kinds, kinds with a role, or `none`).
///
/// # Errors
/// If a word is not a fault.
pub fn draw(words: &str, time_limit: Duration, seed: u64, timing: &Timing) -> Result<Plan> {
    let selection = selection(words)?;
    Ok(Plan::for_time_limit(time_limit, seed, &selection, timing))
}

fn selection(words: &str) -> Result<Selection> {
    words.parse().map_err(|error: UnknownWord| {
        let says = match error.why.is_empty() {
            true => unknown(&error),
            false => error.to_string(),
        };
        Stop::usage(format!("--faults {words}: {says}"))
    })
}

/// What to say of a word that names no fault, or a role that its fault does not have.
fn unknown(error: &UnknownWord) -> String {
    let (name, role) = match error.word.split_once(':') {
        Some((name, role)) => (name, Some(role)),
        None => (error.word.as_str(), None),
    };
    if let (Ok(kind), Some(role)) = (name.parse::<Kind>(), role) {
        let roles: Vec<&str> = kind.roles().iter().map(|role| role.name()).collect();
        let meant = near::nearest(role, roles.iter().copied());
        let meant = meant.map(|meant| format!("did you mean `{name}:{meant}`? "));
        return format!(
            "`{role}` is not a role of {}; {}its roles are: {}",
            kind.name(),
            meant.unwrap_or_default(),
            roles.join(", ")
        );
    }
    let known = Kind::ALL.iter().map(|kind| kind.name());
    let known = known.chain(["network", "process", "clock", "all", "none"]);
    let name = name.split('=').next().unwrap_or_default();
    match near::nearest(name, known) {
        Some(meant) => {
            format!("no fault `{name}`; did you mean `{meant}`? `jepsen list faults` lists all")
        }
        None => error.to_string(),
    }
}

/// Reports what does not fit into a plan, as a sentence: the faults that a run of this length cannot contain, and the
/// length that it would need. None if the plan contains everything that a run of this selection should have.
///
/// # Errors
/// If a word is not a fault.
pub fn no_room(words: &str, plan: &Plan, target: &Target) -> Result<Option<String>> {
    let timing = target.timing();
    let selection = selection(words)?;
    let lacking = plan.lacks(&selection);
    let short = plan
        .windows
        .iter()
        .any(|window| u128::from(window.duration_ms) < timing.window_min.as_millis());
    if lacking.is_empty() && !short {
        return Ok(None);
    }
    let seconds = |ms: u64| ms as f64 / 1e3;
    let faults = match plan.windows.len() {
        1 => "1 fault".to_owned(),
        faults => format!("{faults} faults"),
    };
    let mut sentence = format!(
        "{:.0} s of load is enough for {faults} on this target, which needs {:.1} s to detect \
         a dead leader",
        seconds(plan.time_limit_ms),
        target.detection().as_secs_f64()
    );
    if !lacking.is_empty() {
        sentence += &format!("; not in this run: {}", lacking.join(", "));
    }
    if short {
        sentence += "; its fault is too short for an election";
    }
    let enough = Plan::time_for_everything(&timing, &selection).as_secs();
    Ok(Some(format!(
        "{sentence}; --time-limit {enough}s is enough for all of them"
    )))
}

/// Reads an earlier run's plan: times, kinds and roles are replayed, roles are resolved again.
///
/// # Errors
/// If the file cannot be read or is not a plan.
pub fn replay(file: &Path) -> Result<Plan> {
    let name = file.display();
    let wrong = |what: String| Stop::usage(format!("--schedule {name}: {what}"));
    let text = bounded::text(file, bounded::PLAN).map_err(|error| wrong(error.to_string()))?;
    let plan = Plan::from_json(&text).map_err(|error| wrong(error.to_string()))?;
    let too_late = |window: &&Window| {
        let end = window.at_ms.checked_add(window.duration_ms);
        end.is_none_or(|end| end > PLAN_MS_MAX)
    };
    if let Some(window) = plan.windows.iter().find(too_late) {
        return Err(wrong(format!(
            "window {} ends after more than 31 days",
            window.id
        )));
    }
    match plan.time_limit_ms > PLAN_MS_MAX {
        true => Err(wrong("its time_limit_ms is more than 31 days".to_owned())),
        false => Ok(plan),
    }
}

/// `network`, `process`, `disk` or `clock`, for a kind's name.
pub fn class_of(kind: &str) -> Option<&'static str> {
    let kind: Kind = kind.parse().ok()?;
    Some(match kind.class() {
        Class::Network => "network",
        Class::Process => "process",
        Class::Disk => "disk",
        Class::Clock => "clock",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_names_the_fault_or_the_role_that_was_meant() {
        let told = |words: &str| selection(words).expect_err("a slip").to_string();
        for (words, says) in [
            (
                "kil",
                "no fault `kil`; did you mean `kill`? `jepsen list faults` lists all",
            ),
            ("pause,kil:leader", "did you mean `kill`?"),
            ("lossy-lnk=5%", "did you mean `lossy-link`?"),
            ("netwrk", "did you mean `network`?"),
            ("kill:leadr", "did you mean `kill:leader`? its roles are:"),
            (
                "kill:comet",
                "`comet` is not a role of kill; its roles are:",
            ),
            ("comet", "no fault is called"),
        ] {
            let told = told(words);
            assert!(
                told.starts_with(&format!("--faults {words}: ")) && told.contains(says),
                "{told}"
            );
        }
    }

    #[test]
    fn a_run_that_is_too_short_says_what_it_cannot_hold() {
        let kafka = Target::load("apache-kafka").expect("a built-in target");
        let told = |seconds, target: &Target| {
            let length = Duration::from_secs(seconds);
            let plan = draw("network,process", length, 1, &target.timing()).expect("a plan");
            no_room("network,process", &plan, target).expect("known words")
        };
        let short = told(30, &kafka).expect("too short");
        assert!(
            short.contains("the leader killed") && short.contains("--time-limit 142s"),
            "{short}"
        );
        assert!(told(10, &kafka).is_some_and(|short| short.contains("too short for an election")));
        assert_eq!(told(142, &kafka), None);
        let reference = Target::load("reference").expect("a built-in target");
        assert_eq!(told(60, &reference), None);
        let one = told(5, &reference).expect("too short");
        assert!(
            one.starts_with("5 s of load is enough for 1 fault on"),
            "{one}"
        );
    }
}
