//! `jepsen report RUN`: renders the page of a stored run again, from its stored values. A run that ended before its
//! verdict is completed: judged, with page and results, and marked as interrupted.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use checkers::verdict::Doubt;
use clap::Args;
use reports::RunReport;
use reports::model::ScenarioReport;

use crate::bounded;
use crate::config::waivers;
use crate::exit::{self, Stop};
use crate::experiments::qualify::{completeness, manifest::Manifest};
use crate::output::{colour, name, say, tell, tell_painted};
use crate::session::browser::Browser;
use crate::session::evidence::Evidence;
use crate::session::{index, publish};
use crate::store::digests::Digests;
use crate::store::{RunLock, digests, layout, reserve};

/// Flags of `report`.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// The run directory.
    #[arg(value_name = "RUN", default_value = "runs/latest")]
    pub run: PathBuf,
    /// Accept the findings that this file waives, see docs/qualification.md.
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// Show the page in a browser: BROWSER, or xdg-open.
    #[arg(long)]
    pub open: bool,
}

/// Renders the page again. The verdict of a finished run is not recomputed (`jepsen check` does that), and the exit code
/// is 0 if the page was written. A scenario whose files are not as the run wrote them is undecided on the page, and so is
/// the exit code. A run without results is completed, and the exit code is that of its verdict.
///
/// # Errors
/// If the run cannot be read, its stored values are damaged, another process writes it, or the page cannot be written.
pub fn run(arguments: &ReportArguments) -> Result<i32> {
    let path = arguments.run.as_path();
    // The index over runs is beside the run itself and not beside a link to it.
    let run = path
        .canonicalize()
        .map_err(|error| Stop::usage(format!("{}: {error}; name a run directory", name(path))))?;
    let lock = RunLock::take(&run)?;
    // A link or a pipe counts as results, too: it is damage, and not a run that died.
    let code = match run.join(layout::RESULTS).symlink_metadata() {
        Ok(_) => render(&run, arguments.waivers.as_deref())?,
        Err(_) => complete(&run, &lock)?,
    };
    tell(&name(&path.join(layout::PAGE)));
    Browser::ready(arguments.open).show(&run.join(layout::PAGE));
    Ok(code)
}

fn render(run: &Path, waived: Option<&Path>) -> Result<i32> {
    let named = waivers::load(waived)?;
    let values = run.join(layout::REPORT_VALUES);
    let wrong = |what: String| Stop::usage(format!("{}: {what}", name(&values)));
    let text = bounded::text_below(run, layout::REPORT_VALUES, bounded::VALUES);
    let text = text.map_err(|error| {
        wrong(format!(
            "{error}; `jepsen check` judges the histories of a run without stored values"
        ))
    })?;
    let mut report = RunReport::read(&text).map_err(|error| wrong(error.to_string()))?;
    // The rendered files are written again, so their content does not matter.
    let evidence = Evidence::of_files(run, |name| !digests::is_rendered(name));
    if evidence.is_damaged(layout::REPORT_VALUES) {
        return evidence.require(run).map(|()| exit::UNDECIDED);
    }
    report.warnings.extend(waivers::end(&mut report.waivers));
    report.waivers.extend(named);
    surroundings(&mut report, run);
    doubt(&mut report, &evidence);
    publish::write_page(run, &mut report)?;
    digests::renew_rendered(run).with_context(|| format!("write {}", layout::RESULTS))?;
    // A second signal may have ended the run after its results and before it gave the space back.
    reserve::release(run);
    Ok(match evidence.is_whole() {
        true => exit::VALID,
        false => exit::UNDECIDED,
    })
}

fn complete(run: &Path, lock: &RunLock) -> Result<i32> {
    if run.join(layout::RUN).exists() {
        say("this run ended before its verdict: judging what it recorded");
    }
    let mut report = publish::complete(run, lock)?;
    if let Some(manifest) = Manifest::load(run)? {
        let missing = completeness::missing(&manifest, &report, &[manifest.shard]);
        report.run.incomplete.extend(missing);
    }
    publish::write_results(run, &mut report, &Digests::new())?;
    tell_painted(&reports::summary_text(&report, colour()));
    index::write(run.parent().context("a run directory without a parent")?);
    Ok(report.exit_code)
}

/// Runs of older versions did not store what happened around their failures; the files are still there.
fn surroundings(report: &mut RunReport, run: &Path) {
    let started = report.run.started.clone();
    for scenario in &mut report.scenarios {
        let Some(name) = folder(scenario).map(str::to_owned) else {
            continue;
        };
        let directory = run.join(layout::SCENARIOS).join(name);
        let warnings = publish::around::add(scenario, run, &directory, &started);
        report.warnings.extend(warnings);
    }
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
