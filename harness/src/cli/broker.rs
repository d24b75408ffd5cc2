//! `jepsen broker --config FILE`: one reference node. The only file that names the `broker` crate: everything else knows
//! a target by its command line and the Kafka protocol.

use anyhow::Result;

use super::BrokerArguments;
use crate::calibrate::table::{ROWS, Row};
use crate::exit::{self, Stop};
use crate::plants::Planted;

/// What the broker says of one of its plants.
pub use broker::plants::Entry as Offered;

/// Runs one node until it is stopped.
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

/// The plants of the reference broker, each with what the harness knows of it.
pub fn plants() -> impl Iterator<Item = (&'static Row, &'static Offered)> {
    let offered = |row: &Row| {
        broker::plants::TABLE
            .iter()
            .find(|entry| entry.name == row.name)
    };
    ROWS.iter()
        .filter_map(move |row| offered(row).map(|entry| (row, entry)))
}

/// Reads a plant as `--plant` takes it.
///
/// # Errors
/// If there is no such node, or the broker does not know the plant or its parameter; the message lists what is possible.
pub fn planted(text: &str) -> Result<Planted, String> {
    let planted: Planted = text.parse()?;
    broker::plants::Plants::parse(&[&planted.word]).map_err(|error| error.to_string())?;
    Ok(planted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The broker's table and the harness's name the same plants, in the same order.
    #[test]
    fn every_plant_is_in_both_tables() {
        let known: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        let offered: Vec<&str> = broker::plants::TABLE
            .iter()
            .map(|entry| entry.name)
            .collect();
        assert_eq!(known, offered);
        for row in ROWS.iter().filter(|row| row.is_detectable()) {
            planted(row.plant).expect("a plant with its parameter");
        }
    }

    #[test]
    fn a_mistake_says_what_is_possible() {
        let error = |text: &str| planted(text).expect_err("a mistake");
        let unknown = error("no-pre-vot");
        assert!(
            unknown.contains("no-pre-vot") && unknown.contains("serial-sender"),
            "{unknown}"
        );
        assert!(error("no-pre-vote@n4").contains("n1, n2 and n3"));
        assert!(error("no-pre-vote=3").contains("no parameter"));
        assert_eq!(
            planted("slow-leak=8@n2").map(|one| one.to_string()),
            Ok("slow-leak=8@n2".to_owned())
        );
    }
}
