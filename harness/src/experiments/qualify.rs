//! `jepsen qualify [SUITE]`: runs the suite's matrix, next to another build if one is named, compares with the
//! baseline, and reports QUALIFIED, NOT QUALIFIED or UNDECIDED.
//!
//! All mistakes in arguments, files and the baseline are reported before the first process starts.
//!
//! | part | what it decides |
//! |---|---|
//! | [`matrix`] | which scenario runs how often, and on which shard |
//! | `opening` | what is printed before the first scenario |
//! | `remaining` | how long the suite still takes |
//! | [`join`] | one report of several shards |
//! | [`manifest`] | which part of a suite's run a stored run is |
//! | [`completeness`] | what is missing for a verdict |
//! | [`findings`] | what is new, ongoing, rare, resolved against a baseline |
//! | [`block`] | the six figures of one block |
//! | [`statistics`] | whether paired samples differ by more than chance |
//! | [`figures`] | the result of the figures: pass, regressed, improved, not enough data |
//! | [`baseline`] | which stored run is the baseline, and which may become one |
//! | [`comparison`] | all of it for two reports |

mod arguments;
pub mod baseline;
pub mod block;
mod blocks;
mod build;
pub mod comparison;
pub mod completeness;
mod ending;
pub mod figures;
pub mod findings;
pub mod join;
pub mod manifest;
pub mod matrix;
mod opening;
mod remaining;
pub mod statistics;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use rand::Rng;

use crate::bounded;
use crate::config::plants::Plants;
use crate::config::seed::random;
use crate::config::suite::Suite;
use crate::config::target::Target;
use crate::config::waivers;
use crate::exit::{self, Stop};
use crate::output::{self, say, tell, tell_data, tell_json, visible};
use crate::run::Case;
use crate::session::browser::Browser;
use crate::session::{Overrides, Session, prepare, publish, resolve};
use crate::store::{self, layout};

pub use arguments::QualifyArguments;
use baseline::Stored;
pub(super) use blocks::{load as load_pairs, save as save_pairs};
use build::Build;
pub(super) use ending::finish;
use figures::Pair;
use manifest::Manifest;
use matrix::Cell;
use remaining::Remaining;

/// The stream of a seed's draws that decides which build runs first.
const ORDER: u64 = 55;

/// Runs a suite, or marks a stored run as baseline.
///
/// # Errors
/// Bad arguments or files, a machine that can run none of the suite, or a bug of the harness.
pub fn run(arguments: &QualifyArguments) -> Result<i32> {
    arguments.apply()?;
    if arguments.json {
        output::only_json();
    }
    // A mistake in it is reported before anything starts.
    waivers::load(arguments.waivers.as_deref())?;
    if let Some(Some(stored)) = &arguments.accept {
        return accept(stored, arguments.json);
    }
    let suite = Suite::load(&arguments.suite)?;
    let target = Arc::new(build(&arguments.target, "--target")?);
    if suite.scenarios.is_empty() && arguments.against.is_none() {
        return Err(Stop::usage(format!(
            "suite {} has only figures of two builds, no scenarios: name the other with --against",
            suite.name
        )));
    }
    let other = arguments.against.as_deref();
    let other = other.map(|other| build(other, "--against"));
    let other = other.transpose()?.map(Arc::new);
    for build in other.iter().chain([&target]) {
        prepare::ensure(build)?;
    }
    let question = Question {
        plants: Plants::of(arguments.plant.clone(), &target)?,
        baseline: chosen(arguments, &suite, &target)?,
        seed: arguments.seed.unwrap_or_else(|| drawn(arguments, &suite)),
        arguments,
        suite: &suite,
        target: &target,
        other: other.as_ref(),
    };
    let cells = matrix::cells(&suite, arguments.repeat, &target.timing());
    let mine = matrix::dealt(&cells, arguments.shard);
    match (arguments.plan, arguments.json) {
        (true, true) => tell_json(&question.planned_values(&mine)?)?,
        (true, false) => tell(&question.planned(&mine)?),
        (false, _) => {}
    }
    if arguments.plan {
        return Ok(exit::VALID);
    }
    // A word of a scenario that means nothing is reported before anything starts.
    for cell in &mine {
        question.case(cell)?;
    }
    let browser = Browser::ready(arguments.open);
    let session = question.enter(&mine)?;
    let (code, directory) = session
        .runtime
        .block_on(question.answer(&session, &cells, &mine))?;
    browser.show(&directory.join(store::layout::PAGE));
    session.leave();
    Ok(code)
}

/// A build that the harness starts and stops itself.
fn build(word: &str, option: &str) -> Result<Target> {
    let target = Target::load(word)?;
    match target.runs_already() {
        true => Err(Stop::usage(format!(
            "{option} {word}: a running cluster gets no faults, so it cannot be qualified; use a target whose nodes \
             the harness starts"
        ))),
        false => Ok(target),
    }
}

/// Marks a stored run as baseline.
fn accept(run: &Path, json: bool) -> Result<i32> {
    let _lock = store::RunLock::take(run)?;
    let mark = baseline::accept(run, &store::now())?;
    if json {
        tell_json(&mark)?;
    }
    tell(&format!(
        "{} is now the baseline of suite {}",
        visible(&mark.run),
        visible(&mark.suite)
    ));
    Ok(exit::VALID)
}

/// The stored run to compare with: the named one, or the one accepted last.
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

/// The seed if none was given. Shards cannot agree on a drawn one, and only shards of one seed are one run. Therefore
/// they all take it from the suite's text.
fn drawn(arguments: &QualifyArguments, suite: &Suite) -> u64 {
    match arguments.shard.is_whole() {
        true => u64::from(rand::random::<u32>()),
        false => u64::from_str_radix(&suite.digest, 16).unwrap_or(0) & u64::from(u32::MAX),
    }
}

/// The resolved arguments.
struct Question<'a> {
    arguments: &'a QualifyArguments,
    suite: &'a Suite,
    target: &'a Arc<Target>,
    plants: Plants,
    other: Option<&'a Arc<Target>>,
    baseline: Option<Stored>,
    seed: u64,
}

impl Question<'_> {
    fn seed_of(&self, cell: &Cell) -> u64 {
        self.seed.wrapping_add(u64::from(cell.repetition) - 1)
    }

    /// Enters the sandbox. If a private network is refused and some scenarios need none, those run, and the suite is
    /// undecided for the others.
    fn enter(&self, mine: &[Cell]) -> Result<Session> {
        let all_need_it = !mine.is_empty() && mine.iter().all(|cell| self.needs_network(cell));
        let blocks_need_it = self.other.is_some() && self.suite.figures.block.needs_network;
        let other = self.other.map_or(self.target.nodes, |other| other.nodes);
        let nodes = self.target.nodes.max(other);
        Session::open(all_need_it || blocks_need_it, nodes, &self.arguments.out)
    }

    /// What a cell runs, apart from the build's own plants.
    fn case(&self, cell: &Cell) -> Result<Case> {
        let scenario = &self.suite.scenarios[cell.scenario];
        let seed = self.seed_of(cell);
        resolve(scenario, &Overrides::default(), self.target, seed)
    }

    fn needs_network(&self, cell: &Cell) -> bool {
        self.case(cell).is_ok_and(|case| case.needs_network)
    }

    /// Returns the exit code of the run and its directory.
    async fn answer(
        &self,
        session: &Session,
        cells: &[Cell],
        mine: &[Cell],
    ) -> Result<(i32, PathBuf)> {
        let mut candidate = Build::begin(self, (self.target, &self.plants), true, session)?;
        let none = Plants::default();
        let other = self
            .other
            .map(|target| Build::begin(self, (target, &none), false, session));
        let mut other = other.transpose()?;
        self.announce(&candidate, other.as_ref(), mine);
        let blocks = other.is_some() && self.runs_blocks();
        let mut manifest = self.manifest(cells, mine, blocks);
        if let Some(other) = &other {
            other.save_manifest(&manifest)?;
            manifest.against.clone_from(&other.run.directory.id);
        }
        candidate.save_manifest(&manifest)?;
        self.note_not_tested(&mut candidate.run.report);
        let private = session.is_isolated();
        let mut order = random(self.seed, ORDER);
        let mut remaining = Remaining::of(self.estimated(mine));
        for (number, cell) in mine.iter().enumerate() {
            if session.interrupt.is_set() {
                break;
            }
            let builds = 1 + u32::from(other.is_some());
            if !private && self.needs_network(cell) {
                say(&format!(
                    "  – {}/{} {}  needs a private network",
                    number + 1,
                    mine.len(),
                    cell.name
                ));
                remaining.skip(cell.duration * builds);
                continue;
            }
            if let Some(why) = self.case(cell).ok().and_then(|case| session.refuses(&case)) {
                say(&format!("  – {}/{} {why}", number + 1, mine.len()));
                remaining.skip(cell.duration * builds);
                continue;
            }
            let (scenario, seed) = (&self.suite.scenarios[cell.scenario], self.seed_of(cell));
            let place = format!("[{}/{}]", number + 1, mine.len());
            let mut builds: Vec<&mut Build> =
                std::iter::once(&mut candidate).chain(&mut other).collect();
            if order.random() {
                builds.reverse();
            }
            for build in builds.into_iter().filter(|_| !session.interrupt.is_set()) {
                let turn = remaining.turn(place.clone());
                build.cell(scenario, cell, seed, &turn, session).await?;
                remaining.end(cell.duration);
            }
        }
        let mut pairs: Vec<Pair> = Vec::new();
        if let (Some(other), true) = (&mut other, blocks && !session.interrupt.is_set()) {
            let figures = &self.suite.figures;
            pairs = blocks::run(
                figures,
                self.seed,
                &mut candidate,
                other,
                (session, &mut remaining),
            )
            .await?;
            blocks::save(&candidate.run.directory, &pairs)?;
        }
        let directory = candidate.run.directory.path.clone();
        let code = self.conclude(candidate, other, &manifest, &pairs, session)?;
        Ok((code, directory))
    }

    /// One shard runs all blocks, because the runs of a pair must be adjacent on one machine.
    fn runs_blocks(&self) -> bool {
        self.arguments.shard.number == 1 && self.suite.figures.pairs > 0
    }

    fn manifest(&self, cells: &[Cell], mine: &[Cell], figures: bool) -> Manifest {
        let names = |cells: &[Cell]| cells.iter().map(|cell| cell.name.clone()).collect();
        Manifest {
            suite: self.suite.name.clone(),
            digest: self.suite.digest.clone(),
            target: self.target.name.clone(),
            target_digest: self.target.digest(),
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

    fn conclude(
        &self,
        mut candidate: Build,
        other: Option<Build>,
        manifest: &Manifest,
        pairs: &[Pair],
        session: &Session,
    ) -> Result<i32> {
        let settle = |build: &mut Build| {
            // Missing cells are listed below.
            build.run.settle(session, 0);
            let report = &mut build.run.report;
            let missing = completeness::missing(manifest, report, &[self.arguments.shard.number]);
            report.run.incomplete.extend(missing);
        };
        settle(&mut candidate);
        let mut finished = vec![candidate.run.directory.id.clone()];
        if let Some(mut other) = other {
            settle(&mut other);
            candidate.run.report.comparison = Some(comparison::interleaved(
                &other.run.report,
                &candidate.run.report,
                pairs,
                manifest,
            ));
            let other = &mut other.run;
            publish::write_results(&other.directory.path, &mut other.report, &other.histories)?;
            finished.push(other.directory.id.clone());
        } else if let Some(stored) = &self.baseline {
            let compared = comparison::with_stored(stored, &candidate.run.report, manifest);
            candidate.run.report.comparison = Some(compared);
        }
        let code = finish(
            (&candidate.run.directory, &candidate.run.histories),
            &mut candidate.run.report,
            self.arguments.accept.is_some(),
        )?;
        if self.arguments.json {
            let results = candidate.run.directory.path.join(layout::RESULTS);
            tell_data(&bounded::text(&results, bounded::VALUES)?);
        }
        let finished: Vec<&str> = finished.iter().map(String::as_str).collect();
        publish::prune(session, self.arguments.keep, (&finished, code));
        Ok(code)
    }
}
