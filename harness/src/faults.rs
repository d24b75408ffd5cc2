//! The run's side of the faults: draws or reads a plan, tells the engine who leads, and records its steps.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use checkers::history::What;
use futures::FutureExt;
use futures::future::BoxFuture;
use nemesis::catalogue::{Class, Kind, Selection};
use nemesis::engine::{Clock, Engine, Step};
use nemesis::plan::Timing;
use nemesis::process::ProcessTable;
use nemesis::target::{Leading, RoleResolver};
use nemesis::{Environment, Node};

pub use nemesis::plan::Plan;

use crate::cluster::Cluster;
use crate::config::target::Target;
use crate::exit::Stop;
use crate::probe::StopFlag;
use crate::recorder::Recorder;
use crate::sight::Sight;
use crate::store::write_whole;

/// Between two looks at the user's interrupt.
const LOOK: Duration = Duration::from_millis(50);

/// Draws a plan of the faults named in `words` (classes, kinds, kinds with a role, or `none`).
///
/// # Errors
/// If a word names no fault.
pub fn draw(words: &str, time_limit: Duration, seed: u64, timing: &Timing) -> Result<Plan> {
    let selection = selection(words)?;
    Ok(Plan::for_time_limit(time_limit, seed, &selection, timing))
}

fn selection(words: &str) -> Result<Selection> {
    words
        .parse()
        .map_err(|error| Stop::usage(format!("--faults {words}: {error}")))
}

/// What a plan has no room for, as a sentence: which faults a run of this length cannot hold, and how long it would have to
/// be. None if it holds everything that a run of this selection should have.
///
/// # Errors
/// If a word names no fault.
pub fn no_room(words: &str, plan: &Plan, target: &Target) -> Result<Option<String>> {
    let timing = target.timing();
    let lacking = plan.lacks(&selection(words)?);
    let short = plan
        .windows
        .iter()
        .any(|window| u128::from(window.duration_ms) < timing.window_min.as_millis());
    if lacking.is_empty() && !short {
        return Ok(None);
    }
    let seconds = |ms: u64| ms as f64 / 1e3;
    let mut sentence = format!(
        "{:.0} s of load hold {} fault(s) of this target, which needs {:.1} s to notice a dead leader",
        seconds(plan.time_limit_ms),
        plan.windows.len(),
        target.detection().as_secs_f64()
    );
    if !lacking.is_empty() {
        sentence += &format!("; not in this run: {}", lacking.join(", "));
    }
    if short {
        sentence += "; its fault is too short for an election";
    }
    let enough = Plan::time_for_everything(&timing).as_secs();
    Ok(Some(format!(
        "{sentence}; --time-limit {enough}s holds all"
    )))
}

/// Reads an earlier run's plan: times, kinds and roles are replayed, roles are resolved again.
///
/// # Errors
/// If the file cannot be read or is no plan.
pub fn replay(file: &Path) -> Result<Plan> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Stop::usage(format!("--schedule {name}: {error}")))?;
    Plan::from_json(&text).map_err(|error| Stop::usage(format!("--schedule {name}: {error}")))
}

/// Writes a plan as `faults.json`.
///
/// # Errors
/// If it cannot be written.
pub fn save(plan: &Plan, path: &Path) -> Result<()> {
    write_whole(path, &plan.to_json())
}

/// `network` or `process`, for a kind's name.
pub fn class_of(kind: &str) -> Option<&'static str> {
    let kind: Kind = kind.parse().ok()?;
    Some(match kind.class() {
        Class::Network => "network",
        Class::Process => "process",
    })
}

/// What a plan is executed on, and where its steps are recorded.
pub struct Scene<'a> {
    /// Where the nodes are.
    pub environment: &'a Environment,
    /// Their processes.
    pub table: &'a ProcessTable,
    /// The nodes.
    pub cluster: &'a Cluster,
    /// What the probes have last seen of them: who leads.
    pub sight: &'a Sight,
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
    scene: &Scene<'_>,
    ending: Instant,
    interrupt: &StopFlag,
) -> Vec<String> {
    let recorder = scene.recorder;
    let ticking = recorder.clone();
    let clock: Clock = Arc::new(move || ticking.now());
    let engine = Engine::new(
        scene.environment.clone(),
        scene.table.clone(),
        Arc::new(scene.cluster.clone()),
        Arc::new(Resolver {
            sight: scene.sight.clone(),
            partitions: scene.settling.map_or(0, |(_, partitions)| partitions),
        }),
        clock,
    )
    .settling(scene.settling.map_or(Duration::ZERO, |(time, _)| time));
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
    sight: Sight,
    partitions: usize,
}

impl RoleResolver for Resolver {
    fn leader(&self) -> BoxFuture<'_, Option<Node>> {
        async move { Node::from_index(self.sight.leader()?.node - 1) }.boxed()
    }

    fn leading(&self) -> BoxFuture<'_, Leading> {
        async move {
            let node = |number: usize| Node::from_index(number - 1);
            Leading {
                partitions: self.sight.leaders().into_iter().filter_map(node).collect(),
                quorum: self.sight.quorum_leader().and_then(node),
            }
        }
        .boxed()
    }

    fn is_whole(&self) -> BoxFuture<'_, bool> {
        async move { self.sight.agreed(self.partitions).is_some() }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_is_too_short_says_what_it_cannot_hold() {
        let kafka = Target::load("apache-kafka").expect("a built-in target");
        let told = |seconds, target: &Target| {
            let length = Duration::from_secs(seconds);
            let plan = draw("network,process", length, 1, &target.timing()).expect("a plan");
            no_room("network,process", &plan, target).expect("known words")
        };
        let short = told(30, &kafka).expect("too short");
        assert!(
            short.contains("the leader killed") && short.contains("--time-limit 142s"),
            "{short}"
        );
        assert!(told(10, &kafka).is_some_and(|short| short.contains("too short for an election")));
        assert_eq!(told(142, &kafka), None);
        let reference = Target::load("reference").expect("a built-in target");
        assert_eq!(told(60, &reference), None);
    }
}
