//! The command line: its arguments, and the file that executes each command. Parsing has no side effects. A sub-command
//! that runs scenarios is an experiment ([`crate::experiments`]), the others have their files here. A new command is
//! one file and a row in [`Command`].

pub mod broker;
pub mod check;
pub mod client;
pub mod cluster;
pub mod compare;
pub mod doctor;
pub mod export;
pub mod init;
pub mod list;
pub mod model;
pub mod prepare;
pub mod report;
pub mod schema;
pub mod serve;
pub mod shell;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

use crate::bounded::memory;
use crate::config::{find, near};
use crate::exit::Stop;
use crate::experiments::{
    bench, calibrate, figures, incident, merge, museum, qualify, run, upgrade,
};
use crate::output::level::Level;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "jepsen",
    version,
    about = "A Jepsen-style black-box test harness for Kafka-compatible clusters",
    long_about = "Starts a broker cluster as real processes in a private network, cuts links, pauses and kills \
                  nodes, produces and consumes through librdkafka, judges the recorded history, and writes a report.\n\n\
                  `jepsen` alone runs the default scenario on the reference broker, about a minute.",
    after_help = crate::exit::HELP,
    args_conflicts_with_subcommands = true
)]
pub struct Cli {
    /// The command. `run` if none is given.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Flags of `run`, if no sub-command is given.
    #[command(flatten)]
    pub run: run::RunArguments,
    /// How much is printed.
    #[command(flatten)]
    pub level: Level,
}

/// The sub-commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run scenarios and judge them (the default).
    Run(run::RunArguments),
    /// List scenarios, suites, workloads, faults, checks, plants, targets, exhibits and mutants.
    List(list::ListArguments),
    /// Write a commented target file to start from.
    Init(init::InitArguments),
    /// Print the JSON schema of a kind of file, for editors.
    Schema(schema::SchemaArguments),
    /// Test which faults can run here, and say how to permit the others.
    Doctor(doctor::DoctorArguments),
    /// Judge a stored run or a history file again.
    Check(check::CheckArguments),
    /// Write a stored history in the format of another tool.
    Export(export::ExportArguments),
    /// Print the effect of each kind of fault in stored runs (gaps, changes of leader, epochs) and formation times.
    Figures(figures::FiguresArguments),
    /// Render the page of a stored run again.
    Report(report::ReportArguments),
    /// Run the planted bugs and report which check detects which, and how fast.
    Calibrate(calibrate::CalibrateArguments),
    /// Show bugs that shipped in real releases, and that the releases without them are clean.
    Museum(museum::MuseumArguments),
    /// Upgrade a cluster from one target to another under load and faults, and judge it.
    Upgrade(upgrade::UpgradeArguments),
    /// Run a suite of scenarios, compare with a baseline, and say whether the build qualifies.
    Qualify(qualify::QualifyArguments),
    /// Join the shards of one suite's run.
    Merge(merge::MergeArguments),
    /// Show two stored runs side by side.
    Compare(compare::CompareArguments),
    /// Browse runs on loopback, read-only.
    Serve(serve::ServeArguments),
    /// Download or build what a target needs, once, outside the sandbox.
    Prepare(prepare::PrepareArguments),
    /// Measure the same work on several targets, side by side.
    Bench(bench::BenchArguments),
    /// Print the script that completes this command line in a shell.
    Completions(shell::CompletionsArguments),
    /// Print the manual page: jepsen man | man -l -
    Man,
    /// Run three reference nodes on 127.0.0.1:9092, 9093 and 9094 until Ctrl-C.
    Cluster(cluster::ClusterArguments),
    /// Run one reference node.
    Broker(broker::BrokerArguments),
    /// Be one client of a run.
    #[command(hide = true)]
    Client,
}

impl Command {
    /// Whether it starts no process, so that a limit of its memory is that of no node.
    fn only_reads(&self) -> bool {
        use Command::{Check, Compare, Export, Figures, List, Merge, Report, Serve};
        matches!(
            self,
            Check(_)
                | Compare(_)
                | Export(_)
                | Figures(_)
                | List(_)
                | Merge(_)
                | Report(_)
                | Serve(_)
        )
    }
}

impl Cli {
    /// Executes the command. Returns the exit code.
    ///
    /// # Errors
    /// As of the sub-command. An error that is not a [`crate::exit::Stop`] is a bug.
    pub fn answer(self) -> Result<i32> {
        self.level.choose();
        let command = match self.command {
            Some(command) => command,
            None => Command::Run(no_slip(self.run)?),
        };
        if command.only_reads() {
            memory::limit_to_what_is_free();
        }
        match command {
            Command::Run(asked) if incident::is_asked(&asked) => incident::run(&asked),
            Command::Run(asked) => run::run(&asked),
            Command::List(asked) => list::run(&asked),
            Command::Init(asked) => init::run(&asked),
            Command::Schema(asked) => schema::run(&asked),
            Command::Doctor(asked) => doctor::run(&asked),
            Command::Check(asked) => check::run(&asked),
            Command::Export(asked) => export::run(&asked),
            Command::Figures(asked) => figures::run(&asked),
            Command::Report(asked) => report::run(&asked),
            Command::Calibrate(asked) => calibrate::run(&asked),
            Command::Museum(asked) => museum::run(&asked),
            Command::Upgrade(asked) => upgrade::run(&asked),
            Command::Qualify(asked) => qualify::run(&asked),
            Command::Merge(asked) => merge::run(&asked),
            Command::Compare(asked) => compare::run(&asked),
            Command::Serve(asked) => serve::run(&asked),
            Command::Prepare(asked) => prepare::run(&asked),
            Command::Bench(asked) => bench::run(&asked),
            Command::Completions(asked) => shell::completions(&asked),
            Command::Man => shell::man(),
            Command::Cluster(asked) => cluster::run(&asked),
            Command::Broker(asked) => broker::run(&asked),
            Command::Client => client::run(),
        }
    }
}

/// A name that no scenario has may be that of a command with a slip: `jepsen qualfy`.
fn no_slip(asked: run::RunArguments) -> Result<run::RunArguments> {
    let commands = Cli::command();
    let commands: Vec<&str> = commands
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    for name in &asked.scenarios {
        if commands.contains(&name.as_str()) && find::scenario(name).is_err() {
            return Err(Stop::usage(format!(
                "`{name}` is a command, and options follow it: `jepsen {name} --option`"
            )));
        }
        let meant = near::nearest(name, commands.iter().copied());
        if let (Some(meant), Err(_)) = (meant, find::scenario(name)) {
            return Err(Stop::usage(format!(
                "no command and no scenario `{name}`; did you mean `jepsen {meant}`?"
            )));
        }
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
