//! `jepsen export RUN --edn`: writes a stored history in the format of Jepsen's own Kafka checker, to standard output.

use std::path::PathBuf;

use anyhow::Result;
use checkers::export;
use checkers::history::What;
use clap::Args;

use crate::exit::{self, Stop};
use crate::output::{name, say, tell_data};
use crate::session::{evidence, judge};

/// Flags of `export`.
#[derive(Clone, Debug, Args)]
pub struct ExportArguments {
    /// A history file, a run directory with one scenario, or - for standard input.
    pub path: PathBuf,
    /// As EDN, one map per line, in the format of Jepsen's Kafka checker.
    #[arg(long, required = true)]
    pub edn: bool,
}

/// Writes the complete history or nothing: other tools judge it, and a part may be valid although the whole is not.
///
/// # Errors
/// If the path is neither a run nor a history, or names several histories.
pub fn run(arguments: &ExportArguments) -> Result<i32> {
    let (found, _) = evidence::histories(&arguments.path)?;
    let [one] = found.as_slice() else {
        let names: Vec<String> = found.iter().map(|one| name(&one.history.path)).collect();
        return Err(Stop::usage(format!(
            "{}: a run of {} scenarios, but an export contains one history; name one of: {}",
            name(&arguments.path),
            found.len(),
            names.join(", ")
        )));
    };
    if let Some(problem) = &one.damage {
        return Err(Stop::usage(format!(
            "{}: history damaged: {problem}",
            arguments.path.display()
        )));
    }
    if !one.history.is_recorded() {
        return Err(Stop::usage(format!(
            "{}: only recorded runs are exported, and this is a history of another tool",
            name(&one.history.path)
        )));
    }
    let (history, warnings) = judge::read(&one.history)?;
    for warning in &warnings {
        say(&format!("warning: {warning}"));
    }
    let mut events = history.events().iter();
    let is_empty = !events.any(|event| matches!(event.what, What::Invoke(_)));
    tell_data(&export::edn(&history));
    if is_empty {
        say(
            "warning: the history contains no operations, so a judgement of the export proves nothing",
        );
        return Ok(exit::UNDECIDED);
    }
    Ok(exit::VALID)
}
