//! What a scenario's run is given: everything resolved, nothing left to choose.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::scenario::{Opening, Scenario};
use crate::config::target::Target;
use crate::faults::Plan;
use crate::plants::Plants;
use crate::probe::StopFlag;
use crate::workloads::WorkloadKind;

/// What to run, resolved.
pub struct Setup {
    /// The target.
    pub target: Target,
    /// The scenario's name.
    pub name: String,
    /// The run's id.
    pub run: String,
    /// The workload.
    pub workload: WorkloadKind,
    /// The faults, drawn or replayed.
    pub plan: Plan,
    /// Length of the load phase.
    pub time_limit: Duration,
    /// Operations a second over all clients.
    pub rate: u32,
    /// Number of clients.
    pub concurrency: usize,
    /// The seed.
    pub seed: u64,
    /// The scenario's directory.
    pub directory: PathBuf,
    /// The deliberate bugs that the nodes are started with.
    pub plants: Plants,
    /// Whether it is watched when each record of the produce probe arrives at each node.
    pub watch_delivery: bool,
    /// Set by whoever has seen enough: the nodes are ended at once and nothing more is waited for or read.
    pub enough: StopFlag,
    /// Whether the run is shown while it goes on.
    pub shown: bool,
    /// What it is shown as.
    pub title: String,
    /// How the nodes are brought up.
    pub opening: Opening,
}

impl Setup {
    /// A scenario as it stands, on this target held to the scenario's limits. Run and directory are still to be named.
    pub fn of(scenario: &Scenario, target: &Target, plan: Plan, seed: u64) -> Setup {
        let mut target = target.clone();
        target.limits = scenario.limits.over(&target.limits);
        Setup {
            opening: scenario.opening(seed, &target.timing()),
            rate: scenario.rate.min(target.load.rate_max),
            target,
            name: scenario.name.clone(),
            run: String::new(),
            workload: scenario.workload,
            time_limit: Duration::from_millis(plan.time_limit_ms),
            plan,
            concurrency: scenario.concurrency,
            seed,
            directory: PathBuf::new(),
            plants: Plants::default(),
            watch_delivery: false,
            enough: StopFlag::default(),
            shown: true,
            title: scenario.name.clone(),
        }
    }
}
