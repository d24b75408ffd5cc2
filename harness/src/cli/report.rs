//! `jepsen report RUN`: writes the page of a stored run again, from its stored values.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use reports::RunReport;

use crate::exit::{self, Stop};
use crate::output::tell;
use crate::session::publish::write_page;
use crate::store::layout;

/// Flags of `report`.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// The run directory.
    #[arg(value_name = "RUN", default_value = "runs/latest")]
    pub run: PathBuf,
}

/// Writes the page again; the verdict is not looked at anew (that is `jepsen check`).
///
/// # Errors
/// If the run has no stored values, because it was cut short or is of another version.
pub fn run(arguments: &ReportArguments) -> Result<i32> {
    let path = arguments.run.join(layout::REPORT_VALUES);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Stop::usage(format!(
            "{}: {error}; a run that was cut short has no page, but `jepsen check` judges its history",
            path.display()
        ))
    })?;
    let mut report: RunReport = serde_json::from_str(&text)
        .map_err(|error| Stop::usage(format!("{}: {error}", path.display())))?;
    write_page(&arguments.run, &mut report);
    tell(&arguments.run.join(layout::PAGE).display().to_string());
    Ok(exit::VALID)
}
