//! The run's side of the faults: says who leads and whether the cluster is whole, executes a plan, records its steps.

use std::sync::Arc;
use std::time::{Duration, Instant};

use checkers::history::What;
use futures::FutureExt;
use futures::future::BoxFuture;
use nemesis::engine::{Clock, Engine, Step};
use nemesis::process::ProcessTable;
use nemesis::target::{Leading, RoleResolver};
use nemesis::{Environment, Node};

use crate::cluster::Cluster;
use crate::cluster_view::ClusterView;
use crate::config::plan::Plan;
use crate::record::{Recorder, StopFlag};

/// Between two looks at the user's interrupt.
const LOOK: Duration = Duration::from_millis(50);

/// What a plan is executed on, and where its steps are recorded.
pub struct FaultContext<'a> {
    /// Where the nodes are.
    pub environment: &'a Environment,
    /// Their processes.
    pub table: &'a ProcessTable,
    /// The nodes.
    pub cluster: &'a Cluster,
    /// What the probes have last seen of them: who leads.
    pub view: &'a ClusterView,
    /// Takes every step.
    pub recorder: &'a Recorder,
    /// How long the cluster takes after a heal until everything is as before, and how many partitions all nodes agree on
    /// then; none where faults are not to wait for that.
    pub settling: Option<(Duration, usize)>,
}

/// Executes a plan against a cluster until `ending` or an interrupt; whatever lasts then is healed. What is returned
/// are errors of the run: faults without effect, faults that could not be healed.
pub async fn execute(
    plan: &Plan,
    context: &FaultContext<'_>,
    ending: Instant,
    interrupt: &StopFlag,
) -> Vec<String> {
    let recorder = context.recorder;
    let ticking = recorder.clone();
    let clock: Clock = Arc::new(move || ticking.now());
    let engine = Engine::new(
        context.environment.clone(),
        context.table.clone(),
        Arc::new(context.cluster.clone()),
        Arc::new(Resolver {
            view: context.view.clone(),
            partitions: context.settling.map_or(0, |(_, partitions)| partitions),
        }),
        clock,
    )
    .settling(context.settling.map_or(Duration::ZERO, |(time, _)| time));
    let record = |step: Step| {
        recorder.record(What::Fault(Box::new(step.event)));
    };
    let stop = async {
        while Instant::now() < ending && !interrupt.is_set() {
            tokio::time::sleep(LOOK).await;
        }
    };
    let summary = engine.execute(plan, &record, stop).await;
    let without = summary
        .without_effect
        .iter()
        .map(|why| format!("a fault took no effect: {why}"));
    let unhealed = summary
        .unhealed
        .iter()
        .map(|why| format!("a fault could not be healed: {why}"));
    without.chain(unhealed).collect()
}

/// Tells the engine who leads, by what the probes have last seen through the Kafka protocol.
struct Resolver {
    view: ClusterView,
    partitions: usize,
}

impl RoleResolver for Resolver {
    fn leader(&self) -> BoxFuture<'_, Option<Node>> {
        async move { Node::from_index(self.view.leader()?.node - 1) }.boxed()
    }

    fn leading(&self) -> BoxFuture<'_, Leading> {
        async move {
            let node = |number: usize| Node::from_index(number - 1);
            Leading {
                partitions: self.view.leaders().into_iter().filter_map(node).collect(),
                quorum: self.view.quorum_leader().and_then(node),
            }
        }
        .boxed()
    }

    fn is_whole(&self) -> BoxFuture<'_, bool> {
        async move { self.view.agreed(self.partitions).is_some() }.boxed()
    }
}
