//! The reference broker as the harness uses it: one node inside this program, and the lists of its plants and mutants.
//! Only this file names the `broker` crate. Everything else knows a target by its command line and the Kafka protocol.

use std::path::Path;

use anyhow::Result;

use crate::bounded;
use broker::plants::PlantError;

use crate::config::near;
use crate::config::plants::{MUTANT, Planted};
use crate::exit::{self, Stop};

/// What the broker says about one of its mutants.
pub use broker::mutants::Mutant;
/// What the broker says about one of its plants.
pub use broker::plants::Entry as Offered;

/// Runs one node until it is stopped.
///
/// # Errors
/// If the configuration is wrong (exit code 254), or the node had to give up (1).
pub fn run(config: &Path) -> Result<i32> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    // The broker reads it again. This refuses what is not a regular file, or has no end.
    bounded::text(config, bounded::CONFIG)
        .map_err(|error| Stop::usage(format!("--config {}: {error}", config.display())))?;
    let config = broker::NodeConfig::load(config)
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

/// The plants that the reference broker can be started with, in the order of its own table.
pub fn plants() -> &'static [Offered] {
    broker::plants::TABLE
}

/// Reads a plant as `--plant` takes it.
///
/// # Errors
/// If it names no node, or the broker does not know the plant or its parameter; the message lists what is possible.
pub fn planted(text: &str) -> Result<Planted, String> {
    let planted: Planted = text.parse()?;
    let read = broker::plants::Plants::parse(&[&planted.word]);
    read.map_err(|error| match error {
        PlantError::Unknown { name } => {
            let known: Vec<&str> = plants().iter().map(|plant| plant.name).collect();
            near::unknown("plant", &name, &known)
        }
        PlantError::Parameter { .. } => error.to_string(),
    })?;
    Ok(planted)
}

/// The mutants that the reference broker can be started with, in the order of its own tables.
pub fn mutants() -> impl Iterator<Item = &'static Mutant> {
    broker::mutants::all()
}

/// Whether a node with these lines on its standard error has told a lie.
pub fn has_lied(log: &str) -> bool {
    log.contains(broker::mutants::FIRST_LIE)
}

/// Reads a mutant as `--mutant` takes it.
///
/// # Errors
/// If it names no node, or the broker does not know it; the message lists what is possible.
pub fn mutated(text: &str) -> Result<Planted, String> {
    let named: Planted = text.parse()?;
    broker::mutants::Mutants::parse(&[&named.word]).map_err(|_| {
        let known: Vec<&str> = mutants().map(|one| one.name).collect();
        near::unknown("mutant", &named.word, &known)
    })?;
    Ok(Planted {
        word: format!("{MUTANT}{}", named.word),
        ..named
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_says_what_is_possible() {
        let error = |text: &str| planted(text).expect_err("a mistake");
        let unknown = error("no-pre-vot");
        assert!(
            unknown.contains("did you mean `no-pre-vote`? `jepsen list plants`"),
            "{unknown}"
        );
        assert!(error("no-pre-vote@x").contains("n1, n2 and so on"));
        assert!(error("no-pre-vote=3").contains("no parameter"));
        assert_eq!(
            planted("slow-leak=8@n2").map(|one| one.to_string()),
            Ok("slow-leak=8@n2".to_owned())
        );
    }

    #[test]
    fn a_mutant_is_read_with_its_node() {
        assert_eq!(
            mutated("produce-never@n2").map(|one| one.to_string()),
            Ok("mutant:produce-never@n2".to_owned())
        );
        let unknown = mutated("produce-nevr").expect_err("a mistake");
        assert!(unknown.contains("did you mean `produce-never`? `jepsen list mutants`"));
        assert!(mutated("produce-never@x").is_err());
    }
}
