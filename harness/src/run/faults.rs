//! The run's side of the faults: reports who leads and whether the cluster has recovered, executes a plan, records its
//! steps.

use std::sync::Arc;
use std::time::{Duration, Instant};

use checkers::history::What;
use futures::FutureExt;
use futures::future::BoxFuture;
use nemesis::engine::{Clock, Engine, Step};
use nemesis::process::ProcessTable;
use nemesis::target::{Coordinating, Leading, RoleResolver};
use nemesis::{Environment, Node};

use crate::cluster::Cluster;
use crate::cluster_view::ClusterView;
use crate::config::plan::Plan;
use crate::load::clients::Seats;
use crate::record::{Recorder, StopFlag};

/// The interval of checks for the user's interrupt.
const LOOK: Duration = Duration::from_millis(50);

/// The environment in which a plan is executed, and where its steps are recorded.
pub struct FaultContext<'a> {
    /// The network of the nodes.
    pub environment: &'a Environment,
    /// Their processes.
    pub table: &'a ProcessTable,
    /// The nodes.
    pub cluster: &'a Cluster,
    /// The clients that are processes of their own.
    pub clients: &'a Seats,
    /// The latest answers of the nodes to the probes: who leads.
    pub view: &'a ClusterView,
    /// Records every step.
    pub recorder: &'a Recorder,
    /// The time that the cluster needs after a heal until it has fully recovered, and the number of partitions on whose
    /// leaders all nodes then agree. None if faults do not wait for recovery.
    pub settling: Option<(Duration, usize)>,
}

/// Executes a plan against a cluster until `ending` or an interrupt, then heals the active faults. Returns the errors
/// of the run: faults without effect, and faults that could not be healed.
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
    .clients(Arc::new(context.clients.clone()))
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

/// Reports to the engine who leads, from the probes' latest answers through the Kafka protocol.
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

    fn coordinator(&self) -> BoxFuture<'_, Option<Coordinating>> {
        async move {
            let named = self.view.coordinator()?;
            let node = Node::from_index(named.node - 1)?;
            let by: Vec<String> = named.by.iter().map(|number| format!("n{number}")).collect();
            let evidence = format!(
                "{node} coordinates {}, named by {}",
                named.key,
                by.join(", ")
            );
            Some(Coordinating { node, evidence })
        }
        .boxed()
    }

    fn is_whole(&self) -> BoxFuture<'_, bool> {
        async move { self.view.agreed(self.partitions).is_some() && self.view.in_sync() }.boxed()
    }
}
