//! `jepsen list`: everything that can be selected, and for plants the real bugs behind them. `jepsen list mutants`: the
//! lies that the reference broker can tell.

use anyhow::Result;
use clap::{Args, ValueEnum};
use nemesis::catalogue::Kind;

use crate::config::scenario;
use crate::config::suite::Suite;
use crate::config::target::Target;
use crate::exit;
use crate::experiments::calibrate::{mutants, table};
use crate::experiments::incident;
use crate::load::workloads::WORKLOADS;
use crate::output::tell;

/// Arguments of `list`.
#[derive(Clone, Debug, Args)]
pub struct ListArguments {
    /// What to list; everything but mutants if absent.
    pub what: Option<What>,
}

/// A list of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// The lies of the reference broker, for `--mutant NAME` or `NAME@NODE`.
    Mutants,
}

/// Prints what is asked.
///
/// # Errors
/// None today. The type is that of every sub-command.
pub fn run(arguments: &ListArguments) -> Result<i32> {
    match arguments.what {
        None => everything(),
        Some(What::Mutants) => {
            tell(&mutants::listed());
            Ok(exit::VALID)
        }
    }
}

/// Prints scenarios, suites, workloads, faults with their roles, checks, plants and targets.
///
/// # Errors
/// None today. The type is that of every sub-command.
fn everything() -> Result<i32> {
    let mut text = String::from("scenarios\n");
    for scenario in scenario::built_in()? {
        text += &row(&scenario.name, &scenario.description);
    }
    text += "\nsuites (`jepsen qualify SUITE`; a single scenario: `jepsen run SUITE/SCENARIO`)\n";
    for name in Suite::built_in() {
        let suite = Suite::load(name)?;
        text += &row(name, &suite.description);
        for scenario in &suite.scenarios {
            let named = match scenario.named.as_slice() {
                [] => String::new(),
                names => format!("[{}] ", names.join(", ")),
            };
            text += &row(
                &format!("  {}", scenario.name),
                &format!("{named}{}", scenario.description),
            );
        }
    }
    text += &row(incident::NAME, incident::DESCRIPTION);
    text += "\nworkloads\n";
    for workload in WORKLOADS {
        text += &row(workload.name, workload.description);
    }
    text += "\nfaults (a class, a name, or name:role)\n";
    for kind in Kind::ALL {
        let roles: Vec<&str> = kind.roles().iter().map(|role| role.name()).collect();
        let class = kind.class();
        text += &row(kind.name(), &format!("{class}: {}", kind.description()));
        text += &row("", &format!("roles: {}", roles.join(", ")));
        if let Some(setting) = kind.setting() {
            text += &row("", &format!("{}=SETTING: {setting}", kind.name()));
        }
    }
    text += "\nchecks\n";
    for check in checkers::checks::TABLE {
        text += &row(check.name, check.rules_out);
    }
    text += "\nplants (deliberate bugs of the reference broker, for --plant NAME or NAME@NODE)\n";
    for (plant, offered) in table::subjects() {
        text += &row(plant.name, offered.does);
        let trigger = match plant.trigger {
            [] => "always".to_owned(),
            kinds => kinds.join(", "),
        };
        text += &row(
            "",
            &format!("trigger: {trigger}; workload: {}", plant.workload),
        );
        if let Some(number) = offered.parameter {
            let (what, default) = (number.what, number.default);
            text += &row(
                "",
                &format!("{}=N: {what}, {default} if absent", plant.name),
            );
        }
        text += &match plant.not_seen_because {
            None => row("", &format!("caught by: {}", plant.caught_by.join(", "))),
            Some(why) => row("", &format!("not detectable here: {why}")),
        };
        text += &row("", &format!("happened: {}", offered.happened));
    }
    text += &format!(
        "\nmutants: {} lies of the reference broker, see `jepsen list mutants`\n",
        mutants::ROWS.iter().copied().flatten().count()
    );
    text += "\ntargets\n";
    for name in Target::built_in() {
        text += &row(name, &Target::load(name)?.description);
    }
    tell(&text);
    Ok(exit::VALID)
}

fn row(name: &str, description: &str) -> String {
    format!("  {name:<20} {description}\n")
}
