//! `jepsen bench TARGET...`: the same work on several targets, interleaved, as ratios to the first target. If the
//! machine slows down, it slows all of them down. The results are figures, not verdicts.
//!
//! A *block* is one target once: started, measured, stopped. The blocks of all targets form a repetition, in an order
//! that rotates. Throughput comes from producers that keep a stated number of records in flight. Latency is measured at
//! a stated rate, which must be below saturation, because a saturated producer measures its own queue.

pub mod block;
pub mod delivery;
pub mod disk;
pub mod fail_over;
pub mod healthy;
pub mod load;
pub mod members;
pub mod quantile;
pub mod rebalance;
pub mod resources;
pub mod transactions;
pub mod work;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use reports::bench::{BENCH_SCHEMA, Bench};
use reports::model::Filesystem;

use crate::config::target::Target;
use crate::exit::{self, Stop};
use crate::output::{say, shown, tell};
use crate::session::reproduce::typed;
use crate::session::{Session, full_disk, prepare, publish};
use crate::store::{self, RunDirectory, write_whole};
use block::Block;
use work::{Group, Work};

/// The duration of each shape of load, if none is given.
const EACH: Duration = Duration::from_secs(4);
/// Records per second in latency measurements, if none are given.
const LATENCY_RATE: u32 = 500;

/// Flags of `bench`.
#[derive(Debug, Args)]
pub struct BenchArguments {
    /// The targets: built-in names or files. Ratios are relative to the first.
    #[arg(required = true, value_name = "TARGET")]
    pub targets: Vec<String>,
    /// How many times everything is measured.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub repetitions: u32,
    /// Only these figures.
    #[arg(long, value_enum, value_name = "GROUP,...", value_delimiter = ',')]
    pub only: Vec<crate::experiments::bench::work::Group>,
    /// The duration of each shape of load (4s).
    #[arg(long, value_name = "TIME", value_parser = crate::config::time::parse)]
    pub each: Option<Duration>,
    /// Records per second in latency measurements (500).
    #[arg(long, value_name = "RECORDS/S", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub latency_rate: Option<u32>,
    /// The directory that contains the runs.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,
}

/// Measures and writes `bench.json` and `bench.html`; prints the table.
///
/// Exit code 2 if a target could not be measured in some repetition.
///
/// # Errors
/// If a target file is invalid, a target cannot be prepared, or this machine permits no sandbox.
pub fn run(arguments: &BenchArguments) -> Result<i32> {
    let work = work(arguments)?;
    let targets = arguments
        .targets
        .iter()
        .map(|word| Target::load(word).map(Arc::new))
        .collect::<Result<Vec<_>>>()?;
    if let Some(running) = targets.iter().find(|target| target.runs_already()) {
        return Err(Stop::usage(format!(
            "{}: a running cluster cannot be restarted; use a target that the harness starts",
            running.name
        )));
    }
    for (at, target) in targets.iter().enumerate() {
        if targets[..at].iter().any(|other| other.name == target.name) {
            return Err(Stop::usage(format!(
                "two targets are called {}",
                target.name
            )));
        }
        prepare::ensure(target)?;
    }
    let network = work.has(Group::FailOver);
    let nodes = targets.iter().map(|target| target.nodes).max();
    let session = Session::open(network, nodes.unwrap_or_default(), &arguments.out)?;
    let directory = RunDirectory::create(&arguments.out, 0)?;
    let mut bench = begin(arguments, &targets, &work, &directory);
    announce(&directory, &bench);
    let mut failed = false;
    for repetition in 0..arguments.repetitions as usize {
        if session.interrupt.is_set() {
            break;
        }
        Block::measure_disk(&directory.path, &bench.targets.clone(), &mut bench)?;
        for turn in 0..targets.len() {
            let target = &targets[(turn + repetition) % targets.len()];
            if session.interrupt.is_set() {
                break;
            }
            say(&format!(
                "  repetition {} of {}: {}",
                repetition + 1,
                arguments.repetitions,
                target.name
            ));
            let name = format!("{}-{}", target.name, repetition + 1);
            let block = Block {
                target,
                work: &work,
                session: &session,
                directory: &directory.scenario(&name)?,
                seed: repetition as u64,
            };
            if let Err(error) = session.runtime.block_on(block.run(&mut bench)) {
                failed = true;
                let warning = format!("{}: {error:#}", target.name);
                say(&format!("  warning: {warning}"));
                bench.warnings.push(warning);
            }
            // The results so far are kept if the next block fails.
            save(&directory.path, &bench)?;
        }
    }
    let interrupted = session.interrupt.is_set();
    tell(&reports::bench::table(&bench));
    say(&format!(
        "  page {}",
        shown(&directory.path.join("bench.html"))
    ));
    let is_full = session.space.is_set();
    session.leave();
    if is_full {
        return Err(full_disk(&arguments.out));
    }
    Ok(match (interrupted, failed) {
        (true, _) => exit::INTERRUPTED,
        (false, true) => exit::UNDECIDED,
        (false, false) => exit::VALID,
    })
}

/// What is measured.
///
/// # Errors
/// If an option applies to none of it.
fn work(arguments: &BenchArguments) -> Result<Work> {
    let all = [
        Group::Throughput,
        Group::Latency,
        Group::EndToEnd,
        Group::Transactions,
        Group::Rebalance,
        Group::FailOver,
        Group::Overhead,
    ];
    let chosen = match arguments.only.is_empty() {
        true => all.to_vec(),
        false => arguments.only.clone(),
    };
    let at_a_rate = [Group::Latency, Group::EndToEnd];
    if arguments.latency_rate.is_some() && !chosen.iter().any(|group| at_a_rate.contains(group)) {
        return Err(Stop::usage(
            "--latency-rate applies to latency and end-to-end, and --only names neither; leave one of them out",
        ));
    }
    let by_faults = [Group::FailOver, Group::Rebalance];
    if arguments.each.is_some() && chosen.iter().all(|group| by_faults.contains(group)) {
        return Err(Stop::usage(
            "--each does not apply to fail-over and rebalance, which last as long as their faults; leave it out",
        ));
    }
    Ok(Work {
        groups: chosen.into_iter().collect(),
        each: arguments.each.unwrap_or(EACH),
        rate: arguments.latency_rate.unwrap_or(LATENCY_RATE),
    })
}

fn begin(
    arguments: &BenchArguments,
    targets: &[Arc<Target>],
    work: &Work,
    directory: &RunDirectory,
) -> Bench {
    let mut conditions = work.conditions(arguments.repetitions);
    for target in targets {
        let warm_up_s = target.bench.warm_up_ms as f64 / 1e3;
        conditions.push(format!(
            "{}: {}; warm-up {warm_up_s:.0} s of full load on 16 partitions",
            target.name, target.description
        ));
    }
    let mut warnings = Vec::new();
    if cfg!(debug_assertions) {
        warnings.push(
            "built without --release: the reference broker and the clients are slower than usual"
                .to_owned(),
        );
    }
    let (kind, figures_apply) = store::file_system(&directory.path);
    let filesystem = Filesystem {
        kind,
        figures_apply,
    };
    let nodes = targets.iter().map(|target| target.nodes).max();
    let place = (work.has(Group::FailOver), nodes.unwrap_or_default());
    let environment = publish::environment(filesystem, place, Vec::new());
    if !environment.data_filesystem.figures_apply {
        let kind = &environment.data_filesystem.kind;
        warnings.push(format!(
            "{kind} loses data on power loss: figures of synced writes are not meaningful"
        ));
    }
    Bench {
        schema: BENCH_SCHEMA,
        version: env!("CARGO_PKG_VERSION").into(),
        started: directory.started.clone(),
        command: typed(),
        environment,
        conditions,
        targets: targets.iter().map(|target| target.name.clone()).collect(),
        figures: Vec::new(),
        warnings,
    }
}

fn announce(directory: &RunDirectory, bench: &Bench) {
    let (kind, _) = store::file_system(&directory.path);
    say(&format!(
        "jepsen {}  bench of {}  run {}  data on {kind}",
        env!("CARGO_PKG_VERSION"),
        bench.targets.join(", "),
        directory.id
    ));
    for warning in &bench.warnings {
        say(&format!("  warning: {warning}"));
    }
}

fn save(directory: &Path, bench: &Bench) -> Result<()> {
    write_whole(&directory.join("bench.json"), &reports::bench::json(bench))
        .context("bench.json")?;
    write_whole(&directory.join("bench.html"), &reports::bench::page(bench)).context("bench.html")
}
