//! `jepsen`: parse, enter the sandbox where the command needs one, dispatch, exit code.

use std::panic::catch_unwind;

use clap::Parser;
use harness::cli::{Cli, Command};
use harness::{cli, exit, output};

fn main() {
    let code = catch_unwind(run).unwrap_or(exit::BUG);
    std::process::exit(code);
}

fn run() -> i32 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap's own code for usage errors is 2, which here means undecided.
            let _ = error.print();
            return if error.use_stderr() {
                exit::USAGE
            } else {
                exit::VALID
            };
        }
    };
    let result = match cli.command {
        None => cli::run::run(&cli.run),
        Some(Command::Run(arguments)) => cli::run::run(&arguments),
        Some(Command::List) => cli::list::run(),
        Some(Command::Doctor) => cli::doctor::run(),
        Some(Command::Check(arguments)) => cli::check::run(&arguments),
        Some(Command::Export(arguments)) => cli::export::run(&arguments),
        Some(Command::Figures(arguments)) => cli::figures::run(&arguments),
        Some(Command::Report(arguments)) => cli::report::run(&arguments),
        Some(Command::Calibrate(arguments)) => cli::calibrate::run(&arguments),
        Some(Command::Qualify(arguments)) => cli::qualify::run(&arguments),
        Some(Command::Merge(arguments)) => cli::merge::run(&arguments),
        Some(Command::Compare(arguments)) => cli::compare::run(&arguments),
        Some(Command::Serve(arguments)) => cli::serve::run(&arguments),
        Some(Command::Cluster(arguments)) => cli::cluster::run(&arguments),
        Some(Command::Prepare(arguments)) => cli::prepare::run(&arguments),
        Some(Command::Bench(arguments)) => cli::bench::run(&arguments),
        Some(Command::Broker(arguments)) => cli::broker::run(&arguments),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            output::say(&format!("jepsen: {error:#}"));
            error
                .downcast_ref::<exit::Stop>()
                .map_or(exit::BUG, |stop| stop.code)
        }
    }
}
