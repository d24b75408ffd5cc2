//! What a suite is about to run: the plan without a run, and what is printed before the first scenario.

use std::time::Duration;

use anyhow::Result;
use nemesis::plan::Plan;
use reports::RunReport;
use reports::model::Unavailable;
use serde::Serialize;

use super::Question;
use super::build::Build;
use super::completeness;
use super::matrix::{Cell, Shard};
use crate::config::time::shown;
use crate::output::{self, say};

/// What `--plan --json` prints.
#[derive(Serialize)]
pub(super) struct Planned<'a> {
    suite: &'a str,
    seed: String,
    seconds: u64,
    scenarios: Vec<PlannedCell>,
}

#[derive(Serialize)]
struct PlannedCell {
    name: String,
    /// Its seed.
    seed: String,
    seconds: u64,
    /// As in `faults.json`.
    plan: Plan,
}

impl Question<'_> {
    /// Every cell with its fault schedule, and its duration.
    ///
    /// # Errors
    /// If a word of a scenario means nothing.
    pub(super) fn planned(&self, mine: &[Cell]) -> Result<String> {
        let mut text = String::new();
        for cell in mine {
            let case = self.case(cell)?;
            let about = format!("about {}", shown(cell.duration));
            text += &output::plan::text(&cell.name, &about, &case.plan);
        }
        text += &format!(
            "{} scenarios, about {}\n",
            mine.len(),
            shown(self.estimated(mine))
        );
        Ok(text)
    }

    /// The same as values.
    ///
    /// # Errors
    /// If a word of a scenario means nothing.
    pub(super) fn planned_values(&self, mine: &[Cell]) -> Result<Planned<'_>> {
        let cell = |cell: &Cell| -> Result<PlannedCell> {
            let case = self.case(cell)?;
            Ok(PlannedCell {
                name: cell.name.clone(),
                seed: format!("{:#x}", case.seed),
                seconds: cell.duration.as_secs(),
                plan: case.plan,
            })
        };
        Ok(Planned {
            suite: &self.suite.name,
            seed: format!("{:#x}", self.seed),
            seconds: self.estimated(mine).as_secs(),
            scenarios: mine.iter().map(cell).collect::<Result<_>>()?,
        })
    }

    /// How long these cells take, with those of the other build and the blocks for figures.
    pub(super) fn estimated(&self, mine: &[Cell]) -> Duration {
        let builds = 1 + u32::from(self.other.is_some());
        let cells = mine.iter().map(|cell| cell.duration).sum::<Duration>();
        let figures = &self.suite.figures;
        let block = figures.block.duration(&self.target.timing());
        match self.other.is_some() && self.runs_blocks() {
            true => cells * builds + block * builds * figures.pairs,
            false => cells * builds,
        }
    }

    /// What the suite requires and this version does not have, and the suite's own list of what it does not cover.
    pub(super) fn note_not_tested(&self, report: &mut RunReport) {
        for class in &self.suite.requires {
            if let Some(why) = completeness::unsupported(*class) {
                report.faults_unavailable.push(Unavailable {
                    class: class.word().into(),
                    why: why.into(),
                });
            }
        }
        report
            .not_tested
            .extend(self.suite.not_reached.iter().cloned());
    }

    /// Prints what is about to run, how long it takes, and what it is compared with.
    pub(super) fn announce(&self, candidate: &Build, other: Option<&Build>, mine: &[Cell]) {
        let Shard { number, of } = self.arguments.shard;
        let part = if of > 1 {
            format!(", shard {number} of {of}")
        } else {
            String::new()
        };
        say(&format!(
            "  suite {} ({} scenarios{part}, about {})",
            self.suite.name,
            mine.len(),
            shown(self.estimated(mine))
        ));
        let against = match (other, &self.baseline) {
            (Some(other), _) => format!(
                "against {}, interleaved with it: {}",
                other.run.report.subject.name, other.run.directory.id
            ),
            (None, Some(stored)) => format!("baseline {}", stored.report.run.id),
            (None, None) if self.arguments.baseline.is_some() => "no baseline, as asked".into(),
            (None, None) => format!(
                "no baseline of suite {} was accepted yet: --accept makes this run one, if it is valid",
                self.suite.name
            ),
        };
        say(&format!("  {against}"));
        if !self.arguments.shard.is_whole() && self.arguments.seed.is_none() {
            say(&format!(
                "  seed {:#x} is the suite's own, because all shards need the same; --seed N names another",
                self.seed
            ));
        }
        candidate.warn_of_plants();
    }
}
