//! `jepsen doctor`: tests which faults can run here, and says how to permit the others.

use anyhow::Result;
use nemesis::doctor::{Outcome, examine};

use crate::exit::{self, Stop};
use crate::output::{tell, visible};

/// Tests everything and prints the results. Exit code 0 if every fault can run here, 253 if some cannot.
///
/// # Errors
/// If not even a child process can be started.
pub fn run() -> Result<i32> {
    let diagnosis = examine().map_err(|error| Stop::machine(error.to_string()))?;
    let mut text = String::new();
    for trial in &diagnosis.trials {
        let name = trial.capability.name();
        match &trial.outcome {
            Outcome::Works(seen) => text += &format!("  ok      {name:<38} {}\n", visible(seen)),
            Outcome::Refused(why) => text += &format!("  refused {name:<38} {}\n", visible(why)),
            Outcome::NotTried => {
                text += &format!("  -       {name:<38} not tried, depends on what was refused\n")
            }
        }
        for remedy in &trial.remedies {
            text += &format!("            to permit it: {}\n", visible(remedy));
        }
    }
    let word = |can| {
        if can {
            "can run here"
        } else {
            "cannot run here"
        }
    };
    text += &format!("network faults {}\n", word(diagnosis.network_faults()));
    text += &format!(
        "message cuts, slow, lossy and narrow links {}\n",
        word(diagnosis.diverted_links())
    );
    text += &format!("process faults {}\n", word(diagnosis.process_faults()));
    text += &format!(
        "slow, failing, lying and full disks {}\n",
        word(diagnosis.supervised_calls())
    );
    text += &format!(
        "power loss and bit rot {}\n",
        word(diagnosis.mounted_disks())
    );
    text += &format!("clock faults {}\n", word(diagnosis.clock_faults()));
    if !diagnosis.network_faults() && diagnosis.process_faults() {
        text += "`jepsen run process` runs pauses and kills with nodes on 127.0.0.1 to 127.0.0.3\n";
        if diagnosis.supervised_calls() {
            text += "`jepsen run process --faults slow-sync,disk-full` makes their disks worse\n";
        }
        if diagnosis.clock_faults() {
            text += "`jepsen run process --faults clock` moves their wall clocks\n";
        }
    }
    tell(&text);
    Ok(
        if diagnosis.network_faults()
            && diagnosis.diverted_links()
            && diagnosis.supervised_calls()
            && diagnosis.mounted_disks()
            && diagnosis.clock_faults()
        {
            exit::VALID
        } else {
            exit::MACHINE
        },
    )
}
