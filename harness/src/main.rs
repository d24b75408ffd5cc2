//! `jepsen`: parse, answer, exit code.

use std::panic::catch_unwind;

use clap::Parser;
use harness::cli::Cli;
use harness::{exit, output};

fn main() {
    let code = catch_unwind(run).unwrap_or(exit::BUG);
    std::process::exit(code);
}

fn run() -> i32 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are not errors; clap's own code for usage errors is 2, which here means undecided.
            let _ = error.print();
            return if error.use_stderr() {
                exit::USAGE
            } else {
                exit::VALID
            };
        }
    };
    match cli.answer() {
        Ok(code) => code,
        Err(error) => {
            output::say(&format!("jepsen: {error:#}"));
            error
                .downcast_ref::<exit::Stop>()
                .map_or(exit::BUG, |stop| stop.code)
        }
    }
}
