//! A case: the resolved input of one run of a scenario. It leaves nothing to choose: the same case on the same target
//! draws the same faults and the same load.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use nemesis::Environment;
use nemesis::calls::Calls;
use nemesis::catalogue::{Kind, Needs};
use nemesis::disk::Durability;
use nemesis::process::ProcessTable;

use crate::config::plan::Plan;
use crate::config::plants::Plants;
use crate::config::scenario::Opening;
use crate::config::shape::Shape;
use crate::config::target::Target;
use crate::load::{Chosen, Drawing};
use crate::record::{SpaceFlag, StopFlag};

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
    /// How the load is drawn.
    pub shape: Shape,
    /// The faults under load, drawn or replayed.
    pub plan: Plan,
    /// The classes or kinds that the faults were drawn from. None if the windows are listed or replayed, or if there
    /// are no faults to draw.
    pub drawn: Option<String>,
    /// How the nodes are started.
    pub opening: Opening,
    /// Whether it requires the private network.
    pub needs_network: bool,
    /// Length of the load phase.
    pub time_limit: Duration,
    /// If some of its faults last as long as they take, the time limit is the longest, and the load ends this long after the
    /// last fault.
    pub ends_after_faults: Option<Duration>,
    /// Operations per second over all clients.
    pub rate: u32,
    /// Number of clients.
    pub concurrency: usize,
    /// The seed.
    pub seed: u64,
    /// The planted bugs that the nodes start with.
    pub plants: Plants,
    /// Whether the run records when each record of the produce probe arrives at each node.
    pub watch_delivery: bool,
    /// Whether its progress is shown.
    pub is_shown: bool,
    /// How long the suite that it belongs to still takes, as estimated at its begin.
    pub suite_left: Option<Duration>,
}

impl Case {
    /// The topics of its workload, with their partitions.
    pub fn topics(&self) -> Vec<(String, i32)> {
        self.shape.topics()
    }

    /// The system calls that its faults need to be supervised.
    pub fn calls(&self) -> Calls {
        self.plan.calls().and(self.opening.plan.calls())
    }

    /// What must be durable on disks of the nodes' own. None if its faults need no such disks.
    pub fn disks(&self) -> Option<Durability> {
        self.plan.disks().max(self.opening.plan.disks())
    }

    /// The faults that need it, in words.
    pub fn supervised_faults(&self) -> String {
        let windows = self.opening.plan.windows.iter().chain(&self.plan.windows);
        let supervised = |kind: &Kind| matches!(kind.needs(), Needs::Supervision(_));
        let kinds = windows.map(|window| window.kind).filter(supervised);
        let names: BTreeSet<&str> = kinds.map(Kind::name).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    }

    /// How the contents of its records are drawn, if the load begins now. None if its records are their values.
    pub fn drawing(&self) -> Option<Drawing> {
        let settings = self.target.topic_settings();
        let wanted = ("message.timestamp.type", "LogAppendTime");
        let leaders_times = settings
            .iter()
            .any(|(name, value)| (&**name, &**value) == wanted);
        let drawing = Drawing::of(&self.shape, self.seed);
        drawing.map(|drawing| drawing.with_leaders_times(leaders_times))
    }

    /// Prepares what nodes need at their start, so that the faults of this case can act on them.
    pub fn equip(&self, environment: &Environment) {
        let all = self.plan.windows.iter().chain(&self.opening.plan.windows);
        let moves_clocks = all
            .into_iter()
            .any(|window| window.kind.needs() == Needs::WallClock);
        environment.disks().want(self.disks());
        let program = self.target.node.program.clone();
        environment.clocks().want(moves_clocks, program);
    }
}

/// Where a case runs.
#[derive(Clone)]
pub struct RunContext<'a> {
    /// The network of the nodes.
    pub environment: &'a Environment,
    /// Their processes.
    pub table: &'a ProcessTable,
    /// Ends the run in order: faults are healed, and recorded data is kept.
    pub interrupt: StopFlag,
    /// Set when there is enough evidence. The nodes are then killed at once, and the run waits for and reads nothing
    /// more.
    pub enough: StopFlag,
    /// Set when the disk is nearly full. The run then records the shortage and ends as with `enough`: nodes that cannot
    /// write would look like nodes that crash, and the space that is left is needed for the results.
    pub space: SpaceFlag,
}
