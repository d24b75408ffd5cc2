//! What the engine asks before and while it begins a fault: which node leads, and whether the cluster is whole.

use std::sync::Arc;
use std::time::{Duration, Instant};

use checkers::history::FaultPhase;
use nemesis::Node;
use nemesis::catalogue::Kind;
use nemesis::engine::{Engine, Step};
use nemesis::sandbox::Isolation;
use nemesis::target::Role;

use crate::Case;
use crate::faults::{Bench, plan};
use crate::support::{enter_or_skip, runtime, three};

pub(crate) const CASES: &[Case] = &[
    ("engine_sees_a_lost_role", lost_role),
    ("engine_waits_until_the_cluster_is_whole", waits),
];

/// The leader changes between the moment when the target is found and the moment when the fault
/// takes effect.
fn lost_role() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        let [n1, n2, _] = three();
        let flipping = Arc::new(Flipping(std::sync::Mutex::new(vec![n2, n1, n1])));
        let engine = Engine::new(
            bench.environment.clone(),
            bench.table.clone(),
            bench.cluster.clone(),
            flipping,
            Arc::new(|| 0),
        );
        let steps = std::sync::Mutex::new(Vec::new());
        let sink = |step| steps.lock().expect("no panic").push(step);
        let summary = engine
            .execute(
                &plan(Kind::PAUSE, Role::Leader, 100),
                &sink,
                std::future::pending(),
            )
            .await;
        assert_eq!((summary.begun, summary.leader_affecting), (1, 0));
        assert!(!steps.lock().expect("no panic")[0].event.role_held);
    });
}

struct Flipping(std::sync::Mutex<Vec<Node>>);

impl nemesis::target::RoleResolver for Flipping {
    fn leader(&self) -> futures::future::BoxFuture<'_, Option<Node>> {
        let next = self.0.lock().expect("no panic").pop();
        Box::pin(async move { next })
    }
}

/// A cluster that becomes whole after some looks, or never: then patience ends.
fn waits() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        let window = plan(Kind::PAUSE, Role::Leader, 20);
        for (looks, quiet_ms, settling_ms, least_ms, most_ms) in [
            (4, 100, 100, 100 + 150, u64::MAX),
            (u32::MAX, 100, 100, 100 + 200, u64::MAX),
            // The plan leaves less quiet than that: it wants the faults close together.
            (u32::MAX, 99, 10_000, 99, 10_000),
        ] {
            let mut plan = window.clone();
            plan.windows[0].at_ms = quiet_ms;
            let engine = Engine::new(
                bench.environment.clone(),
                bench.table.clone(),
                bench.cluster.clone(),
                Arc::new(Mending(std::sync::atomic::AtomicU32::new(looks))),
                Arc::new(|| 0),
            )
            .settling(Duration::from_millis(settling_ms));
            let begun = std::sync::Mutex::new(None);
            let from = Instant::now();
            let sink = |step: Step| {
                if step.event.phase == FaultPhase::Begun {
                    *begun.lock().expect("no panic") = Some(from.elapsed());
                }
            };
            let summary = engine.execute(&plan, &sink, std::future::pending()).await;
            assert_eq!(summary.begun, 1);
            let begun = begun.into_inner().expect("no panic").expect("it began");
            assert!(begun >= Duration::from_millis(least_ms), "{begun:?}");
            assert!(begun < Duration::from_millis(most_ms), "{begun:?}");
        }
    });
}

/// Not whole for this many questions.
struct Mending(std::sync::atomic::AtomicU32);

impl nemesis::target::RoleResolver for Mending {
    fn leader(&self) -> futures::future::BoxFuture<'_, Option<Node>> {
        Box::pin(async { Node::from_index(0) })
    }

    fn is_whole(&self) -> futures::future::BoxFuture<'_, bool> {
        use std::sync::atomic::Ordering::Relaxed;
        let left = self.0.load(Relaxed);
        self.0.store(left.saturating_sub(1), Relaxed);
        Box::pin(async move { left == 0 })
    }
}
