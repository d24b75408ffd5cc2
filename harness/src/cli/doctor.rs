//! `jepsen doctor`: tests which faults can run here, and says how to permit the others.

use anyhow::Result;
use clap::Args;
use nemesis::doctor::{Capability, Diagnosis, Outcome, examine};
use serde::Serialize;

use crate::exit::{self, Stop};
use crate::output::{only_json, tell, tell_json, visible};

/// Flags of `doctor`.
#[derive(Clone, Copy, Debug, Args)]
pub struct DoctorArguments {
    /// Print the results as one JSON document, see docs/output.md.
    #[arg(long)]
    pub json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    exit_code: i32,
    faults: Vec<Faults>,
    trials: Vec<Tried<'a>>,
}

/// Faults that need the same of a machine.
#[derive(Serialize)]
struct Faults {
    /// As in the text.
    name: &'static str,
    can_run: bool,
}

/// One trial.
#[derive(Serialize)]
struct Tried<'a> {
    capability: Capability,
    /// What was tried, in words.
    name: &'static str,
    /// `works`, `refused` or `not-tried`.
    outcome: &'static str,
    /// What was seen, or why it was refused.
    detail: &'a str,
    /// What would permit it.
    remedies: &'a [String],
}

/// Tests everything and prints the results. Exit code 0 if every fault can run here, 253 if some cannot.
///
/// # Errors
/// If not even a child process can be started.
pub fn run(arguments: &DoctorArguments) -> Result<i32> {
    if arguments.json {
        only_json();
    }
    let diagnosis = examine().map_err(|error| Stop::machine(error.to_string()))?;
    let faults = faults(&diagnosis);
    let exit_code = match faults.iter().all(|one| one.can_run) {
        true => exit::VALID,
        false => exit::MACHINE,
    };
    match arguments.json {
        true => tell_json(&Document {
            exit_code,
            faults,
            trials: tried(&diagnosis),
        })?,
        false => tell(&text(&diagnosis, &faults)),
    }
    Ok(exit_code)
}

fn faults(diagnosis: &Diagnosis) -> Vec<Faults> {
    let all = [
        ("network faults", diagnosis.network_faults()),
        (
            "message cuts, slow, lossy and narrow links",
            diagnosis.diverted_links(),
        ),
        ("process faults", diagnosis.process_faults()),
        (
            "slow, failing, lying and full disks",
            diagnosis.supervised_calls(),
        ),
        ("power loss and bit rot", diagnosis.mounted_disks()),
        ("clock faults", diagnosis.clock_faults()),
    ];
    all.map(|(name, can_run)| Faults { name, can_run }).into()
}

fn tried(diagnosis: &Diagnosis) -> Vec<Tried<'_>> {
    let trials = diagnosis.trials.iter().map(|trial| {
        let (outcome, detail) = match &trial.outcome {
            Outcome::Works(seen) => ("works", seen.as_str()),
            Outcome::Refused(why) => ("refused", why.as_str()),
            Outcome::NotTried => ("not-tried", ""),
        };
        Tried {
            capability: trial.capability,
            name: trial.capability.name(),
            outcome,
            detail,
            remedies: &trial.remedies,
        }
    });
    trials.collect()
}

fn text(diagnosis: &Diagnosis, faults: &[Faults]) -> String {
    let mut text = String::new();
    for trial in &diagnosis.trials {
        let name = trial.capability.name();
        text += &match &trial.outcome {
            Outcome::Works(seen) => format!("  ok      {name:<38} {}\n", visible(seen)),
            Outcome::Refused(why) => format!("  refused {name:<38} {}\n", visible(why)),
            Outcome::NotTried => {
                format!("  -       {name:<38} not tried, depends on what was refused\n")
            }
        };
        for remedy in &trial.remedies {
            text += &format!("            to permit it: {}\n", visible(remedy));
        }
    }
    for Faults { name, can_run } in faults {
        let word = if *can_run { "can" } else { "cannot" };
        text += &format!("{name} {word} run here\n");
    }
    if !diagnosis.network_faults() && diagnosis.process_faults() {
        text += "`jepsen run process` runs pauses and kills with nodes on 127.0.0.1, 127.0.0.2 and so on\n";
        if diagnosis.supervised_calls() {
            text += "`jepsen run process --faults slow-sync,disk-full` makes their disks worse\n";
        }
        if diagnosis.clock_faults() {
            text += "`jepsen run process --faults clock` moves their wall clocks\n";
        }
    }
    if faults.iter().all(|one| one.can_run) {
        text += "every kind of fault can run here; `jepsen` starts a run of a minute\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use nemesis::doctor::Trial;

    use super::*;

    /// A machine without user namespaces.
    fn diagnosis() -> Diagnosis {
        let trial = |capability, outcome| Trial {
            capability,
            outcome,
            remedies: vec!["sysctl -w x=1".to_owned()],
        };
        Diagnosis {
            trials: vec![
                trial(Capability::Processes, Outcome::Works("paused".into())),
                trial(Capability::Namespaces, Outcome::Refused("EPERM".into())),
                trial(Capability::Links, Outcome::NotTried),
            ],
        }
    }

    #[test]
    fn text_and_json_say_the_same() {
        let diagnosis = diagnosis();
        let faults = faults(&diagnosis);
        let text = text(&diagnosis, &faults);
        for line in [
            "network faults cannot run here",
            "process faults can run here",
            "to permit it: sysctl -w x=1",
            "127.0.0.1, 127.0.0.2 and so on",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert!(!text.contains("every kind"), "{text}");
        let trials = tried(&diagnosis);
        let value = serde_json::to_value(&trials).expect("JSON");
        assert_eq!(value[0]["capability"], "processes");
        assert_eq!(value[1]["outcome"], "refused");
        assert_eq!(
            (&value[1]["detail"], &value[2]["outcome"]),
            (&"EPERM".into(), &"not-tried".into())
        );
    }
}
