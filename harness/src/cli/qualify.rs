//! `jepsen qualify [SUITE]`: runs the suite's matrix, beside another build if one is named, compares with the baseline,
//! and says QUALIFIED, NOT QUALIFIED or UNDECIDED.
//!
//! Everything that can be wrong with arguments, files and the baseline is found before the first process starts.

mod arguments;
mod blocks;
mod build;
mod ending;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use rand::Rng;
use reports::RunReport;
use reports::model::Unavailable;

use super::stage::{self, Stage};
use crate::config::suite::Suite;
use crate::config::target::Target;
use crate::config::time::shown;
use crate::exit::{self, Stop};
use crate::output::{say, tell};
use crate::plants::Plants;
use crate::qualify::baseline::{self, Stored};
use crate::qualify::comparison;
use crate::qualify::completeness;
use crate::qualify::figures::Pair;
use crate::qualify::manifest::Manifest;
use crate::qualify::matrix::{self, Cell, Shard};
use crate::store;
use crate::summary;
use crate::worker::random;

pub use arguments::QualifyArguments;
pub(super) use blocks::{load as load_pairs, save as save_pairs};
use build::Build;
pub(super) use ending::finish;

/// The part of a seed's draws that decides which build runs first.
const ORDER: u64 = 55;

/// Runs a suite, or marks a stored run as baseline.
///
/// # Errors
/// Bad arguments or files, a machine that can run none of the suite, or a bug of the harness.
pub fn run(arguments: &QualifyArguments) -> Result<i32> {
    if let Some(Some(stored)) = &arguments.accept {
        return accept(stored);
    }
    let suite = Suite::load(&arguments.suite)?;
    let target = Target::load(&arguments.target)?;
    if suite.scenarios.is_empty() && arguments.against.is_none() {
        return Err(Stop::usage(format!(
            "suite {} has no scenarios, only figures of two builds: name the other one with --against",
            suite.name
        )));
    }
    let other = arguments.against.as_deref().map(Target::load).transpose()?;
    let question = Question {
        plants: Plants::of(arguments.plant.clone(), &target)?,
        baseline: chosen(arguments, &suite, &target)?,
        seed: arguments
            .seed
            .unwrap_or_else(|| u64::from(rand::random::<u32>())),
        arguments,
        suite: &suite,
        target: &target,
        other: other.as_ref(),
    };
    let cells = matrix::cells(&suite, arguments.repeat, &target.timing());
    let mine = matrix::dealt(&cells, arguments.shard);
    if arguments.plan {
        tell(&question.planned(&mine)?);
        return Ok(exit::VALID);
    }
    let stage = question.enter(&mine)?;
    let code = stage
        .runtime
        .block_on(question.answer(&stage, &cells, &mine))?;
    stage.leave();
    Ok(code)
}

/// Marks a stored run as baseline.
fn accept(run: &std::path::Path) -> Result<i32> {
    let mark = baseline::accept(run, &store::now())?;
    tell(&format!(
        "{} is now the baseline of suite {}",
        mark.run, mark.suite
    ));
    Ok(exit::VALID)
}

/// The stored run to compare with: the one named, or the one accepted last.
fn chosen(arguments: &QualifyArguments, suite: &Suite, target: &Target) -> Result<Option<Stored>> {
    match arguments.baseline.as_deref() {
        _ if arguments.against.is_some() => Ok(None),
        Some("none") => Ok(None),
        Some(path) => Stored::load(&PathBuf::from(path)).map(Some),
        None => match baseline::last(&arguments.out, &suite.name, &target.name) {
            Some(path) => Stored::load(&path).map(Some),
            None => Ok(None),
        },
    }
}

/// What was asked, resolved.
struct Question<'a> {
    arguments: &'a QualifyArguments,
    suite: &'a Suite,
    target: &'a Target,
    plants: Plants,
    other: Option<&'a Target>,
    baseline: Option<Stored>,
    seed: u64,
}

impl Question<'_> {
    /// Every cell with its fault schedule, and how long it takes.
    fn planned(&self, mine: &[Cell]) -> Result<String> {
        let mut text = String::new();
        for cell in mine {
            let scenario = &self.suite.scenarios[cell.scenario];
            let plan = scenario.plan(self.seed_of(cell), &self.target.timing())?;
            text += &format!("{}  about {}\n{plan}", cell.name, shown(cell.duration));
        }
        let all: Duration = mine.iter().map(|cell| cell.duration).sum();
        text += &format!("{} scenarios, about {}\n", mine.len(), shown(all));
        Ok(text)
    }

    fn seed_of(&self, cell: &Cell) -> u64 {
        self.seed.wrapping_add(u64::from(cell.repetition) - 1)
    }

    /// Enters the sandbox. Where a private network is refused and some scenarios need none, those run, and the suite is
    /// undecided for the others.
    fn enter(&self, mine: &[Cell]) -> Result<Stage> {
        let all_need_it = !mine.is_empty() && mine.iter().all(|cell| self.needs_network(cell));
        let blocks_need_it = self.other.is_some() && self.suite.figures.block.needs_network;
        Stage::enter(all_need_it || blocks_need_it, &self.arguments.out)
    }

    fn needs_network(&self, cell: &Cell) -> bool {
        let scenario = &self.suite.scenarios[cell.scenario];
        let plan = scenario.plan(self.seed_of(cell), &self.target.timing());
        plan.is_ok_and(|plan| scenario.requires_network(&plan))
    }

    async fn answer(&self, stage: &Stage, cells: &[Cell], mine: &[Cell]) -> Result<i32> {
        let began = Instant::now();
        let out = &self.arguments.out;
        let mut candidate = Build::begin(self, self.target, &self.plants, "", stage)?;
        store::prune(out, self.arguments.keep as usize, &candidate.directory.id);
        let mut other = match self.other {
            Some(target) => {
                let beside = candidate.directory.id.clone();
                Some(Build::begin(
                    self,
                    target,
                    &Plants::default(),
                    &beside,
                    stage,
                )?)
            }
            None => None,
        };
        self.announce(&candidate, other.as_ref(), mine);
        let blocks = other.is_some() && self.runs_blocks();
        let mut manifest = self.manifest(cells, mine, blocks);
        if let Some(other) = &other {
            other.save_manifest(&manifest)?;
            manifest.against.clone_from(&other.directory.id);
        }
        candidate.save_manifest(&manifest)?;
        self.note_not_tested(&mut candidate.report);
        let private = stage.environment.network().is_some();
        let mut order = random(self.seed, ORDER);
        for (number, cell) in mine.iter().enumerate() {
            if stage.interrupt.is_set() {
                break;
            }
            if !private && self.needs_network(cell) {
                say(&format!(
                    "  – {}/{} {}  needs a private network",
                    number + 1,
                    mine.len(),
                    cell.name
                ));
                continue;
            }
            let (scenario, seed) = (&self.suite.scenarios[cell.scenario], self.seed_of(cell));
            let place = format!("[{}/{}]", number + 1, mine.len());
            let mut builds: Vec<&mut Build> =
                std::iter::once(&mut candidate).chain(&mut other).collect();
            if order.random() {
                builds.reverse();
            }
            for build in builds.into_iter().filter(|_| !stage.interrupt.is_set()) {
                build.cell(scenario, cell, seed, &place, stage).await?;
            }
        }
        let mut pairs: Vec<Pair> = Vec::new();
        if let (Some(other), true) = (&mut other, blocks && !stage.interrupt.is_set()) {
            let figures = &self.suite.figures;
            pairs = blocks::run(figures, self.seed, &mut candidate, other, stage).await?;
            blocks::save(&candidate.directory, &pairs)?;
        }
        self.conclude(candidate, other, &manifest, &pairs, began, stage)
    }

    /// Blocks are run by one shard: pairs must be neighbours on one machine.
    fn runs_blocks(&self) -> bool {
        self.arguments.shard.number == 1 && self.suite.figures.pairs > 0
    }

    fn manifest(&self, cells: &[Cell], mine: &[Cell], figures: bool) -> Manifest {
        let names = |cells: &[Cell]| cells.iter().map(|cell| cell.name.clone()).collect();
        Manifest {
            suite: self.suite.name.clone(),
            digest: self.suite.digest.clone(),
            target: self.target.name.clone(),
            plants: self.plants.words(),
            seed: format!("{:#x}", self.seed),
            repeat: self.arguments.repeat,
            shard: self.arguments.shard.number,
            shards: self.arguments.shard.of,
            cells: names(cells),
            mine: names(mine),
            requires: self
                .suite
                .requires
                .iter()
                .map(|class| class.word().to_owned())
                .collect(),
            against: String::new(),
            figures,
        }
    }

    /// What the suite asks for and this version has not, and what it says of itself that it does not reach.
    fn note_not_tested(&self, report: &mut RunReport) {
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

    fn announce(&self, candidate: &Build, other: Option<&Build>, mine: &[Cell]) {
        let Shard { number, of } = self.arguments.shard;
        let part = if of > 1 {
            format!(", shard {number} of {of}")
        } else {
            String::new()
        };
        let builds = if other.is_some() { 2 } else { 1 };
        let long: Duration = mine.iter().map(|cell| cell.duration).sum::<Duration>() * builds;
        say(&format!(
            "  suite {} ({} scenarios{part}, about {})",
            self.suite.name,
            mine.len(),
            shown(long)
        ));
        let against = match (other, &self.baseline) {
            (Some(other), _) => format!(
                "against {}, run beside it: {}",
                other.report.subject.name, other.directory.id
            ),
            (None, Some(stored)) => format!("baseline {}", stored.report.run.id),
            (None, None) if self.arguments.baseline.is_some() => "no baseline, as asked".into(),
            (None, None) => format!(
                "no baseline of suite {} was accepted yet: --accept makes this run one, if it is valid",
                self.suite.name
            ),
        };
        say(&format!("  {against}"));
        candidate.warn_of_plants();
    }

    fn conclude(
        &self,
        mut candidate: Build,
        other: Option<Build>,
        manifest: &Manifest,
        pairs: &[Pair],
        began: Instant,
        stage: &Stage,
    ) -> Result<i32> {
        let settle = |report: &mut RunReport| {
            let part = [self.arguments.shard.number];
            report.run.interrupted = stage.interrupt.is_set();
            if stage.short.is_set() {
                report
                    .warnings
                    .push(stage::short_of_space(&self.arguments.out));
            }
            report.run.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            report.run.incomplete = completeness::missing(manifest, report, &part);
        };
        settle(&mut candidate.report);
        if let Some(mut other) = other {
            settle(&mut other.report);
            candidate.report.comparison = Some(comparison::interleaved(
                &other.report,
                &candidate.report,
                pairs,
                manifest,
            ));
            summary::store(&other.directory, &mut other.report)?;
        } else if let Some(stored) = &self.baseline {
            let compared = comparison::with_stored(stored, &candidate.report, manifest);
            candidate.report.comparison = Some(compared);
        }
        finish(
            &candidate.directory,
            &mut candidate.report,
            self.arguments.accept.is_some(),
        )
    }
}
