//! `jepsen calibrate`: which check finds which deliberate bug of the reference broker, in how many of k seeds, how fast;
//! and whether runs without any bug stay clean. Exit code 0 only if exactly the expected verdicts came.

use anyhow::Result;
use nemesis::catalogue::Kind;
use reports::Calibration;
use reports::model::{ControlRun, PlantRow, PlantRun, Tool};

use super::CalibrateArguments;
use super::stage::Stage;
use crate::calibrate::job::{CONCURRENCY, Conditions, Place, RATE};
use crate::calibrate::kept::{Kept, SOURCES};
use crate::calibrate::matrix;
use crate::calibrate::table::Row;
use crate::cli::broker::{self as reference, Offered};
use crate::config::scenario::{self, Faults as Planned};
use crate::config::target::Target;
use crate::exit::{self, Stop};
use crate::output::{say, tell};
use crate::plants::Planted;
use crate::store::write_whole;
use crate::workloads::WorkloadKind;

/// Runs what was asked for and tells the matrix.
///
/// # Errors
/// If a plant or fault is unknown, or the machine cannot run it.
pub fn run(arguments: &CalibrateArguments) -> Result<i32> {
    let target = Target::load("reference")?;
    let faults = Faults::of(arguments)?;
    let mut plants = chosen(&arguments.plants)?;
    if faults != Faults::Own {
        // A plant that needs no fault says nothing about a mix of them.
        plants.retain(|(row, _)| !row.trigger.is_empty());
    }
    let kept = Kept::below(&arguments.out.join("results"), arguments.fresh)?;
    let out = arguments.out.canonicalize()?;
    say(&format!(
        "jepsen {}  calibration of {} plants, {} seeds each, faults: {faults}, sources {SOURCES}",
        env!("CARGO_PKG_VERSION"),
        plants.len(),
        arguments.seeds
    ));
    let stage = Stage::enter(true, &out)?;
    let place = Place {
        target: &target,
        environment: &stage.environment,
        table: &stage.table,
        interrupt: &stage.interrupt,
        out: &out,
    };
    let calibrating = Calibrating {
        arguments,
        faults: &faults,
        place,
        kept: &kept,
    };
    let calibration = stage.runtime.block_on(calibrating.all(&plants))?;
    let known: Vec<&str> = checkers::checks::TABLE
        .iter()
        .map(|check| check.name)
        .collect();
    let page = out.join("calibration.html");
    write_whole(&page, &reports::calibration_html(&calibration, &known))?;
    let values = serde_json::to_string_pretty(&calibration)?;
    write_whole(&out.join("calibration.json"), &values)?;
    tell(&matrix::table(&calibration));
    let (as_expected, interrupted) = (calibration.as_expected, calibration.interrupted);
    tell(&format!(
        "{}\n  report     {}\n  reproduce  {}",
        if as_expected {
            "✓ as expected"
        } else {
            "✗ NOT as expected"
        },
        super::run::shown(&page),
        calibration.reproduce
    ));
    stage.leave();
    Ok(match (interrupted, as_expected) {
        (true, _) => exit::INTERRUPTED,
        (false, true) => exit::VALID,
        (false, false) => exit::INVALID,
    })
}

/// Under which faults the plants are run.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Faults {
    /// Each under those that provoke it.
    Own,
    /// All under the default mix, without some kinds.
    Mix(Vec<Kind>),
}

impl Faults {
    fn of(arguments: &CalibrateArguments) -> Result<Faults> {
        if !arguments.mix && arguments.without.is_empty() {
            return Ok(Faults::Own);
        }
        let mut without = Vec::new();
        for word in &arguments.without {
            let of_word = |kind: &Kind| kind.name() == word || kind.class().to_string() == *word;
            let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(of_word).collect();
            if kinds.is_empty() {
                let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
                return Err(Stop::usage(format!(
                    "--without {word}: no such fault; there are network, process, {}",
                    known.join(", ")
                )));
            }
            without.extend(kinds);
        }
        let left = Kind::ALL.iter().any(|kind| !without.contains(kind));
        match left {
            true => Ok(Faults::Mix(without)),
            false => Err(Stop::usage("--without leaves no fault to run under")),
        }
    }

    /// How a plant is run.
    fn conditions(&self, row: &Row) -> Conditions {
        let workload = row.workload();
        match self {
            Faults::Own => Conditions {
                workload,
                faults: row.faults.to_owned(),
                time_limit: row.time_limit(),
            },
            Faults::Mix(without) if without.is_empty() => default_mix(workload),
            Faults::Mix(without) => {
                let kept = Kind::ALL.into_iter().filter(|kind| !without.contains(kind));
                let kept: Vec<&str> = kept.map(Kind::name).collect();
                Conditions {
                    faults: kept.join(","),
                    ..default_mix(workload)
                }
            }
        }
    }
}

impl std::fmt::Display for Faults {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Faults::Own => formatter.write_str("those that provoke each plant"),
            Faults::Mix(without) if without.is_empty() => formatter.write_str("the default mix"),
            Faults::Mix(without) => {
                let names: Vec<&str> = without.iter().map(|kind| kind.name()).collect();
                write!(formatter, "the default mix without {}", names.join(", "))
            }
        }
    }
}

/// A minute of the default faults.
fn default_mix(workload: WorkloadKind) -> Conditions {
    let faults = match scenario::find(scenario::DEFAULT).map(|default| default.faults) {
        Ok(Planned::Drawn(words)) => words,
        _ => "all".to_owned(),
    };
    Conditions {
        workload,
        faults,
        time_limit: scenario::TIME_LIMIT,
    }
}

/// A plant: what the harness knows of it, and what the broker says.
type Subject = (&'static Row, &'static Offered);

/// The plants asked for, in the order of the table; all if none is named.
fn chosen(names: &[String]) -> Result<Vec<Subject>> {
    for name in names {
        if !reference::plants().any(|(row, _)| row.name == name) {
            let known: Vec<&str> = reference::plants().map(|(row, _)| row.name).collect();
            return Err(Stop::usage(format!(
                "no plant `{name}`; there are: {}",
                known.join(", ")
            )));
        }
    }
    let wanted = |(row, _): &Subject| names.is_empty() || names.iter().any(|name| name == row.name);
    Ok(reference::plants().filter(wanted).collect())
}

/// What all runs share.
struct Calibrating<'a> {
    arguments: &'a CalibrateArguments,
    faults: &'a Faults,
    place: Place<'a>,
    kept: &'a Kept,
}

impl Calibrating<'_> {
    async fn all(&self, plants: &[Subject]) -> Result<Calibration> {
        let mut calibration = Calibration {
            tool: Tool {
                name: "jepsen".into(),
                version: env!("CARGO_PKG_VERSION").into(),
                ..Tool::default()
            },
            sources: SOURCES.to_owned(),
            faults: self.faults.to_string(),
            reproduce: reproduce(),
            ..Calibration::default()
        };
        let mut setups = vec![default_mix(WorkloadKind::Append)];
        for (how, offered) in plants {
            let mut row = listed(how, offered);
            if how.is_detectable() {
                let conditions = self.faults.conditions(how);
                if !setups.contains(&conditions) {
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
        calibration.controls = self.controls(&setups).await?;
        calibration.interrupted = self.place.interrupt.is_set();
        calibration.as_expected = !calibration.interrupted && self.as_expected(&calibration);
        Ok(calibration)
    }

    async fn plant(&self, row: &'static Row, conditions: &Conditions) -> Result<Vec<PlantRun>> {
        let planted: Planted = row.plant.parse().map_err(Stop::usage)?;
        let how = format!("{row:?} {conditions} {RATE} {CONCURRENCY}");
        let mut runs = Vec::new();
        for seed in self.seeds(self.arguments.seeds) {
            let name = format!("{}-{seed:x}", row.name);
            let run = match self.kept.find(&name, &how) {
                Some(run) => run,
                None if self.place.interrupt.is_set() => break,
                None => {
                    let subject = (row, &planted);
                    let Some(run) = self.place.plant(subject, conditions, seed).await? else {
                        break;
                    };
                    self.kept.keep(&name, &how, &run)?;
                    run
                }
            };
            say(&matrix::run_line(row.plant, &run));
            runs.push(run);
        }
        Ok(runs)
    }

    /// Control runs, over the setups in turn, so that each plant's own conditions are seen without it.
    async fn controls(&self, setups: &[Conditions]) -> Result<Vec<ControlRun>> {
        let mut runs = Vec::new();
        let seeds = self.seeds(self.arguments.controls);
        for (seed, conditions) in seeds.zip(setups.iter().cycle()) {
            let (name, how) = (format!("control-{seed:x}"), conditions.to_string());
            let run = match self.kept.find(&name, &how) {
                Some(run) => run,
                None if self.place.interrupt.is_set() => break,
                None => {
                    let Some(run) = self.place.control(conditions, seed).await? else {
                        break;
                    };
                    self.kept.keep(&name, &how, &run)?;
                    run
                }
            };
            let word = if run.clean() {
                "✓ clean"
            } else {
                "✗ NOT clean"
            };
            say(&format!("  control {word}  {conditions}  seed {seed:#x}"));
            runs.push(run);
        }
        Ok(runs)
    }

    fn seeds(&self, count: u32) -> impl Iterator<Item = u64> + use<> {
        let first = self.arguments.seed;
        (0..u64::from(count)).map(move |at| first.wrapping_add(at))
    }

    /// Whether exactly the expected verdicts came: every plant under the faults that provoke it; under the whole mix two
    /// thirds of the plants; under a part of the mix nothing is expected but clean control runs.
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

fn reproduce() -> String {
    let typed: Vec<String> = std::env::args()
        .skip(1)
        .map(|word| super::run::quote(&word))
        .collect();
    format!("cargo run --release --bin jepsen -- {}", typed.join(" "))
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
        let conditions = faults.conditions(row);
        assert!(conditions.faults.contains("isolate") && !conditions.faults.contains("pause"));
        assert_eq!(conditions.time_limit, std::time::Duration::from_secs(60));
        let own = Faults::of(&arguments(&[])).expect("known").conditions(row);
        assert_eq!(own.faults, row.faults);
        assert!(Faults::of(&arguments(&["--without", "comet"])).is_err());
        assert!(Faults::of(&arguments(&["--without", "network,process"])).is_err());
    }

    #[test]
    fn unknown_plants_are_told_with_those_there_are() {
        let error = chosen(&["comet".to_owned()])
            .expect_err("no such plant")
            .to_string();
        assert!(
            error.contains("comet") && error.contains("serial-sender"),
            "{error}"
        );
        assert_eq!(chosen(&[]).expect("all").len(), reference::plants().count());
    }
}
