//! `jepsen report RUN`: renders the page of a stored run again, from its stored values.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use reports::RunReport;

use crate::exit::{self, Stop};
use crate::output::{name, tell};
use crate::session::publish::write_page;
use crate::store::layout;

/// Flags of `report`.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// The run directory.
    #[arg(value_name = "RUN", default_value = "runs/latest")]
    pub run: PathBuf,
}

/// Renders the page again. The verdict is not recomputed (`jepsen check` does that).
///
/// # Errors
/// If the run has no stored values, because it was interrupted or is of another version, or if a file cannot be written.
pub fn run(arguments: &ReportArguments) -> Result<i32> {
    let path = arguments.run.join(layout::REPORT_VALUES);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Stop::usage(format!(
            "{}: {error}; an interrupted run has no page, but `jepsen check` judges its history",
            name(&path)
        ))
    })?;
    let mut report: RunReport = serde_json::from_str(&text)
        .map_err(|error| Stop::usage(format!("{}: {error}", name(&path))))?;
    write_page(&arguments.run, &mut report)?;
    tell(&name(&arguments.run.join(layout::PAGE)));
    Ok(exit::VALID)
}
