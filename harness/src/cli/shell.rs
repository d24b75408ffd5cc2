//! `jepsen completions` and `jepsen man`: what a shell and `man` need to know of the command line, made from the command line
//! itself.

use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::exit;
use crate::output::tell;

/// Arguments of `completions`.
#[derive(Clone, Debug, Args)]
pub struct CompletionsArguments {
    /// The shell. For bash: jepsen completions bash > ~/.local/share/bash-completion/completions/jepsen.
    pub shell: Shell,
}

/// Prints the script that completes commands, options and their values.
///
/// # Errors
/// None today. The type is that of every sub-command.
pub fn completions(arguments: &CompletionsArguments) -> Result<i32> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "jepsen", &mut script);
    tell(&String::from_utf8_lossy(&script));
    Ok(exit::VALID)
}

/// Prints the manual page of all commands, as roff: `jepsen man | man -l -`.
///
/// # Errors
/// If the page cannot be composed, which is a bug.
pub fn man() -> Result<i32> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for sub in command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "help")
    {
        let man = clap_mangen::Man::new(sub.clone());
        man.render_name_section(&mut page)?;
        man.render_synopsis_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    tell(&String::from_utf8_lossy(&page));
    Ok(exit::VALID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_learns_every_command() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "jepsen", &mut script);
            let script = String::from_utf8(script).expect("text");
            for sub in Cli::command().get_subcommands() {
                assert!(
                    script.contains(sub.get_name()),
                    "{shell}: {}",
                    sub.get_name()
                );
            }
        }
    }
}
