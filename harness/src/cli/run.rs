//! `jepsen run`: resolve what was typed, enter the sandbox, run each scenario, judge it, report it.
//!
//! Everything that can be wrong with the arguments is found before the sandbox is entered, and everything that can be
//! wrong with the machine before the first process starts.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nemesis::Environment;
use nemesis::process::ProcessTable;
use nemesis::sandbox::{self, Isolation, SandboxOptions};

use super::RunArguments;
use crate::cluster;
use crate::config::scenario::{self, SCENARIOS, Scenario};
use crate::config::target::Target;
use crate::exit::{self, Stop};
use crate::faults::{self, Plan};
use crate::output::{say, tell};
use crate::probe::StopFlag;
use crate::run::{self, Setup};
use crate::store::{self, RunDirectory};
use crate::summary::{self, Conditions};

/// Between two looks at the free space.
const SPACE_LOOK: Duration = Duration::from_millis(250);

/// Runs what was asked for; the exit code is the worst of all runs.
///
/// # Errors
/// Bad arguments or files, a machine that cannot run it, or a bug of the harness.
pub fn run(arguments: &RunArguments) -> Result<i32> {
    let target = Target::load(&arguments.target)?;
    let scenarios = scenarios(&arguments.scenarios)?;
    let seed = arguments
        .seed
        .unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let planned = scenarios
        .iter()
        .map(|scenario| Ok((*scenario, plan(arguments, scenario, &target, seed)?)))
        .collect::<Result<Vec<_>>>()?;
    if arguments.plan {
        for (scenario, plan) in &planned {
            tell(&format!("{}  seed {seed:#x}\n{plan}", scenario.name));
        }
        return Ok(exit::VALID);
    }
    let network = planned
        .iter()
        .any(|(scenario, plan)| needs_network(arguments, scenario, plan));
    let entered = enter(network)?;
    let environment = Environment::build(&entered).map_err(|error| refused(&error))?;
    let table = ProcessTable::of(&entered);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("start the runtime")?;
    let interrupt = StopFlag::default();
    runtime.spawn(watch_signals(interrupt.clone()));
    let short = StopFlag::default();
    let watched = arguments.out.clone();
    runtime.spawn(watch_space(watched, short.clone(), interrupt.clone()));
    let session = Session {
        arguments,
        target: &target,
        environment,
        table,
        interrupt,
        short,
    };
    let mut worst = exit::VALID;
    for again in 0..u64::from(arguments.repeat) {
        let seed = seed.wrapping_add(again);
        let code = runtime.block_on(session.run(&scenarios, seed))?;
        worst = worse(worst, code);
        if session.interrupt.is_set() || (arguments.until_fail && code != exit::VALID) {
            break;
        }
    }
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(worst)
}

/// Enters the sandbox. Where the plan can do without a private network it is only preferred: what else listens on this
/// machine cannot be in the way there.
fn enter(network: bool) -> Result<sandbox::Entered> {
    let isolated = SandboxOptions {
        isolation: Isolation::Network,
    };
    match sandbox::enter(&isolated) {
        Err(error) if !network => {
            say(&format!(
                "no private network here ({error}): nodes on 127.0.0.1 to 127.0.0.3"
            ));
            let plain = SandboxOptions {
                isolation: Isolation::ProcessesOnly,
            };
            sandbox::enter(&plain).map_err(|error| refused(&error))
        }
        entered => entered.map_err(|error| refused(&error)),
    }
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

fn scenarios(names: &[String]) -> Result<Vec<&'static Scenario>> {
    let named = |name: &str| {
        scenario::find(name).ok_or_else(|| {
            let known: Vec<&str> = SCENARIOS.iter().map(|s| s.name).collect();
            Stop::usage(format!(
                "no scenario `{name}`; there are: {}",
                known.join(", ")
            ))
        })
    };
    if names.is_empty() {
        return Ok(vec![named(scenario::DEFAULT)?]);
    }
    names.iter().map(|name| named(name)).collect()
}

fn plan(arguments: &RunArguments, scenario: &Scenario, target: &Target, seed: u64) -> Result<Plan> {
    if let Some(file) = &arguments.schedule {
        return faults::replay(file);
    }
    let time_limit = arguments.time_limit.unwrap_or(scenario.time_limit);
    let kinds = arguments.faults.as_deref().unwrap_or(scenario.faults);
    faults::draw(kinds, time_limit, seed, target.detection())
}

fn needs_network(arguments: &RunArguments, scenario: &Scenario, plan: &Plan) -> bool {
    let by_default = arguments.faults.is_none() && arguments.schedule.is_none();
    plan.needs_network() || (by_default && scenario.needs_network)
}

fn refused(error: &dyn std::fmt::Display) -> anyhow::Error {
    Stop::machine(format!(
        "no private network on this machine: {error}.\n\
         `jepsen doctor` names the setting that permits it. Pauses and kills need none of it: \
         `jepsen run process` runs them with nodes on 127.0.0.1 to 127.0.0.3."
    ))
}

#[expect(
    clippy::exit,
    reason = "a second signal leaves at once, whatever the tasks do"
)]
/// First signal: stop, heal, save, judge. Second: leave at once; the sandbox ends every node with us.
async fn watch_signals(interrupt: StopFlag) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut int), Ok(mut term)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return;
    };
    loop {
        tokio::select! { _ = int.recv() => {}, _ = term.recv() => {} }
        if interrupt.is_set() {
            say("jepsen: second signal: leaving at once");
            std::process::exit(exit::INTERRUPTED);
        }
        interrupt.set();
        say(
            "jepsen: stopping: faults are healed, what was recorded is judged; again to leave at once",
        );
    }
}

/// Ends the run early when the disk is nearly full: nodes that cannot write would look like nodes that crash, and nothing
/// could be saved.
async fn watch_space(out: PathBuf, short: StopFlag, interrupt: StopFlag) {
    while !interrupt.is_set() {
        if store::free_bytes(&out).is_some_and(|free| free < store::FREE_BYTES_LOW) {
            say(&format!("jepsen: {}", short_of_space(&out)));
            short.set();
            interrupt.set();
        }
        tokio::time::sleep(SPACE_LOOK).await;
    }
}

fn short_of_space(out: &Path) -> String {
    format!(
        "less than {} MiB are free in {}: the run ended early and is undecided",
        store::FREE_BYTES_LOW >> 20,
        out.display()
    )
}

/// What all runs of one call share.
struct Session<'a> {
    arguments: &'a RunArguments,
    target: &'a Target,
    environment: Environment,
    table: ProcessTable,
    interrupt: StopFlag,
    /// Set, and the interrupt with it, when the disk is nearly full.
    short: StopFlag,
}

impl Session<'_> {
    async fn run(&self, scenarios: &[&'static Scenario], seed: u64) -> Result<i32> {
        let out = &self.arguments.out;
        let directory = RunDirectory::create(out, seed)?;
        for removed in store::prune(out, self.arguments.keep as usize, &directory.id) {
            say(&format!(
                "  removed old run {removed} (--keep {})",
                self.arguments.keep
            ));
        }
        let conditions = Conditions {
            command: reproduce(seed),
            seed,
            isolated: self.environment.network().is_some(),
            client: self.target.client_settings(),
        };
        announce(&directory, self.target, seed, &self.environment);
        let began = Instant::now();
        let mut report = summary::begin(&directory, self.target, &conditions);
        summary::save_plan(&directory, &report)?;
        for scenario in scenarios {
            let path = directory.scenario(scenario.name)?;
            let plan = plan(self.arguments, scenario, self.target, seed)?;
            faults::save(&plan, &path.join("faults.json"))?;
            let setup = self.setup(scenario, plan, seed, &directory, path);
            cluster::ports_are_free(&self.environment, self.target)?;
            let finished =
                run::scenario(&setup, &self.environment, &self.table, &self.interrupt).await?;
            let added = summary::scenario(&mut report, scenario.description, &setup, &finished);
            if let Err(error) = added {
                report
                    .warnings
                    .push(format!("{}: {error:#}", scenario.name));
            }
            if self.arguments.keep_running && !self.interrupt.is_set() {
                self.keep_running(&finished.cluster).await?;
            }
            if self.interrupt.is_set() {
                break;
            }
        }
        let short = self.short.is_set();
        report.run.interrupted = self.interrupt.is_set() && !short;
        if short {
            report.warnings.push(short_of_space(out));
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
        Setup {
            target: self.target.clone(),
            name: scenario.name.to_owned(),
            run: directory.id.clone(),
            workload: arguments.workload.unwrap_or(scenario.workload),
            plan,
            time_limit: arguments.time_limit.unwrap_or(scenario.time_limit),
            rate: arguments.rate,
            concurrency: arguments.concurrency,
            seed,
            directory: path,
        }
    }

    async fn keep_running(&self, cluster: &crate::cluster::Cluster) -> Result<()> {
        for node in nemesis::Node::ALL {
            cluster.start(node).await?;
        }
        say(&format!(
            "nodes kept running on {}; Ctrl-C ends them",
            cluster.bootstrap()
        ));
        while !self.interrupt.is_set() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        cluster.stop().await;
        Ok(())
    }
}

fn announce(directory: &RunDirectory, target: &Target, seed: u64, environment: &Environment) {
    let place = if environment.network().is_some() {
        "private network"
    } else {
        "loopback"
    };
    let (kind, durable) = store::file_system(&directory.path);
    say(&format!(
        "jepsen {}  seed {seed:#x}  run {}",
        env!("CARGO_PKG_VERSION"),
        directory.id
    ));
    let address = |node: &nemesis::Node| format!("{node} {}", environment.address(*node));
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

/// The command that repeats this run: what was typed, with the seed.
fn reproduce(seed: u64) -> String {
    let mut words = Vec::new();
    let mut typed = std::env::args().skip(1).peekable();
    while let Some(word) = typed.next() {
        match word.as_str() {
            "--seed" | "--repeat" => drop(typed.next()),
            "--until-fail" => {}
            _ if word.starts_with("--seed=") || word.starts_with("--repeat=") => {}
            _ => words.push(quote(&word)),
        }
    }
    if words.first().is_none_or(|first| first != "run") {
        words.insert(0, "run".to_owned());
    }
    format!(
        "cargo run --release --bin jepsen -- {} --seed {seed:#x}",
        words.join(" ")
    )
}

fn quote(word: &str) -> String {
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
