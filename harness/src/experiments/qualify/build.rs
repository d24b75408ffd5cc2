//! One build under test: its run directory, its report, and how a cell of the matrix runs on it.

use std::sync::Arc;

use anyhow::Result;
use nemesis::plan::Timing;

use super::Question;
use super::ending::line;
use super::manifest::Manifest;
use super::matrix::Cell;
use super::remaining::Turn;
use crate::config::plants::Plants;
use crate::config::scenario::Scenario;
use crate::config::target::Target;
use crate::config::waivers;
use crate::output::{progress, say};
use crate::run::Case;
use crate::session::publish::{Conditions, Publication, warn_of};
use crate::session::reproduce::reproduce;
use crate::session::{Overrides, Recorded, Session, resolve};

/// One build under test.
pub(super) struct Build {
    /// Its run.
    pub(super) run: Publication,
    target: Arc<Target>,
    plants: Plants,
    /// Distinguishes two builds of one invocation. Empty if there is one build.
    label: String,
}

impl Build {
    /// Creates its run directory and prints what is about to run.
    pub(super) fn begin(
        question: &Question<'_>,
        (target, plants): (&Arc<Target>, &Plants),
        is_candidate: bool,
        session: &Session,
    ) -> Result<Build> {
        let conditions = Conditions {
            target,
            command: reproduce("qualify", question.seed),
            seed: question.seed,
            plants,
            suite: &question.suite.name,
        };
        let mut run = Publication::begin(session, &conditions)?;
        run.report.waivers = waivers::load(question.arguments.waivers.as_deref())?;
        if is_candidate {
            run.announce(session, &conditions);
        }
        let label = match (is_candidate, question.other.is_some()) {
            (true, true) => "  candidate",
            (false, _) => "  other",
            (true, false) => "",
        };
        Ok(Build {
            run,
            target: target.clone(),
            plants: plants.clone(),
            label: label.to_owned(),
        })
    }

    /// How long faults last on its target.
    pub(super) fn timing(&self) -> Timing {
        self.target.timing()
    }

    /// Warns that the results do not judge the product, if the run has plants.
    pub(super) fn warn_of_plants(&self) {
        warn_of(&self.plants);
    }

    /// Writes which part of the suite's run this is.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn save_manifest(&self, manifest: &Manifest) -> Result<()> {
        let manifest = Manifest {
            target: self.target.name.clone(),
            target_digest: self.target.digest(),
            plants: self.plants.words(),
            ..manifest.clone()
        };
        manifest.save(&self.run.directory.path)
    }

    /// Runs one cell and adds it to the report.
    ///
    /// # Errors
    /// If the harness itself cannot continue.
    pub(super) async fn cell(
        &mut self,
        scenario: &Scenario,
        cell: &Cell,
        seed: u64,
        turn: &Turn,
        session: &Session,
    ) -> Result<()> {
        let recorded = self.play(scenario, &cell.name, seed, turn, session).await?;
        let before = self.run.report.scenarios.len();
        self.run.judge_and_add(&recorded);
        if let Some(entry) = self.run.report.scenarios.get(before) {
            say(&line(&turn.place, &self.label, entry));
        }
        Ok(())
    }

    /// Plays a scenario under a separate name and leaves the judgement to the caller.
    ///
    /// # Errors
    /// If the harness itself cannot continue.
    pub(super) async fn play(
        &self,
        scenario: &Scenario,
        name: &str,
        seed: u64,
        turn: &Turn,
        session: &Session,
    ) -> Result<Recorded> {
        let overrides = Overrides {
            plants: self.plants.clone(),
            ..Overrides::default()
        };
        let title = format!("{} {name}{}", turn.place, self.label);
        say(&progress::heading(&title, Some(turn.left)));
        let case = Case {
            name: name.to_owned(),
            suite_left: Some(turn.left),
            ..resolve(scenario, &overrides, &self.target, seed)?
        };
        let directory = self.run.directory.scenario(name)?;
        session.play(case, &self.run.directory.id, &directory).await
    }
}
