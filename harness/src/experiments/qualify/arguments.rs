//! The arguments of `jepsen qualify`.

use std::path::PathBuf;

use clap::Args;

use super::matrix::Shard;
use crate::config::plants::Planted;
use crate::reference;

/// Flags of `qualify`.
#[derive(Clone, Debug, Args)]
pub struct QualifyArguments {
    /// The suite: a built-in name (see `jepsen list`) or a file.
    #[arg(value_name = "SUITE", default_value = "qualification")]
    pub suite: String,
    /// The build under test: a built-in target's name or a file.
    #[arg(long, value_name = "NAME|FILE", default_value = "reference")]
    pub target: String,
    /// Start the build under test with a deliberate bug, see `jepsen list`; on one node only with @n1 to @n3.
    #[arg(long, value_name = "NAME[@NODE]", value_delimiter = ',', value_parser = reference::planted)]
    pub plant: Vec<Planted>,
    /// Run this build interleaved with the build under test, and compare findings and figures.
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "baseline")]
    pub against: Option<String>,
    /// Compare findings with this stored run, with `none`, or, if absent, with the run accepted last.
    #[arg(long, value_name = "RUN|none")]
    pub baseline: Option<String>,
    /// Run every scenario this many times, with successive seeds.
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub repeat: u32,
    /// Mark this run as baseline if it is valid; with =RUN mark a stored run and run nothing.
    #[arg(long, value_name = "RUN", num_args = 0..=1, require_equals = true)]
    pub accept: Option<Option<PathBuf>>,
    /// Run one part of several, such as 2/5; `jepsen merge` joins them.
    #[arg(long, value_name = "I/N", default_value = "1/1", value_parser = Shard::parse)]
    pub shard: Shard,
    /// The seed of faults and workloads, decimal or 0x hexadecimal; if absent, drawn, or with --shard the suite's own.
    #[arg(long, value_name = "N", value_parser = crate::config::seed::parse)]
    pub seed: Option<u64>,
    /// Accept the findings that this file waives, see docs/qualification.md.
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
    /// Show the page in a browser: BROWSER, or xdg-open.
    #[arg(long, conflicts_with = "plan")]
    pub open: bool,
    /// Print what would run, with all fault schedules, and stop.
    #[arg(long)]
    pub plan: bool,
    /// The directory that contains the runs.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,
    /// The number of runs to keep; older ones are removed, baselines never.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: u32,
}
