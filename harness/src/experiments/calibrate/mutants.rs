//! `jepsen calibrate --mutants`: the mutation score of the checks. Every lie of the broker's tables is told in a run of its
//! own, which ends at the first proof. A check that the row names must find it, or the row says why no client can suffer
//! from it. All others are survivors, and each of them is a hole.
//!
//! A lie that acts is not a finding: a run that is only *undecided* with it counts as undecided, not as killed.

mod rows;
mod terminal;
#[cfg(test)]
mod tests;

use anyhow::Result;
use reports::Calibration;
use reports::model::{Fate, MutantRow, PlantRun};

use super::conditions::{Conditions, Faults};
use super::controls;
use super::job::Runner;
use super::opened::{self, Opened, finish};
use super::repeated::repeated;
use super::result_cache::ResultCache;
use super::table::{REFERENCE, Row};
use super::{CalibrateArguments, place};
use crate::config::near;
use crate::config::plants::Planted;
use crate::config::target::Target;
use crate::exit::Stop;
use crate::experiments::qualify::matrix::Shard;
use crate::output::{say, tell_more};
use crate::reference::{self, Mutant};
use crate::store::SOURCES;

pub use rows::ROWS;

/// The number of seeds for each mutant, and of control runs.
const SEEDS: u32 = 1;
const CONTROLS: u32 = 6;

/// A mutant: the harness's knowledge of it, and the broker's.
pub type Subject = (&'static Row, &'static Mutant);

/// Every mutant, in the order of the harness's tables.
pub fn subjects() -> impl Iterator<Item = Subject> {
    let offered = |row: &Row| reference::mutants().find(|one| one.name == row.name);
    let rows = ROWS.iter().copied().flatten();
    rows.filter_map(move |row| offered(row).map(|one| (row, one)))
}

/// Runs the selected mutants and prints the score.
///
/// # Errors
/// If a mutant is unknown, or the machine cannot run it.
pub(super) fn run(arguments: &CalibrateArguments) -> Result<i32> {
    place::of_runs(&arguments.out)?;
    let target = Target::load(REFERENCE)?;
    let chosen = chosen(&arguments.plants, arguments.shard)?;
    let opened = Opened::at(arguments, &target)?;
    say(&format!(
        "jepsen {}  calibration of {} mutants, sources {SOURCES}",
        env!("CARGO_PKG_VERSION"),
        chosen.len(),
    ));
    let running = Running {
        arguments,
        runner: Runner {
            session: &opened.session,
        },
        cache: &opened.cache,
    };
    let calibration = opened.session.runtime.block_on(running.all(&chosen))?;
    let plants = opened.earlier().plants;
    let calibration = Calibration {
        plants,
        ..calibration
    };
    tell_more(&terminal::table(&calibration));
    finish(opened, &calibration)
}

/// The selected mutants of this shard: every so many, so that neighbours, which take equally long, are spread.
fn chosen(names: &[String], shard: Option<Shard>) -> Result<Vec<Subject>> {
    for name in names {
        if !subjects().any(|(row, _)| row.name == name) {
            let known: Vec<&str> = subjects().map(|(row, _)| row.name).collect();
            return Err(Stop::usage(near::unknown("mutant", name, &known)));
        }
    }
    let wanted = |(row, _): &Subject| names.is_empty() || names.iter().any(|name| name == row.name);
    let Shard { number, of } = shard.unwrap_or(Shard::WHOLE);
    let part = subjects().filter(wanted).skip(number as usize - 1);
    Ok(part.step_by(of as usize).collect())
}

/// The inputs that all runs share.
struct Running<'a> {
    arguments: &'a CalibrateArguments,
    runner: Runner<'a>,
    cache: &'a ResultCache,
}

impl Running<'_> {
    async fn all(&self, mutants: &[Subject]) -> Result<Calibration> {
        let mut calibration = opened::nothing_yet();
        let mut setups: Vec<Conditions> = Vec::new();
        for (row, _) in mutants {
            self.runner
                .require(&Faults::Own.conditions(row)?, self.arguments.seed)?;
        }
        for (row, offered) in mutants {
            let conditions = Faults::Own.conditions(row)?;
            let setup = setups.iter().find(|setup| {
                setup.workload == conditions.workload && setup.faults == conditions.faults
            });
            if setup.is_none() {
                setups.push(conditions.clone());
            }
            let mut shown = shown(row, offered);
            shown.runs = self.mutant(row, &conditions).await?;
            shown.fate = shown.judged();
            calibration.mutants.push(shown);
        }
        let count = self.arguments.controls.unwrap_or(CONTROLS);
        let seeds = self.arguments.first_seeds(count);
        calibration.controls = controls::all(&self.runner, self.cache, &setups, seeds).await?;
        calibration.interrupted = self.runner.session.interrupt.is_set();
        let mut fates = calibration.mutants.iter().map(|row| row.fate);
        let clean = calibration.controls.iter().all(|control| control.clean());
        calibration.as_expected = !calibration.interrupted && fates.all(Fate::is_settled) && clean;
        Ok(calibration)
    }

    async fn mutant(&self, row: &'static Row, conditions: &Conditions) -> Result<Vec<PlantRun>> {
        let planted: Planted = reference::mutated(row.plant).map_err(Stop::usage)?;
        let count = self.arguments.seeds.unwrap_or(SEEDS);
        repeated(
            &self.runner,
            self.cache,
            (row, &planted),
            conditions,
            self.arguments.first_seeds(count),
            |seed| format!("mutant-{}-{seed:x}", row.name),
            |run| terminal::run_line(row, run),
        )
        .await
    }
}

fn shown(row: &Row, offered: &Mutant) -> MutantRow {
    MutantRow {
        mutant: row.plant.to_owned(),
        api: offered.api(),
        field: offered.field.to_owned(),
        does: offered.does.to_owned(),
        when: offered.when.to_string(),
        workload: row.workload.to_owned(),
        faults: row.faults.to_owned(),
        expected: row
            .caught_by
            .iter()
            .map(|name| (*name).to_owned())
            .collect(),
        equivalent: row.not_seen_because.map(str::to_owned),
        ..MutantRow::default()
    }
}
