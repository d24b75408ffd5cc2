//! `jepsen calibrate`: which check detects which planted bug of the reference broker, with how many of k seeds, how
//! fast, and whether runs without a bug stay clean. Exit code 0 only if all verdicts are as expected.
//!
//! | part | what it is |
//! |---|---|
//! | [`table`] | for each plant: the workload, faults and time in which its trigger can take effect |
//! | [`proof`] | whether a finding is caused by the plant |
//! | [`watch`], [`settled`] | judges the growing history and ends the run at the first settled proof |
//! | [`conditions`] | workload, faults and time limit of a run |
//! | [`job`] | one run, with or without a plant |
//! | [`result_cache`] | results on disk, keyed by their inputs |
//! | [`matrix`] | the table on the terminal |
//! | `unexpected` | the first result that was not expected |
//! | `repeated` | the runs of one plant or mutant, seed by seed |
//! | [`mutants`] | `--mutants`: lies of the broker instead of bugs in it |
//! | [`histories`] | mutants of recorded histories, without any run |

pub mod conditions;
mod controls;
pub mod histories;
pub mod job;
pub mod matrix;
pub mod mutants;
mod opened;
pub mod proof;
mod repeated;
pub mod result_cache;
pub mod settled;
pub mod table;
mod unexpected;
pub mod watch;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use reports::Calibration;
use reports::model::{ControlRun, PlantRow, PlantRun};

use crate::config::near;
use crate::config::place;
use crate::config::plants::Planted;
use crate::config::scenario;
use crate::config::target::Target;
use crate::exit::Stop;
use crate::experiments::qualify::matrix::Shard;
use crate::load::workloads;
use crate::output::{say, tell_more};
use crate::reference::Offered;
use crate::store::SOURCES;
use conditions::{Conditions, Faults, default_mix};
use job::Runner;
use opened::{Opened, finish};
use repeated::repeated;
use result_cache::ResultCache;
use table::{REFERENCE, Row, Subject};

/// The number of seeds for each plant.
const SEEDS: u32 = 5;
/// The number of runs without a plant.
const CONTROLS: u32 = 20;

/// Flags of `calibrate`.
#[derive(Debug, Args)]
pub struct CalibrateArguments {
    /// The plants to run, or with --mutants the mutants; all if none is named.
    #[arg(value_name = "PLANT")]
    pub plants: Vec<String>,
    /// Run the mutants (see `jepsen list mutants`) instead of the plants.
    #[arg(long, conflicts_with_all = ["mix", "without"])]
    pub mutants: bool,
    /// With --mutants: one part of several, such as 2/5. Joined by a run without it on the collected results.
    #[arg(long, value_name = "I/N", requires = "mutants", value_parser = Shard::parse)]
    pub shard: Option<Shard>,
    /// The number of seeds for each plant (5) or mutant (1).
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub seeds: Option<u32>,
    /// The number of runs without a plant (20) or mutant (6), which must stay clean.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub controls: Option<u32>,
    /// The first seed, decimal or 0x hexadecimal.
    #[arg(long, value_name = "N", value_parser = crate::config::seed::parse, default_value = "1")]
    pub seed: u64,
    /// Run each plant under the default faults of a minute instead of the faults that its trigger needs.
    #[arg(long)]
    pub mix: bool,
    /// Like --mix, but without these classes or kinds of fault: shows what such a mix would miss.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub without: Vec<String>,
    /// The directory of results; an interrupted calibration continues from there.
    #[arg(long, value_name = "DIR", default_value = "runs/calibration")]
    pub out: PathBuf,
    /// Run everything again, and ignore stored results.
    #[arg(long)]
    pub fresh: bool,
    /// Run nothing: change what the broker answered in these recorded runs, one lie at a time, and report which check
    /// detects it.
    #[arg(long, value_name = "RUN", num_args = 1.., conflicts_with_all = ["plants", "mutants", "mix", "without", "fresh", "seeds", "controls", "seed"])]
    pub histories: Vec<PathBuf>,
    /// The number of places at which each lie is told in each run.
    #[arg(long, value_name = "N", default_value_t = 3, requires = "histories", value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub places: u64,
}

impl CalibrateArguments {
    /// So many seeds, from the stated one on.
    fn first_seeds(&self, count: u32) -> impl Iterator<Item = u64> + use<> {
        let first = self.seed;
        (0..u64::from(count)).map(move |at| first.wrapping_add(at))
    }
}

/// Runs the selected plants and prints the matrix.
///
/// # Errors
/// If a plant or fault is unknown, or the machine cannot run it.
pub fn run(arguments: &CalibrateArguments) -> Result<i32> {
    if arguments.mutants {
        return mutants::run(arguments);
    }
    place::of_runs(&arguments.out)?;
    if !arguments.histories.is_empty() {
        return histories::run(&arguments.histories, arguments.places, &arguments.out);
    }
    let target = Target::load(REFERENCE)?;
    let faults = Faults::of(arguments)?;
    let mut plants = chosen(&arguments.plants)?;
    if faults != Faults::Own {
        // A plant that needs no fault does not test a mix of faults.
        plants.retain(|(row, _)| !row.trigger.is_empty());
        let is_left_out = |name: &&String| !plants.iter().any(|(row, _)| row.name == **name);
        if let Some(name) = arguments.plants.iter().find(is_left_out) {
            return Err(Stop::usage(format!(
                "{name} needs no fault, so --mix and --without do not apply to it; leave them out"
            )));
        }
    }
    let seeds = arguments.seeds.unwrap_or(SEEDS);
    let opened = Opened::at(arguments, &target)?;
    say(&format!(
        "jepsen {}  calibration of {} plants, {seeds} seeds each, faults: {faults}, sources {SOURCES}",
        env!("CARGO_PKG_VERSION"),
        plants.len(),
    ));
    let runner = Runner {
        session: &opened.session,
    };
    let calibrating = Calibrating {
        arguments,
        faults: &faults,
        runner,
        cache: &opened.cache,
    };
    let calibration = opened.session.runtime.block_on(calibrating.all(&plants))?;
    let calibration = Calibration {
        mutants: opened.earlier().mutants,
        ..calibration
    };
    tell_more(&matrix::table(&calibration));
    finish(opened, &calibration)
}

/// The selected plants, in the order of the table. All if none is named.
fn chosen(names: &[String]) -> Result<Vec<Subject>> {
    for name in names {
        if !table::subjects().any(|(row, _)| row.name == name) {
            let known: Vec<&str> = table::subjects().map(|(row, _)| row.name).collect();
            return Err(Stop::usage(near::unknown("plant", name, &known)));
        }
    }
    let wanted = |(row, _): &Subject| names.is_empty() || names.iter().any(|name| name == row.name);
    Ok(table::subjects().filter(wanted).collect())
}

/// The inputs that all runs share.
struct Calibrating<'a> {
    arguments: &'a CalibrateArguments,
    faults: &'a Faults,
    runner: Runner<'a>,
    cache: &'a ResultCache,
}

impl Calibrating<'_> {
    async fn all(&self, plants: &[Subject]) -> Result<Calibration> {
        let mut calibration = Calibration {
            faults: self.faults.to_string(),
            ..opened::nothing_yet()
        };
        let mut setups = vec![default_mix(
            workloads::named(scenario::WORKLOAD).map_err(anyhow::Error::msg)?,
        )];
        for (how, _) in plants.iter().filter(|(how, _)| how.is_detectable()) {
            self.runner
                .require(&self.faults.conditions(how)?, self.arguments.seed)?;
        }
        for (how, offered) in plants {
            let mut row = listed(how, offered);
            if how.is_detectable() {
                let conditions = self.faults.conditions(how)?;
                if conditions.are_for_all() && !setups.contains(&conditions) {
                    setups.push(conditions.clone());
                }
                row.plant = how.plant.to_owned();
                row.faults = conditions.faults.clone();
                row.time_limit_ms = conditions.time_limit.as_millis() as u64;
                row.reason = how.reason();
                row.runs = self.plant(how, &conditions).await?;
            }
            calibration.plants.push(row);
        }
        let count = self.arguments.controls.unwrap_or(CONTROLS);
        let seeds = self.arguments.first_seeds(count);
        calibration.controls = controls::all(&self.runner, self.cache, &setups, seeds).await?;
        calibration.interrupted = self.runner.session.interrupt.is_set();
        calibration.as_expected = !calibration.interrupted && self.as_expected(&calibration);
        Ok(calibration)
    }

    async fn plant(&self, row: &'static Row, conditions: &Conditions) -> Result<Vec<PlantRun>> {
        let planted: Planted = row.plant.parse().map_err(Stop::usage)?;
        let count = self.arguments.seeds.unwrap_or(SEEDS);
        repeated(
            &self.runner,
            self.cache,
            (row, &planted),
            conditions,
            self.arguments.first_seeds(count),
            |seed| format!("{}-{seed:x}", row.name),
            |run| matrix::run_line(row.plant, run),
        )
        .await
    }

    /// Whether all verdicts are as expected: every plant is detected under the faults that provoke it, and two thirds
    /// of the plants under the whole mix. Under a part of the mix only clean control runs are expected.
    fn as_expected(&self, calibration: &Calibration) -> bool {
        let run = || {
            calibration
                .plants
                .iter()
                .filter(|plant| plant.not_seen_because.is_none())
        };
        let plants = match self.faults {
            Faults::Own => run().all(PlantRow::detected),
            Faults::Mix(without) if without.is_empty() => {
                run().filter(|plant| plant.caught() > 0).count() * 3 >= run().count() * 2
            }
            Faults::Mix(_) => true,
        };
        plants && calibration.controls.iter().all(ControlRun::clean)
    }
}

fn listed(row: &Row, offered: &Offered) -> PlantRow {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    PlantRow {
        plant: row.name.to_owned(),
        does: offered.does.to_owned(),
        happened: offered.happened.to_owned(),
        trigger: owned(row.trigger),
        workload: row.workload.to_owned(),
        expected: owned(row.caught_by),
        not_seen_because: row.not_seen_because.map(str::to_owned),
        ..PlantRow::default()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn arguments(words: &[&str]) -> CalibrateArguments {
        let words = ["jepsen", "calibrate"].iter().chain(words);
        match Cli::try_parse_from(words).expect("arguments").command {
            Some(Command::Calibrate(arguments)) => arguments,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn leaving_out_a_class_leaves_the_others() {
        let faults = Faults::of(&arguments(&["--without", "process"])).expect("known");
        let row = Row::of("no-pre-vote").expect("a row");
        let conditions = faults.conditions(row).expect("a workload");
        assert!(conditions.faults.contains("isolate") && !conditions.faults.contains("pause"));
        assert_eq!(conditions.time_limit, std::time::Duration::from_secs(60));
        let own = Faults::of(&arguments(&[]))
            .expect("known")
            .conditions(row)
            .expect("a workload");
        assert_eq!(own.faults, row.faults);
        assert!(Faults::of(&arguments(&["--without", "comet"])).is_err());
        assert!(Faults::of(&arguments(&["--without", "network,process,disk"])).is_err());
    }

    #[test]
    fn unknown_plants_are_told_with_those_there_are() {
        let error = chosen(&["comet".to_owned()])
            .expect_err("no such plant")
            .to_string();
        assert!(
            error.contains("comet") && error.contains("`jepsen list plants`"),
            "{error}"
        );
        assert_eq!(chosen(&[]).expect("all").len(), table::subjects().count());
    }
}
