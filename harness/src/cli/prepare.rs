//! `jepsen prepare TARGET`: downloads or builds what a target needs, once, outside the sandbox.

use anyhow::Result;
use clap::Args;

use crate::config::target::Target;
use crate::exit;
use crate::output::{name, say, tell};
use crate::session::prepare;

/// Flags of `prepare`.
#[derive(Debug, Args)]
pub struct PrepareArguments {
    /// The target: a built-in name or a file.
    #[arg(value_name = "NAME|FILE")]
    pub target: String,
    /// Only report whether it is prepared: exit code 0, or 253 if it is not.
    #[arg(long)]
    pub check: bool,
}

/// Prepares the target again and prints its directory. With `--check` it only reports whether it is prepared: exit code
/// 0, or 253.
///
/// # Errors
/// If the target file is invalid or its command fails.
pub fn run(arguments: &PrepareArguments) -> Result<i32> {
    let target = Target::load(&arguments.target)?;
    if target.prepare.command.is_empty() {
        say(&format!("{} needs no preparation", target.name));
        return Ok(exit::VALID);
    }
    if arguments.check {
        let there = prepare::is_there(&target)?;
        let word = if there { "is" } else { "is not" };
        say(&format!(
            "{} {word} prepared in {}",
            target.name,
            name(&target.home)
        ));
        return Ok(if there { exit::VALID } else { exit::MACHINE });
    }
    say(&format!("preparing {}", target.name));
    prepare::anew(&target)?;
    tell(&name(&target.home));
    Ok(exit::VALID)
}
