//! `jepsen`: parse, answer, exit code.

use std::panic::{PanicHookInfo, catch_unwind, set_hook};

use harness::bounded::memory;
use harness::cli::{Cli, Command};
use harness::{exit, output};

#[global_allocator]
static MEMORY: memory::OrEnd = memory::OrEnd;

fn main() {
    output::survive_file_limit();
    let code = catch_unwind(run).unwrap_or(exit::BUG);
    std::process::exit(output::finish(code));
}

fn run() -> i32 {
    let cli: Cli = match output::arguments::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    // A panic message is written to the node's log, which the harness searches for panics.
    if !matches!(cli.command, Some(Command::Broker(_))) {
        set_hook(Box::new(report_bug));
    }
    match cli.answer() {
        Ok(code) => code,
        Err(error) => {
            output::complain(&error);
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
    output::say_always(&format!(
        "jepsen: this is a bug of jepsen: {} (at {}, thread {}). Please report it with the command that was typed.",
        message.unwrap_or("no message"),
        place.as_deref().unwrap_or("an unknown place"),
        thread.name().unwrap_or("without name"),
    ));
}
