//! What was typed. Parsing has no side effects; each sub-command's file does the rest.

pub mod bench;
pub mod broker;
pub mod calibrate;
pub mod check;
pub mod cluster;
pub mod compare;
pub mod doctor;
pub mod export;
pub mod figures;
pub mod incident;
pub mod list;
pub mod merge;
pub mod model;
pub mod prepare;
pub mod qualify;
pub mod report;
pub mod run;
pub mod serve;
mod stage;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::plants::Planted;
use crate::workloads::WorkloadKind;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "jepsen",
    version,
    about = "A Jepsen-style black-box test harness for Kafka-compatible clusters",
    long_about = "Starts a three-node broker as real processes in a private network, cuts links, pauses and kills \
                  nodes, produces and consumes through librdkafka, judges the recorded history, and writes a report.\n\n\
                  `jepsen` alone runs the default scenario on the reference broker, about a minute.",
    after_help = crate::exit::HELP,
    args_conflicts_with_subcommands = true
)]
pub struct Cli {
    /// What to do; `run` if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Flags of `run`, when no sub-command is named.
    #[command(flatten)]
    pub run: RunArguments,
}

/// The sub-commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run scenarios and judge them (the default).
    Run(RunArguments),
    /// List scenarios, workloads, faults, checks, plants and targets.
    List,
    /// Try which faults can run here, and say what to do about the others.
    Doctor,
    /// Judge a stored run or a history file again.
    Check(CheckArguments),
    /// Write a stored history in another tool's shape.
    Export(ExportArguments),
    /// Print what each kind of fault did in stored runs: gaps, changes of leader, epochs; and how fast they formed.
    Figures(FiguresArguments),
    /// Write the page of a stored run again.
    Report(ReportArguments),
    /// Run the planted bugs and tell which check caught which, and how fast.
    Calibrate(CalibrateArguments),
    /// Run a suite of scenarios, compare with a baseline, and say whether the build qualifies.
    Qualify(qualify::QualifyArguments),
    /// Join the shards of one suite's run.
    Merge(merge::MergeArguments),
    /// Show two stored runs side by side.
    Compare(compare::CompareArguments),
    /// Browse runs on loopback, read-only.
    Serve(serve::ServeArguments),
    /// Fetch or build what a target needs, once, outside the sandbox.
    Prepare(PrepareArguments),
    /// Measure the same work on several targets, side by side.
    Bench(BenchArguments),
    /// Run three reference nodes on 127.0.0.1:9092, 9093 and 9094 until Ctrl-C.
    Cluster(ClusterArguments),
    /// Run one reference node.
    Broker(BrokerArguments),
}

/// Flags of `run`.
#[derive(Clone, Debug, Args)]
pub struct RunArguments {
    /// Scenarios to run, see `jepsen list`.
    pub scenarios: Vec<String>,
    /// The target: a built-in name, a file, or the addresses of a cluster that runs already.
    #[arg(
        long,
        value_name = "NAME|FILE|HOST:PORT,...",
        default_value = "reference"
    )]
    pub target: String,
    /// Judge by other promises than the target's: `strict`, NAME, no-NAME, NAME=NUMBER, comma-separated.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub promise: Vec<String>,
    /// The workload, instead of the scenario's own.
    #[arg(long, value_enum)]
    pub workload: Option<WorkloadKind>,
    /// Fault classes or kinds, comma-separated, or `none`; instead of the scenario's own.
    #[arg(long, value_name = "A,B|none")]
    pub faults: Option<String>,
    /// Length of the load phase, e.g. 60s or 2m.
    #[arg(long, value_name = "TIME", value_parser = crate::config::time::load_phase)]
    pub time_limit: Option<Duration>,
    /// Operations a second, over all clients; instead of the scenario's own (1,000).
    #[arg(long, value_name = "OPS/S", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: Option<u32>,
    /// Number of clients; instead of the scenario's own (8).
    #[arg(long, value_name = "N", value_parser = concurrency)]
    pub concurrency: Option<usize>,
    /// The seed of faults and workloads, decimal or 0x hexadecimal; drawn if absent.
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
    /// Replay the faults of an earlier run: its faults.json.
    #[arg(long, value_name = "FILE", conflicts_with = "faults")]
    pub schedule: Option<PathBuf>,
    /// Start the nodes with a deliberate bug, see `jepsen list`; on one node only with @n1 to @n3.
    #[arg(long, value_name = "NAME[@NODE]", value_delimiter = ',', value_parser = crate::cli::broker::planted)]
    pub plant: Vec<Planted>,
    /// Print the fault schedule and stop.
    #[arg(long)]
    pub plan: bool,
    /// Run this often, with successive seeds.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub repeat: u32,
    /// With --repeat: stop at the first run that is not valid.
    #[arg(long)]
    pub until_fail: bool,
    /// Leave the nodes running until Ctrl-C after the run.
    #[arg(long)]
    pub keep_running: bool,
    /// Where runs are kept.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,
    /// How many runs are kept; older ones are removed.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: u32,
}

/// Flags of `check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Run directories or history files (.jsonl or .jsonl.zst).
    #[arg(required = true, value_name = "RUN|FILE")]
    pub paths: Vec<PathBuf>,
    /// Judge by a model instead of the checks of a recorded run; files may be Jepsen's EDN or etcd's logs then.
    #[arg(long, value_name = "NAME", value_parser = model::named, conflicts_with = "only")]
    pub model: Option<checkers::foreign::ModelName>,
    /// Only these checks, comma-separated.
    #[arg(long, value_name = "CHECK,...", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Judge by other promises than those that were recorded: `strict`, NAME, no-NAME, NAME=NUMBER, comma-separated.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub promise: Vec<String>,
    /// Print the verdicts as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `export`.
#[derive(Clone, Debug, Args)]
pub struct ExportArguments {
    /// A history file, or a run directory with one scenario.
    pub path: PathBuf,
    /// As EDN, a map per line, as Jepsen's Kafka checker reads it.
    #[arg(long, required = true)]
    pub edn: bool,
}

/// Flags of `figures`.
#[derive(Debug, Args)]
pub struct FiguresArguments {
    /// Run directories or history files.
    #[arg(required = true, value_name = "RUN|FILE")]
    pub paths: Vec<PathBuf>,
    /// Print them as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Flags of `report`.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// The run directory.
    #[arg(value_name = "RUN", default_value = "runs/latest")]
    pub run: PathBuf,
}

/// Flags of `calibrate`.
#[derive(Debug, Args)]
pub struct CalibrateArguments {
    /// The plants to run; all if none is named.
    #[arg(value_name = "PLANT")]
    pub plants: Vec<String>,
    /// How many seeds each plant is run with.
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub seeds: u32,
    /// How many runs without any plant must stay clean.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    pub controls: u32,
    /// The first seed, decimal or 0x hexadecimal.
    #[arg(long, value_name = "N", value_parser = seed, default_value = "1")]
    pub seed: u64,
    /// Run each plant under the default faults of a minute instead of those that its trigger needs.
    #[arg(long)]
    pub mix: bool,
    /// Like --mix, but leave these classes or kinds of fault out: what a mix without them would miss.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub without: Vec<String>,
    /// Where results are kept; an interrupted calibration goes on from there.
    #[arg(long, value_name = "DIR", default_value = "runs/calibration")]
    pub out: PathBuf,
    /// Run everything again, whatever was kept.
    #[arg(long)]
    pub fresh: bool,
}

/// Flags of `prepare`.
#[derive(Debug, Args)]
pub struct PrepareArguments {
    /// The target: a built-in name or a file.
    #[arg(value_name = "NAME|FILE")]
    pub target: String,
    /// Only tell whether it is there: exit code 0, or 253 if it is not.
    #[arg(long)]
    pub check: bool,
}

/// Flags of `bench`.
#[derive(Debug, Args)]
pub struct BenchArguments {
    /// The targets: built-in names or files; ratios are to the first.
    #[arg(required = true, value_name = "TARGET")]
    pub targets: Vec<String>,
    /// How often everything is measured.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub repetitions: u32,
    /// Only these figures.
    #[arg(long, value_enum, value_name = "GROUP,...", value_delimiter = ',')]
    pub only: Vec<crate::bench::Group>,
    /// How long each shape of load lasts.
    #[arg(long, value_name = "TIME", value_parser = crate::config::time::parse, default_value = "4s")]
    pub each: Duration,
    /// Records a second where latency is measured.
    #[arg(long, value_name = "RECORDS/S", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub latency_rate: u32,
    /// Where runs are kept.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,
}

/// Flags of `cluster`.
#[derive(Debug, Args)]
pub struct ClusterArguments {
    /// Where the nodes keep their logs; a temporary directory if absent.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The first node's Kafka port; the others follow.
    #[arg(long, value_name = "PORT", default_value_t = 9092, value_parser = clap::value_parser!(u16).range(1024..=65_000))]
    pub port: u16,
}

/// Flags of `broker`.
#[derive(Debug, Args)]
pub struct BrokerArguments {
    /// The node's configuration file.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

fn seed(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("`{text}` is no seed; give a number, decimal or 0x hexadecimal"))
}

fn concurrency(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(clients @ 2..=64) => Ok(clients),
        _ => Err("between 2 and 64 clients: one must produce and one must poll".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn seeds_read_as_people_write_them() {
        assert_eq!(seed("0x5EED"), Ok(0x5EED));
        assert_eq!(seed("7"), Ok(7));
        assert!(seed("seven").is_err());
    }
}
