//! `jepsen broker --config FILE`: one reference node. The only file that names the `broker` crate: everything else knows
//! a target by its command line and the Kafka protocol.

use anyhow::Result;

use super::BrokerArguments;
use crate::exit::{self, Stop};

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
