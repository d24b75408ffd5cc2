//! `jepsen run`: resolves the arguments, opens a session, plays each scenario, judges and publishes it.
//!
//! All mistakes in the arguments are reported before the sandbox is entered, and all problems of the machine before the
//! first process starts.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use clap::Args;

use crate::cluster::{Cluster, running};
use crate::config::find;
use crate::config::plan;
use crate::config::plants::{Planted, Plants};
use crate::config::promises::lay_over;
use crate::config::scenario::{self, Scenario};
use crate::config::shape::Fixed;
use crate::config::target::Target;
use crate::config::time::shown;
use crate::config::waivers;
use crate::exit::{self, Stop};
use crate::load::{Chosen, workloads};
use crate::output::{self, say, tell};
use crate::reference;
use crate::run::{Case, topics};
use crate::session::browser::Browser;
use crate::session::publish::{Conditions, Publication, warn_of};
use crate::session::reproduce::reproduce;
use crate::session::{Overrides, Session, prepare, resolve};
use crate::store::layout;

/// Flags of `run`.
#[derive(Clone, Debug, Args)]
pub struct RunArguments {
    /// Scenarios to run, see `jepsen list`.
    pub scenarios: Vec<String>,
    /// The target: a built-in name, a file, or the addresses of a running cluster.
    #[arg(
        long,
        value_name = "NAME|FILE|HOST:PORT,...",
        default_value = "reference"
    )]
    pub target: String,
    /// Judge by other promises than the target's: `strict`, NAME, no-NAME, NAME=NUMBER, NAME=WORD, comma-separated.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub promise: Vec<String>,
    /// The workload, instead of the scenario's own.
    #[arg(long, value_name = "NAME", value_parser = workloads::parser())]
    pub workload: Option<Chosen>,
    /// Faults to draw from, instead of the scenario's own: classes, or kinds with a setting and a role; `jepsen list faults`.
    #[arg(long, value_name = "CLASS|KIND[=SETTING][:ROLE],...|none")]
    pub faults: Option<String>,
    /// Length of the load phase, e.g. 60s or 2m.
    #[arg(long, value_name = "TIME", value_parser = crate::config::time::load_phase)]
    pub time_limit: Option<Duration>,
    /// Operations per second, over all clients; instead of the scenario's own (1,000).
    #[arg(long, value_name = "OPS/S", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: Option<u32>,
    /// Fix a value of the drawn load, e.g. linger.ms=5; `--plan` prints all of them.
    #[arg(long, value_name = "KEY=VALUE", value_parser = crate::config::shape::fixed)]
    pub load: Vec<Fixed>,
    /// Number of clients; instead of the scenario's own (8).
    #[arg(long, value_name = "N", value_parser = concurrency)]
    pub concurrency: Option<usize>,
    /// The seed of faults and workloads, decimal or 0x hexadecimal; drawn if absent.
    #[arg(long, value_name = "N", value_parser = crate::config::seed::parse)]
    pub seed: Option<u64>,
    /// Replay the faults of an earlier run: its faults.json.
    #[arg(long, value_name = "FILE", conflicts_with = "faults")]
    pub schedule: Option<PathBuf>,
    /// Start the nodes with a planted bug, see `jepsen list plants`; on one node only with @n1, @n2 and so on.
    #[arg(long, value_name = "NAME[@NODE]", value_delimiter = ',', value_parser = reference::planted)]
    pub plant: Vec<Planted>,
    /// Let the nodes lie to their clients, see `jepsen list mutants`; one node only with @n1, @n2 and so on.
    #[arg(long, value_name = "NAME[@NODE]", value_delimiter = ',', value_parser = reference::mutated)]
    pub mutant: Vec<Planted>,
    /// Print the fault schedule and stop.
    #[arg(long, conflicts_with_all = ["keep_running", "until_fail", "waivers"])]
    pub plan: bool,
    /// Run this many times, with successive seeds.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub repeat: u32,
    /// With --repeat: stop at the first run that is not valid.
    #[arg(long, requires = "repeat")]
    pub until_fail: bool,
    /// Accept the findings that this file waives, see docs/qualification.md.
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// Show the page of the last run in a browser: BROWSER, or xdg-open.
    #[arg(long, conflicts_with = "plan")]
    pub open: bool,
    /// Leave the nodes running until Ctrl-C after the run: of one scenario, once.
    #[arg(long, conflicts_with = "repeat")]
    pub keep_running: bool,
    /// The directory that contains the runs.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,
    /// The number of runs to keep; older finished ones are removed after a verdict.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: u32,
}

impl RunArguments {
    /// The given seed, or a random one.
    pub(super) fn seed_or_drawn(&self) -> u64 {
        self.seed
            .unwrap_or_else(|| u64::from(rand::random::<u32>()))
    }

    /// Whether the options apply to this target and these scenarios.
    ///
    /// # Errors
    /// If one would have no effect.
    fn apply(&self, target: &Target) -> Result<()> {
        if self.keep_running && self.scenarios.len() > 1 {
            return Err(Stop::usage(
                "--keep-running: the nodes of one scenario are kept; name one scenario",
            ));
        }
        if self.keep_running && target.runs_already() {
            return Err(Stop::usage(
                "--keep-running: a running cluster is not stopped anyway; leave it out",
            ));
        }
        if self.schedule.is_some() && target.runs_already() {
            return Err(Stop::usage(
                "--schedule: a running cluster gets no faults; use a target whose nodes the harness starts",
            ));
        }
        Ok(())
    }

    fn overrides(&self, target: &Target) -> Result<Overrides> {
        Ok(Overrides {
            workload: self.workload,
            faults: self.faults.clone(),
            schedule: self.schedule.as_deref().map(plan::replay).transpose()?,
            time_limit: self.time_limit,
            rate: self.rate,
            concurrency: self.concurrency,
            load: self.load.clone(),
            plants: Plants::of([self.plant.clone(), self.mutant.clone()].concat(), target)?,
        })
    }
}

/// The scenarios of one run, resolved for its seed.
struct Planned {
    seed: u64,
    cases: Vec<Case>,
}

/// Runs the selected scenarios. The exit code is the worst of all runs.
///
/// # Errors
/// Bad arguments or files, a machine that cannot run it, or a bug of the harness.
pub fn run(arguments: &RunArguments) -> Result<i32> {
    // A mistake in it is reported before anything starts.
    waivers::load(arguments.waivers.as_deref())?;
    let mut target = Target::load(&arguments.target)?;
    lay_over(&mut target.promises, &arguments.promise)?;
    let scenarios = scenarios(&arguments.scenarios)?;
    arguments.apply(&target)?;
    let overrides = arguments.overrides(&target)?;
    let first = arguments.seed_or_drawn();
    if !arguments.plan {
        prepare::ensure(&target)?;
        if target.runs_already() {
            target.found(running::discover(&target.bootstrap)?);
        }
    }
    let target = Arc::new(target);
    let resolved = |again: u32| -> Result<Planned> {
        let seed = first.wrapping_add(u64::from(again));
        let of = |scenario: &Scenario| resolve(scenario, &overrides, &target, seed);
        let cases = scenarios.iter().map(of).collect::<Result<_>>()?;
        Ok(Planned { seed, cases })
    };
    // All seeds are planned before the sandbox is entered, because any of them may draw a fault that needs the network.
    let runs = (0..arguments.repeat)
        .map(resolved)
        .collect::<Result<Vec<_>>>()?;
    if arguments.plan {
        for case in runs.iter().flat_map(|planned| &planned.cases) {
            let seed = format!("seed {:#x}", case.seed);
            tell(&output::plan::text(&case.name, &seed, &case.plan));
            let load = case.shape.line();
            if !load.is_empty() {
                tell(&format!("load  {load}"));
            }
        }
        return Ok(exit::VALID);
    }
    if target.runs_already() {
        let addresses: Vec<_> = target.running.iter().map(|node| node.address).collect();
        let cases = runs.iter().flat_map(|run| &run.cases);
        let mut own: Vec<(String, i32)> = cases.flat_map(Case::topics).collect();
        own.sort();
        own.dedup_by(|one, other| one.0 == other.0);
        topics::refuse_existing(&addresses, &own)?;
    }
    let network = runs
        .iter()
        .any(|run| run.cases.iter().any(|case| case.needs_network));
    let browser = Browser::ready(arguments.open);
    let session = match target.runs_already() {
        true => Session::open_beside(&arguments.out)?,
        false => Session::open(network, target.nodes, &arguments.out)?,
    };
    let refused = runs
        .iter()
        .flat_map(|run| &run.cases)
        .find_map(|case| session.refuses(case));
    if let Some(why) = refused {
        session.leave();
        return Err(Stop::machine(why));
    }
    let mut worst = exit::VALID;
    let mut last = None;
    for planned in runs {
        let playing = play(&session, arguments, &target, &overrides.plants, planned);
        let (code, directory) = session.runtime.block_on(playing)?;
        last = Some(directory);
        worst = exit::worse(worst, code);
        if session.interrupt.is_set() || (arguments.until_fail && code != exit::VALID) {
            break;
        }
    }
    if let Some(directory) = last {
        browser.show(&directory.join(layout::PAGE));
    }
    session.leave();
    Ok(worst)
}

fn scenarios(names: &[String]) -> Result<Vec<Scenario>> {
    if names.is_empty() {
        return Ok(vec![find::scenario(scenario::DEFAULT)?]);
    }
    names.iter().map(|name| find::scenario(name)).collect()
}

/// Returns the exit code of the run and its directory.
async fn play(
    session: &Session,
    arguments: &RunArguments,
    target: &Target,
    plants: &Plants,
    planned: Planned,
) -> Result<(i32, PathBuf)> {
    let conditions = Conditions {
        target,
        command: reproduce("run", planned.seed),
        seed: planned.seed,
        plants,
        suite: "",
    };
    let mut run = Publication::begin(session, &conditions)?;
    run.report.waivers = waivers::load(arguments.waivers.as_deref())?;
    run.announce(session, &conditions);
    warn_of(plants);
    let count = planned.cases.len();
    for case in planned.cases {
        if let Some(words) = &case.drawn
            && let Some(sentence) = plan::no_room(words, &case.plan, target)?
        {
            say(&format!("  {sentence}"));
            run.report.warnings.push(sentence);
        }
        let most = match case.ends_after_faults {
            Some(_) => "at most ",
            None => "",
        };
        say(&format!(
            "  scenario {}  {most}{} of load, {} operations a second, workload {}",
            case.name,
            shown(case.time_limit),
            case.rate,
            case.workload.name
        ));
        let load = case.shape.line();
        if !load.is_empty() {
            say(&format!("  load {load}"));
        }
        let directory = run.directory.scenario(&case.name)?;
        let recorded = session.play(case, &run.directory.id, &directory).await?;
        run.judge_and_add(&recorded);
        if target.runs_already() {
            let own = recorded.case.topics();
            let left = topics::delete_all(&recorded.cluster.addresses(), &own);
            if !left.is_empty() {
                say(&format!(
                    "  could not be deleted: topics {}",
                    left.join(", ")
                ));
            }
        }
        if arguments.keep_running && !session.interrupt.is_set() {
            keep_running(session, &recorded.cluster).await?;
        }
        if session.interrupt.is_set() {
            break;
        }
    }
    run.settle(session, count);
    let code = run.finish(session, arguments.keep)?;
    Ok((code, run.directory.path.clone()))
}

async fn keep_running(session: &Session, cluster: &Cluster) -> Result<()> {
    for node in cluster.nodes() {
        cluster.start(node).await?;
    }
    say(&format!(
        "nodes kept running on {}; press Ctrl-C to stop them",
        cluster.bootstrap()
    ));
    while !session.interrupt.is_set() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for warning in cluster.stop().await {
        say(&format!("  warning: {warning}"));
    }
    Ok(())
}

fn concurrency(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(clients @ 2..=64) => Ok(clients),
        _ => Err("between 2 and 64 clients: one must produce and one must poll".into()),
    }
}
