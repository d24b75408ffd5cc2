//! `jepsen report RUN`: renders the page of a stored run again, from its stored values.

use std::path::PathBuf;

use anyhow::Result;
use checkers::verdict::Doubt;
use clap::Args;
use reports::RunReport;
use reports::model::ScenarioReport;

use crate::bounded;
use crate::exit::{self, Stop};
use crate::output::{say, tell};
use crate::session::evidence::Evidence;
use crate::session::publish::write_page;
use crate::store::{digests, layout};

/// Flags of `report`.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// The run directory.
    #[arg(value_name = "RUN", default_value = "runs/latest")]
    pub run: PathBuf,
}

/// Renders the page again. The verdict is not recomputed (`jepsen check` does that). A scenario whose files are not as
/// the run wrote them is undecided on the page, and so is the exit code.
///
/// # Errors
/// If the run has no stored values, because it was interrupted or is of another version, or if they are damaged.
pub fn run(arguments: &ReportArguments) -> Result<i32> {
    let path = arguments.run.join(layout::REPORT_VALUES);
    let text = bounded::text_below(&arguments.run, layout::REPORT_VALUES, bounded::VALUES);
    let text = text.map_err(|error| {
        Stop::usage(format!(
            "{}: {error}; an interrupted run has no page, but `jepsen check` judges its history",
            path.display()
        ))
    })?;
    let mut report = RunReport::read(&text)
        .map_err(|error| Stop::usage(format!("{}: {error}", path.display())))?;
    // The rendered files are written again, so their content does not matter.
    let evidence = Evidence::of_files(&arguments.run, |name| !digests::is_rendered(name));
    if evidence.is_damaged(layout::REPORT_VALUES) {
        return evidence.require(&arguments.run).map(|()| exit::UNDECIDED);
    }
    doubt(&mut report, &evidence);
    write_page(&arguments.run, &mut report);
    if let Err(error) = digests::renew_rendered(&arguments.run) {
        say(&format!(
            "  warning: {}/{}: {error:#}",
            arguments.run.display(),
            layout::RESULTS
        ));
    }
    tell(&path.with_file_name(layout::PAGE).display().to_string());
    Ok(match evidence.is_whole() {
        true => exit::VALID,
        false => exit::UNDECIDED,
    })
}

/// What is valid by files that have changed since is undecided.
fn doubt(report: &mut RunReport, evidence: &Evidence) {
    for scenario in &mut report.scenarios {
        let damage = folder(scenario).and_then(|folder| evidence.of_scenario(folder));
        if let Some(problem) = damage {
            scenario.judgement.doubt(&Doubt::Damaged { problem });
        }
    }
    for (name, problem) in evidence.damaged() {
        report.warnings.push(format!("damaged: {name}: {problem}"));
    }
}

/// The folder of a scenario's files.
fn folder(scenario: &ScenarioReport) -> Option<&str> {
    let mut below = scenario.files.iter().filter_map(|file| {
        let rest = file.path.strip_prefix(layout::SCENARIOS)?;
        rest.strip_prefix('/')?.split('/').next()
    });
    below.next().or(Some(&scenario.name))
}
