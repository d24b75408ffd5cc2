//! `jepsen report RUN`: renders the page of a stored run again, from its stored values. A run that ended before its
//! verdict is completed: judged, with page and results, and marked as interrupted.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use reports::RunReport;

use crate::exit::{self, Stop};
use crate::experiments::qualify::{completeness, manifest::Manifest};
use crate::output::{colour, name, say, tell, tell_painted};
use crate::session::{index, publish};
use crate::store::{RunLock, layout};

/// Flags of `report`.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// The run directory.
    #[arg(value_name = "RUN", default_value = "runs/latest")]
    pub run: PathBuf,
}

/// Renders the page again. The verdict of a finished run is not recomputed (`jepsen check` does that), and the exit code
/// is 0 if the page was written. A run without results is completed, and the exit code is that of its verdict.
///
/// # Errors
/// If the run cannot be read, another process writes it, or the page cannot be written.
pub fn run(arguments: &ReportArguments) -> Result<i32> {
    let path = arguments.run.as_path();
    // The index over runs is beside the run itself and not beside a link to it.
    let run = path
        .canonicalize()
        .map_err(|error| Stop::usage(format!("{}: {error}; name a run directory", name(path))))?;
    let lock = RunLock::take(&run)?;
    let code = if run.join(layout::RESULTS).is_file() {
        render(&run)?;
        exit::VALID
    } else {
        complete(&run, &lock)?
    };
    tell(&name(&path.join(layout::PAGE)));
    Ok(code)
}

fn render(run: &Path) -> Result<()> {
    let values = run.join(layout::REPORT_VALUES);
    let wrong = |what: String| Stop::usage(format!("{}: {what}", name(&values)));
    let text = std::fs::read_to_string(&values).map_err(|error| {
        wrong(format!(
            "{error}; `jepsen check` judges the histories of a run without stored values"
        ))
    })?;
    let mut report: RunReport =
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    publish::write_page(run, &mut report)?;
    publish::write_head(run, &report)
}

fn complete(run: &Path, lock: &RunLock) -> Result<i32> {
    say("this run ended before its verdict: judging what it recorded");
    let mut report = publish::complete(run, lock)?;
    if let Some(manifest) = Manifest::load(run) {
        let missing = completeness::missing(&manifest, &report, &[manifest.shard]);
        report.run.incomplete.extend(missing);
    }
    publish::write_results(run, &mut report)?;
    tell_painted(&reports::summary_text(&report, colour()));
    index::write(run.parent().context("a run directory without a parent")?);
    Ok(report.exit_code)
}
