//! The arguments of `jepsen qualify`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::matrix::Shard;
use crate::config::plants::Planted;
use crate::exit::Stop;
use crate::reference;

/// The suite and the build, if none are named.
const SUITE: &str = "qualification";
const TARGET: &str = "reference";

/// Flags of `qualify`.
#[derive(Clone, Debug, Args)]
pub struct QualifyArguments {
    /// The suite: a built-in name (see `jepsen list`) or a file.
    #[arg(value_name = "SUITE", default_value = SUITE)]
    pub suite: String,
    /// The build under test: a built-in target's name or a file.
    #[arg(long, value_name = "NAME|FILE", default_value = TARGET)]
    pub target: String,
    /// Start the build under test with a planted bug, see `jepsen list`; on one node only with @n1, @n2 and so on.
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
    #[arg(long, conflicts_with_all = ["accept", "waivers"])]
    pub plan: bool,
    /// Print the results as one JSON document (results.json), or with --plan the plan, see docs/output.md.
    #[arg(long)]
    pub json: bool,
    /// The directory that contains the runs.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,
    /// The number of runs to keep; older ones are removed, baselines never.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: u32,
}

impl QualifyArguments {
    /// Whether all of them apply together.
    ///
    /// # Errors
    /// If one would have no effect beside another one.
    pub(super) fn apply(&self) -> Result<()> {
        match &self.accept {
            Some(None) if !self.shard.is_whole() => Err(Stop::usage(
                "--accept: a shard is not a baseline; `jepsen merge --accept` makes one of all shards",
            )),
            Some(Some(run)) => match self.beside_a_stored_run() {
                None => Ok(()),
                Some(option) => Err(Stop::usage(format!(
                    "--accept={} marks a stored run and runs nothing, so {option} does not apply; leave one of them out",
                    run.display()
                ))),
            },
            _ => Ok(()),
        }
    }

    /// The first option that only a new run has.
    fn beside_a_stored_run(&self) -> Option<&'static str> {
        let given = [
            (self.suite != SUITE, "SUITE"),
            (self.target != TARGET, "--target"),
            (!self.plant.is_empty(), "--plant"),
            (self.against.is_some(), "--against"),
            (self.baseline.is_some(), "--baseline"),
            (self.repeat != 1, "--repeat"),
            (!self.shard.is_whole(), "--shard"),
            (self.seed.is_some(), "--seed"),
            (self.waivers.is_some(), "--waivers"),
        ];
        given.iter().find(|(is, _)| *is).map(|(_, option)| *option)
    }
}
