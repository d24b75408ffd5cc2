//! `jepsen broker --config FILE`: one reference node.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::reference;

/// Flags of `broker`.
#[derive(Debug, Args)]
pub struct BrokerArguments {
    /// The node's configuration file.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Runs one node until it is stopped.
///
/// # Errors
/// As of [`reference::run`].
pub fn run(arguments: &BrokerArguments) -> Result<i32> {
    reference::run(&arguments.config)
}
