//! `jepsen broker --config FILE`: one reference node. The only file that names the `broker` crate: everything else knows
//! a target by its command line and the Kafka protocol.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::config::plants::About;
use crate::exit::{self, Stop};

/// Flags of `broker`.
#[derive(Debug, Args)]
pub struct BrokerArguments {
    /// The node's configuration file.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Runs one node until it is told to end.
///
/// # Errors
/// If the configuration is wrong (exit code 254), or the node had to give up (1).
pub fn run(arguments: &BrokerArguments) -> Result<i32> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let config = broker::NodeConfig::load(&arguments.config)
        .map_err(|error| Stop::usage(format!("--config: {error}")))?;
    match broker::run(config) {
        Ok(()) => Ok(exit::VALID),
        Err(error) => Err(Stop {
            code: exit::INVALID,
            message: format!("node: {error}"),
        }
        .into()),
    }
}

/// The deliberate bugs that the reference broker can be started with, in the order of its own table.
pub fn plants() -> Vec<About> {
    let about = |entry: &broker::plants::Entry| About {
        name: entry.name,
        does: entry.does,
        happened: entry.happened,
        trigger: entry.trigger,
        workload: entry.workload,
        caught_by: entry.caught_by,
        not_seen_because: entry.not_seen_because,
        parameter: entry.parameter.map(|one| (one.what, one.default)),
    };
    broker::plants::TABLE.iter().map(about).collect()
}

/// Whether a word, with its parameter if it has one, can stand in a node's list of plants.
///
/// # Errors
/// The broker's own word on what is wrong and what is possible.
pub fn check_plant(word: &str) -> Result<(), String> {
    match broker::plants::Plants::parse(&[word]) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}
