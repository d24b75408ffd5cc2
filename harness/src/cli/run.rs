//! `jepsen run`: resolve what was typed, enter the sandbox, run each scenario, judge it, report it.
//!
//! Everything that can be wrong with the arguments is found before the sandbox is entered, and everything that can be
//! wrong with the machine before the first process starts.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use nemesis::Environment;
use nemesis::plan::Timing;

use super::RunArguments;
use super::stage::{self, Stage};
use crate::cluster::running;
use crate::config::promises::lay_over;
use crate::config::scenario::{self, Asked, Scenario};
use crate::config::target::Target;
use crate::exit::{self, Stop};
use crate::faults::{self, Plan};
use crate::output::{say, tell};
use crate::plants::Plants;
use crate::prepare;
use crate::run::{self, Setup};
use crate::store::{self, RunDirectory};
use crate::summary::{self, Conditions};
use crate::topics;

/// Runs what was asked for; the exit code is the worst of all runs.
///
/// # Errors
/// Bad arguments or files, a machine that cannot run it, or a bug of the harness.
pub fn run(arguments: &RunArguments) -> Result<i32> {
    let mut target = Target::load(&arguments.target)?;
    lay_over(&mut target.promises, &arguments.promise)?;
    if arguments
        .scenarios
        .iter()
        .any(|name| name == super::incident::NAME)
    {
        return super::incident::run(arguments, &target);
    }
    let scenarios = scenarios(&arguments.scenarios)?;
    let plants = Plants::of(arguments.plant.clone(), &target)?;
    let seed = arguments
        .seed
        .unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let planned = scenarios
        .iter()
        .map(|scenario| Ok((scenario, plan(arguments, scenario, &target, seed)?)))
        .collect::<Result<Vec<_>>>()?;
    if arguments.plan {
        for (scenario, plan) in &planned {
            tell(&format!("{}  seed {seed:#x}\n{plan}", scenario.name));
        }
        return Ok(exit::VALID);
    }
    prepare::ensure(&target)?;
    if target.runs_already() {
        target.running = running::discover(&target.bootstrap)?;
        let addresses: Vec<_> = target.running.iter().map(|node| node.address).collect();
        topics::refuse_existing(&addresses)?;
    }
    let network = planned
        .iter()
        .any(|(scenario, plan)| needs_network(arguments, scenario, plan));
    let stage = match target.runs_already() {
        true => Stage::beside(&arguments.out)?,
        false => Stage::enter(network, &arguments.out)?,
    };
    let session = Session {
        arguments,
        target: &target,
        plants,
        stage: &stage,
    };
    let mut worst = exit::VALID;
    for again in 0..u64::from(arguments.repeat) {
        let seed = seed.wrapping_add(again);
        let code = stage.runtime.block_on(session.run(&scenarios, seed))?;
        worst = worse(worst, code);
        if stage.interrupt.is_set() || (arguments.until_fail && code != exit::VALID) {
            break;
        }
    }
    stage.leave();
    Ok(worst)
}

/// Which of two exit codes tells of the worse outcome: invalid outranks everything, as in [`exit`].
fn worse(one: i32, other: i32) -> i32 {
    let rank = |code| match code {
        exit::INVALID => 4,
        exit::INTERRUPTED => 3,
        exit::UNDECIDED => 2,
        exit::PERFORMANCE => 1,
        _ => 0,
    };
    if rank(other) > rank(one) { other } else { one }
}

fn scenarios(names: &[String]) -> Result<Vec<Scenario>> {
    if names.is_empty() {
        return Ok(vec![scenario::find(scenario::DEFAULT)?]);
    }
    names.iter().map(|name| scenario::find(name)).collect()
}

fn plan(arguments: &RunArguments, scenario: &Scenario, target: &Target, seed: u64) -> Result<Plan> {
    if let Some(file) = &arguments.schedule {
        return faults::replay(file);
    }
    let timing = target.timing();
    if target.runs_already() {
        return undisturbed(arguments, scenario, &timing, seed);
    }
    let Some(words) = drawn(arguments, scenario) else {
        let mut scenario = scenario.clone();
        scenario.time_limit = arguments.time_limit.or(scenario.time_limit);
        return scenario.plan(seed, &timing);
    };
    let by_default = match arguments.faults {
        Some(_) => scenario.time_limit.unwrap_or(scenario::TIME_LIMIT),
        None => scenario.time_limit_on(&timing),
    };
    let time_limit = arguments.time_limit.unwrap_or(by_default);
    faults::draw(words, time_limit, seed, &timing)
}

/// The words to draw faults by: those that were typed, or the scenario's own; none where its windows are given.
fn drawn<'a>(arguments: &'a RunArguments, scenario: &'a Scenario) -> Option<&'a str> {
    arguments.faults.as_deref().or(scenario.drawn())
}

/// The plan for a cluster that runs already, of which nothing is ours to harm.
fn undisturbed(
    arguments: &RunArguments,
    scenario: &Scenario,
    timing: &Timing,
    seed: u64,
) -> Result<Plan> {
    if arguments
        .faults
        .as_deref()
        .is_some_and(|asked| asked != "none")
    {
        return Err(Stop::usage(
            "--faults: a cluster that runs already is left as it is; faults need a target whose nodes are started here",
        ));
    }
    let time_limit = arguments.time_limit.or(scenario.time_limit);
    faults::draw(
        "none",
        time_limit.unwrap_or(scenario::TIME_LIMIT),
        seed,
        timing,
    )
}

fn needs_network(arguments: &RunArguments, scenario: &Scenario, plan: &Plan) -> bool {
    let by_default = arguments.faults.is_none() && arguments.schedule.is_none();
    plan.needs_network() || (by_default && scenario.requires_network(plan))
}

/// What all runs of one call share.
struct Session<'a> {
    arguments: &'a RunArguments,
    target: &'a Target,
    plants: Plants,
    stage: &'a Stage,
}

impl Session<'_> {
    async fn run(&self, scenarios: &[Scenario], seed: u64) -> Result<i32> {
        let out = &self.arguments.out;
        let directory = RunDirectory::create(out, seed)?;
        for removed in store::prune(out, self.arguments.keep as usize, &directory.id) {
            say(&format!(
                "  removed old run {removed} (--keep {})",
                self.arguments.keep
            ));
        }
        let conditions = Conditions {
            command: reproduce("run", seed),
            seed,
            isolated: self.stage.environment.network().is_some(),
            client: self.target.client_settings(),
            plants: self.plants.words(),
        };
        announce(&directory, self.target, seed, &self.stage.environment);
        warn_of(&self.plants);
        let began = Instant::now();
        let mut report = summary::begin(&directory, self.target, &conditions);
        summary::save_plan(&directory, &report)?;
        for scenario in scenarios {
            let path = directory.scenario(&scenario.name)?;
            let plan = plan(self.arguments, scenario, self.target, seed)?;
            faults::save(&plan, &path.join("faults.json"))?;
            Asked::of(scenario).save(&path)?;
            let drawn = drawn(self.arguments, scenario);
            if let (None, false, Some(words)) =
                (&self.arguments.schedule, self.target.runs_already(), drawn)
                && let Some(sentence) = faults::no_room(words, &plan, self.target)?
            {
                say(&format!("  {sentence}"));
                report.warnings.push(sentence);
            }
            let setup = self.setup(scenario, plan, seed, &directory, path);
            let stage = self.stage;
            let finished =
                run::scenario(&setup, &stage.environment, &stage.table, &stage.interrupt).await?;
            let added = summary::scenario(&mut report, &scenario.description, &setup, &finished);
            if let Err(error) = added {
                report
                    .warnings
                    .push(format!("{}: {error:#}", scenario.name));
            }
            if self.target.runs_already() {
                let left = topics::delete_all(&finished.cluster.addresses());
                if !left.is_empty() {
                    say(&format!(
                        "  could not be deleted: topics {}",
                        left.join(", ")
                    ));
                }
            }
            if self.arguments.keep_running && !self.stage.interrupt.is_set() {
                self.keep_running(&finished.cluster).await?;
            }
            if self.stage.interrupt.is_set() {
                break;
            }
        }
        let short = self.stage.short.is_set();
        report.run.interrupted = self.stage.interrupt.is_set() && !short;
        if short {
            report.warnings.push(stage::short_of_space(out));
        }
        report.run.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        summary::finish(&directory, &mut report)
    }

    fn setup(
        &self,
        scenario: &Scenario,
        plan: Plan,
        seed: u64,
        directory: &RunDirectory,
        path: PathBuf,
    ) -> Setup {
        let arguments = self.arguments;
        let planned = Duration::from_millis(plan.time_limit_ms);
        let mut setup = Setup::of(scenario, self.target, plan, seed);
        setup.run = directory.id.clone();
        setup.directory = path;
        setup.workload = arguments.workload.unwrap_or(scenario.workload);
        setup.time_limit = arguments.time_limit.unwrap_or(planned);
        setup.rate = arguments.rate.unwrap_or(setup.rate);
        setup.plants = self.plants.clone();
        setup.concurrency = arguments.concurrency.unwrap_or(scenario.concurrency);
        setup
    }

    async fn keep_running(&self, cluster: &crate::cluster::Cluster) -> Result<()> {
        for node in nemesis::Node::ALL {
            cluster.start(node).await?;
        }
        say(&format!(
            "nodes kept running on {}; Ctrl-C ends them",
            cluster.bootstrap()
        ));
        while !self.stage.interrupt.is_set() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        cluster.stop().await;
        Ok(())
    }
}

pub(super) fn announce(
    directory: &RunDirectory,
    target: &Target,
    seed: u64,
    environment: &Environment,
) {
    let place = match environment.network() {
        _ if target.runs_already() => "running already: no sandbox, no faults, left as it is",
        Some(_) => "private network",
        None => "loopback",
    };
    let (kind, durable) = store::file_system(&directory.path);
    say(&format!(
        "jepsen {}  seed {seed:#x}  run {}",
        env!("CARGO_PKG_VERSION"),
        directory.id
    ));
    let address = |node: &nemesis::Node| match target.runs_already() {
        true => format!("{node} {}", target.address(environment, *node)),
        false => format!("{node} {}", environment.address(*node)),
    };
    let nodes: Vec<String> = nemesis::Node::ALL.iter().map(address).collect();
    say(&format!(
        "  target {}  nodes {} ({place})  data on {kind}",
        target.name,
        nodes.join("  ")
    ));
    if !durable {
        say(&format!(
            "  {kind} forgets on power loss: durability and performance figures do not apply"
        ));
    }
}

/// Says that what follows is no judgement of the product.
pub(super) fn warn_of(plants: &Plants) {
    for planted in plants.iter() {
        say(&format!(
            "  DELIBERATE BUG {planted}: what fails in this run is meant to fail"
        ));
    }
}

/// The command that repeats this run: what was typed, with the seed. `run --repeat` makes runs of one seed each;
/// to `qualify`, repetitions are a part of the run.
pub(super) fn reproduce(command: &str, seed: u64) -> String {
    let mut words = Vec::new();
    let mut typed = std::env::args().skip(1).peekable();
    let dropped: &[&str] = match command {
        "run" => &["--seed", "--repeat"],
        _ => &["--seed"],
    };
    while let Some(word) = typed.next() {
        let name = word.split('=').next().unwrap_or_default();
        match word.as_str() {
            _ if dropped.contains(&name) => {
                if name == word {
                    drop(typed.next());
                }
            }
            "--until-fail" | "--accept" => {}
            _ => words.push(quote(&word)),
        }
    }
    if words.first().is_none_or(|first| first != command) {
        words.insert(0, command.to_owned());
    }
    format!(
        "cargo run --release --bin jepsen -- {} --seed {seed:#x}",
        words.join(" ")
    )
}

pub(super) fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,=:@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A run directory as the user would type it.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let relative = here
        .as_deref()
        .and_then(|here| path.strip_prefix(here).ok());
    relative.unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_outranks_everything() {
        assert_eq!(worse(exit::UNDECIDED, exit::INVALID), exit::INVALID);
        assert_eq!(worse(exit::INVALID, exit::UNDECIDED), exit::INVALID);
        assert_eq!(worse(exit::VALID, exit::UNDECIDED), exit::UNDECIDED);
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quote("a,b"), "a,b");
        assert_eq!(quote("it's"), r"'it'\''s'");
    }
}
