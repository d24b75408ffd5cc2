//! `jepsen`: parse, answer, exit code.

use std::panic::{PanicHookInfo, catch_unwind, set_hook};

use clap::Parser;
use harness::bounded::memory;
use harness::cli::{Cli, Command};
use harness::{exit, output};

#[global_allocator]
static MEMORY: memory::OrEnd = memory::OrEnd;

fn main() {
    let code = catch_unwind(run).unwrap_or(exit::BUG);
    std::process::exit(code);
}

fn run() -> i32 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are not errors. clap exits with 2 for usage errors, which means undecided here.
            let _ = error.print();
            return if error.use_stderr() {
                exit::USAGE
            } else {
                exit::VALID
            };
        }
    };
    // A panic message is written to the node's log, which the harness searches for panics.
    if !matches!(cli.command, Some(Command::Broker(_))) {
        set_hook(Box::new(report_bug));
    }
    match cli.answer() {
        Ok(code) => code,
        Err(error) => {
            output::say(&format!("jepsen: {error:#}"));
            exit::of_error(&error)
        }
    }
}

/// Reports a panic to the user as a bug of jepsen, with the details that its author needs.
fn report_bug(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let message = payload.downcast_ref::<&str>().copied();
    let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let place = panic.location().map(ToString::to_string);
    let thread = std::thread::current();
    output::say(&format!(
        "jepsen: this is a bug of jepsen: {} (at {}, thread {}). Please report it with the command that was typed.",
        message.unwrap_or("no message"),
        place.as_deref().unwrap_or("an unknown place"),
        thread.name().unwrap_or("without name"),
    ));
}
