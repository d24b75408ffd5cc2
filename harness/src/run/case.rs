//! A case: everything that decides what one run of a scenario does, resolved, with nothing left to choose. The same case on
//! the same target draws the same faults and the same load.

use std::sync::Arc;
use std::time::Duration;

use nemesis::Environment;
use nemesis::process::ProcessTable;

use crate::config::plan::Plan;
use crate::config::plants::Plants;
use crate::config::scenario::Opening;
use crate::config::target::Target;
use crate::load::Chosen;
use crate::record::StopFlag;

/// What to run.
#[derive(Clone, Debug)]
pub struct Case {
    /// The scenario's name, as in reports and in the history.
    pub name: String,
    /// One line on what it does and what is expected.
    pub description: String,
    /// The checks that decide it; all if empty.
    pub checks: Vec<String>,
    /// The target, with the scenario's limits in place of its own.
    pub target: Arc<Target>,
    /// The workload.
    pub workload: Chosen,
    /// The faults under load, drawn or replayed.
    pub plan: Plan,
    /// The classes or kinds that the faults were drawn from; none where the windows are given, replayed or not ours to draw.
    pub drawn: Option<String>,
    /// How the nodes are brought up.
    pub opening: Opening,
    /// Whether it cannot run without the private network.
    pub needs_network: bool,
    /// Length of the load phase.
    pub time_limit: Duration,
    /// Operations a second over all clients.
    pub rate: u32,
    /// Number of clients.
    pub concurrency: usize,
    /// The seed.
    pub seed: u64,
    /// The deliberate bugs that the nodes are started with.
    pub plants: Plants,
    /// Whether it is recorded when each record of the produce probe arrives at each node.
    pub watch_delivery: bool,
    /// The title of the progress display; none where the run is not displayed.
    pub title: Option<String>,
}

/// Where a case is run.
#[derive(Clone)]
pub struct RunContext<'a> {
    /// Where the nodes are.
    pub environment: &'a Environment,
    /// Their processes.
    pub table: &'a ProcessTable,
    /// Ends the run in order: faults are healed, and what was recorded is kept.
    pub interrupt: StopFlag,
    /// Set when enough was seen: the nodes are ended at once, and nothing more is waited for or read.
    pub enough: StopFlag,
}
