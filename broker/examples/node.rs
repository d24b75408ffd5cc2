//! One node from a configuration file, for trying the broker without the harness:
//! `cargo run -p broker --example node -- node.toml`.

use std::path::Path;
use std::process::ExitCode;

use tracing::error;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let Some(path) = std::env::args_os().nth(1) else {
        error!("name a configuration file");
        return ExitCode::FAILURE;
    };
    let ended = broker::NodeConfig::load(Path::new(&path))
        .map_err(broker::Error::from)
        .and_then(broker::run);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!(%error, "the node ended");
            ExitCode::FAILURE
        }
    }
}
