//! The workloads: one file each, one row each in [`WORKLOADS`].
//!
//! A new workload is a file with an implementation of [`Workload`] and a row here. No other file needs to know it: the
//! command line, scenario files and `jepsen list` read the rows, and a run gets its workers from the workload itself.

mod admin;
mod append;
mod asker;
mod exactly_once;
mod fence;
mod group;
mod group_client;
mod idempotent;
mod input;
mod lives;
mod offsets;
mod pipeline;
mod poll;
mod reader;
mod register;
mod returning;
mod starts;
mod transactions;

use std::sync::Arc;

use anyhow::Result;
use checkers::history::{Isolation, Promises, Timeouts};
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::Load;
use crate::config::near;
use crate::config::shape::Shape;
use crate::config::word::Word;

/// The operations that the clients of a run perform.
pub trait Workload: Send + Sync {
    /// Creates one worker for each of `clients` clients. There are at least 2: at least one produces and at least one
    /// reads.
    fn workers(&self, clients: usize) -> Vec<Worker>;

    /// What the workload's clients promise in addition to the target. Recorded in the history's header.
    fn promise(&self, _promises: &mut Promises, _shape: &Shape) {}

    /// The consumer groups that its clients use. They are watched, and their last offsets are fetched.
    fn groups(&self, _shape: &Shape) -> Vec<String> {
        Vec::new()
    }

    /// Topics that it deletes and creates again. The nodes are asked where they are; who leads them is nobody's concern,
    /// since each of them is several topics.
    fn returning(&self) -> Vec<String> {
        Vec::new()
    }

    /// What its members and producers ask for. Recorded in the history's header.
    fn timeouts(&self, _shape: &Shape) -> Timeouts {
        Timeouts::default()
    }

    /// Whether it has clients that are processes of their own, which faults can be aimed at.
    fn has_client_processes(&self) -> bool {
        false
    }

    /// Whether transactions write to this topic of the run. Its end is then read batch by batch, markers included.
    fn is_transactional(&self, _topic: &str) -> bool {
        false
    }
}

/// A worker's task. It runs on a separate thread until the load's stop flag is set.
pub type Worker = Box<dyn FnOnce(&Load, Turn) -> Result<()> + Send>;

/// The identity of a worker, and its rate.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Its number among the run's clients, from 0. It selects the stream of the seed that the worker draws from.
    pub thread: u64,
    /// Operations per second.
    pub per_second: f64,
}

/// A row of the table of workloads.
pub struct Row {
    /// The name on the command line and in scenario files.
    pub name: &'static str,
    /// One line for `jepsen list`.
    pub description: &'static str,
    /// Creates it for one run.
    pub make: fn() -> Arc<dyn Workload>,
}

/// Every workload.
pub const WORKLOADS: &[Row] = &[
    append::ROW,
    idempotent::ROW,
    admin::ROW,
    register::ROW,
    pipeline::ROW,
    offsets::ROW,
    group::ROW,
    group_client::ROW,
    transactions::ROW,
    exactly_once::ROW,
    fence::ROW,
];

/// A workload by its name.
pub type Chosen = &'static Row;

/// Rows are compared by name, which is unique.
impl PartialEq for Row {
    fn eq(&self, other: &Row) -> bool {
        self.name == other.name
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

/// Finds a workload by name.
///
/// # Errors
/// If there is none. The message lists the known workloads.
pub fn named(name: &str) -> Result<Chosen, String> {
    WORKLOADS
        .iter()
        .find(|row| row.name == name)
        .ok_or_else(|| {
            let known: Vec<&str> = WORKLOADS.iter().map(|row| row.name).collect();
            near::unknown("workload", name, &known)
        })
}

/// Reads a workload's name on the command line.
pub fn parser() -> impl TypedValueParser<Value = Chosen> {
    PossibleValuesParser::new(WORKLOADS.iter().map(|row| row.name)).try_map(|name| named(&name))
}

/// The workload that a scenario names.
///
/// # Errors
/// If there is none. The message names the scenario file and the line.
pub fn of_scenario(word: &Word) -> Result<Chosen> {
    word.read(named)
}

/// Three of eight clients poll. The others do what the workload assigns to them.
fn with_pollers(clients: usize, producer: impl Fn(usize, usize) -> Worker) -> Vec<Worker> {
    let producers = producers_of(clients);
    let producing = (0..producers).map(|at| producer(at, producers));
    let polling = (producers..clients).map(|_| -> Worker { Box::new(poll::run) });
    producing.chain(polling).collect()
}

/// The same where transactions produce: every second poller, and the only one, reads what is committed.
fn with_readers(clients: usize, producer: impl Fn(usize, usize) -> Worker) -> Vec<Worker> {
    let producers = producers_of(clients);
    let producing = (0..producers).map(|at| producer(at, producers));
    let polling = (producers..clients).map(|at| -> Worker {
        let isolation = match (at - producers) % 2 {
            0 => Isolation::ReadCommitted,
            _ => Isolation::ReadUncommitted,
        };
        Box::new(move |load, turn| poll::run_as(load, turn, isolation))
    });
    producing.chain(polling).collect()
}

/// The number of clients that produce. The others poll.
fn producers_of(clients: usize) -> usize {
    clients - clients * 3 / 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::suite::Suite;

    #[test]
    fn every_client_has_a_worker() {
        for row in WORKLOADS {
            for clients in 2..=64 {
                assert_eq!((row.make)().workers(clients).len(), clients, "{}", row.name);
            }
        }
    }

    #[test]
    fn an_unknown_workload_lists_the_known() {
        let error = named("apend").expect_err("unknown");
        assert!(
            error.contains("append, idempotent, admin, register, pipeline, offsets, group"),
            "{error}"
        );
    }

    /// The name is read when a scenario is resolved, and a mistake is still reported at its position in the file.
    #[test]
    fn an_unknown_workload_of_a_file_is_reported_with_its_line() {
        let text = "name = \"mine\"\n[[scenario]]\nname = \"a\"\nworkload = \"apend\"\n";
        let suite = Suite::parse(text, "mine.toml").expect("the word is not read yet");
        let error = of_scenario(&suite.scenarios[0].workload).expect_err("unknown");
        let error = error.to_string();
        assert!(
            error.starts_with("mine.toml: line 4, column 12: no workload `apend`"),
            "{error}"
        );
        assert!(
            error.contains("append, idempotent") && error.ends_with("4 | workload = \"apend\""),
            "{error}"
        );
    }

    #[test]
    fn built_in_scenarios_name_workloads_that_exist() {
        for scenario in crate::config::scenario::built_in().expect("a valid file") {
            of_scenario(&scenario.workload).expect(&scenario.name);
        }
        for suite in Suite::built_in() {
            let suite = Suite::load(suite).expect("a valid file");
            for scenario in &suite.scenarios {
                of_scenario(&scenario.workload).expect(&scenario.name);
            }
        }
    }
}
