//! One build under test: its run directory, its report, and how a cell of the matrix runs on it.

use std::path::PathBuf;

use anyhow::Result;
use reports::RunReport;

use super::Question;
use super::ending::line;
use crate::cli::run::{announce, reproduce, warn_of};
use crate::cli::stage::Stage;
use crate::config::scenario::{Asked, Scenario};
use crate::config::target::Target;
use crate::faults;
use crate::output::{bars, say};
use crate::plants::Plants;
use crate::qualify::manifest::Manifest;
use crate::qualify::matrix::Cell;
use crate::run::{self, Finished, Setup};
use crate::store::RunDirectory;
use crate::summary::{self, Conditions};

/// One build under test.
pub(super) struct Build {
    /// Where it is kept.
    pub(super) directory: RunDirectory,
    /// What is known of it so far.
    pub(super) report: RunReport,
    target: Target,
    plants: Plants,
    /// Tells two builds of one invocation apart; empty where there is one.
    label: String,
}

impl Build {
    /// Makes its run directory and says what is about to run. `beside` is the id of the run that it is compared with,
    /// empty for the build in question.
    pub(super) fn begin(
        question: &Question<'_>,
        target: &Target,
        plants: &Plants,
        beside: &str,
        stage: &Stage,
    ) -> Result<Build> {
        let directory = RunDirectory::create(&question.arguments.out, question.seed)?;
        let conditions = Conditions {
            command: reproduce("qualify", question.seed),
            seed: question.seed,
            isolated: stage.environment.network().is_some(),
            client: target.client_settings(),
            plants: plants.words(),
        };
        let mut report = summary::begin(&directory, target, &conditions);
        report.run.suite.clone_from(&question.suite.name);
        if beside.is_empty() {
            announce(&directory, target, question.seed, &stage.environment);
        }
        summary::save_plan(&directory, &report)?;
        let label = match (beside.is_empty(), question.other.is_some()) {
            (true, true) => "  candidate",
            (false, _) => "  other",
            (true, false) => "",
        };
        Ok(Build {
            directory,
            report,
            target: target.clone(),
            plants: plants.clone(),
            label: label.to_owned(),
        })
    }

    /// Says that what follows is no judgement of the product, if it is none.
    pub(super) fn warn_of_plants(&self) {
        warn_of(&self.plants);
    }

    /// Writes down what this run is a part of.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn save_manifest(&self, manifest: &Manifest) -> Result<()> {
        let manifest = Manifest {
            target: self.target.name.clone(),
            plants: self.plants.words(),
            ..manifest.clone()
        };
        manifest.save(&self.directory.path)
    }

    /// Runs one cell and adds it to the report.
    ///
    /// # Errors
    /// If the harness itself cannot go on.
    pub(super) async fn cell(
        &mut self,
        scenario: &Scenario,
        cell: &Cell,
        seed: u64,
        place: &str,
        stage: &Stage,
    ) -> Result<()> {
        let path = self.directory.scenario(&cell.name)?;
        let (setup, finished) = self
            .run(scenario, &cell.name, seed, path, place, stage)
            .await?;
        let before = self.report.scenarios.len();
        if let Err(error) =
            summary::scenario(&mut self.report, &scenario.description, &setup, &finished)
        {
            self.report
                .warnings
                .push(format!("{}: {error:#}", cell.name));
        }
        if let Some(entry) = self.report.scenarios.get(before) {
            say(&line(place, &self.label, entry));
        }
        Ok(())
    }

    /// Runs a scenario into a directory and leaves the judging to the caller.
    ///
    /// # Errors
    /// If the harness itself cannot go on.
    pub(super) async fn run(
        &self,
        scenario: &Scenario,
        name: &str,
        seed: u64,
        path: PathBuf,
        place: &str,
        stage: &Stage,
    ) -> Result<(Setup, Finished)> {
        let plan = scenario.plan(seed, &self.target.timing())?;
        faults::save(&plan, &path.join("faults.json"))?;
        Asked::of(scenario).save(&path)?;
        let mut setup = Setup::of(scenario, &self.target, plan, seed);
        name.clone_into(&mut setup.name);
        setup.title = format!("{place} {name}{}", self.label);
        setup.run.clone_from(&self.directory.id);
        setup.directory = path;
        setup.plants = self.plants.clone();
        // On a terminal the bar is titled; lines need a heading.
        if !bars() {
            say(&format!(" {}", setup.title));
        }
        let finished =
            run::scenario(&setup, &stage.environment, &stage.table, &stage.interrupt).await?;
        Ok((setup, finished))
    }
}
