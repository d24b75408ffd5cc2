//! A scenario: workload, faults, duration. Built-in ones are a table here; suites of them come as files.

use std::time::Duration;

use crate::workloads::WorkloadKind;

/// What to run, before the user's flags are laid over it.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name, as in reports and on the command line.
    pub name: &'static str,
    /// One line on what it does.
    pub description: &'static str,
    /// The workload.
    pub workload: WorkloadKind,
    /// Fault classes or kinds, as `--faults` takes them.
    pub faults: &'static str,
    /// The load phase.
    pub time_limit: Duration,
    /// Whether it needs the private network.
    pub needs_network: bool,
}

/// The scenario of `jepsen` alone.
pub const DEFAULT: &str = "default";

/// Operations a second.
pub const RATE: u32 = 1_000;

/// Clients.
pub const CONCURRENCY: usize = 8;

/// Built-in scenarios.
pub const SCENARIOS: [Scenario; 5] = [
    Scenario {
        name: DEFAULT,
        description: "appends and polls while links are cut and processes are paused and killed",
        workload: WorkloadKind::Append,
        faults: "network,process",
        time_limit: Duration::from_secs(60),
        needs_network: true,
    },
    Scenario {
        name: "process",
        description: "pauses and kills only: without a private network it runs on 127.0.0.1 to 127.0.0.3",
        workload: WorkloadKind::Append,
        faults: "process",
        time_limit: Duration::from_secs(60),
        needs_network: false,
    },
    Scenario {
        name: "idempotent",
        description: "idempotent producers with retries, under the default faults: no record twice",
        workload: WorkloadKind::Idempotent,
        faults: "network,process",
        time_limit: Duration::from_secs(60),
        needs_network: true,
    },
    Scenario {
        name: "admin",
        description: "topics created, grown and deleted through any node under the default faults: all nodes show them",
        workload: WorkloadKind::Admin,
        faults: "network,process",
        time_limit: Duration::from_secs(60),
        needs_network: true,
    },
    Scenario {
        name: "quiet",
        description: "no faults: leaders must not move, terms must not grow",
        workload: WorkloadKind::Append,
        faults: "none",
        time_limit: Duration::from_secs(60),
        needs_network: false,
    },
];

/// The scenario of that name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}
