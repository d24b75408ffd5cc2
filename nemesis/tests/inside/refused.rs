//! Faults that the owner of the nodes refuses when they have begun: the window failed, and its nodes run again.

use checkers::history::FaultPhase;
use nemesis::catalogue::Kind;
use nemesis::process::ProcessControl;
use nemesis::sandbox::Isolation;
use nemesis::target::Role;

use crate::Case;
use crate::faults::{Bench, plan};
use crate::support::{enter_or_skip, runtime, three};

pub(crate) const CASES: &[Case] = &[
    ("fault_wipe_that_its_owner_refuses", unwiped),
    ("fault_upgrade_without_a_release_is_refused", not_upgraded),
];

/// The data is nobody's to remove: the window failed, and the node that was killed for it runs again.
fn unwiped() {
    let entered = enter_or_skip(Isolation::ProcessesOnly);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        let before = bench.cluster.group(three()[0]);
        let (task, mut steps) =
            bench.execute(plan(Kind::WIPE, Role::Leader, 100), std::future::pending());
        let step = steps.recv().await.expect("a step").event;
        assert_eq!((step.phase, step.wiped), (FaultPhase::Failed, true));
        assert!(step.evidence.contains("n1: the data of n1"), "{step:?}");
        assert_eq!(task.await.expect("no panic").without_effect.len(), 1);
        bench.cluster.wait_for(three()[0]).await;
        assert_ne!(before, bench.cluster.group(three()[0]));
    });
}

/// The node that was ended for it runs again, as it was.
fn not_upgraded() {
    let entered = enter_or_skip(Isolation::ProcessesOnly);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        let (task, mut steps) =
            bench.execute(plan(Kind::UPGRADE, Role::All, 100), std::future::pending());
        let mut failed = Vec::new();
        while let Some(step) = steps.recv().await {
            println!("note: {step:?}");
            if step.event.phase == FaultPhase::Failed {
                failed.push(step.event.evidence);
            }
        }
        assert!(
            failed.iter().any(|why| why.contains("no other release")),
            "{failed:?}"
        );
        assert!(!task.await.expect("no panic").without_effect.is_empty());
    });
}
