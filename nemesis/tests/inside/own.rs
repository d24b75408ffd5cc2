//! A fault that is defined in this file: the catalogue names it, a stored plan names it, the engine
//! begins it, sees its evidence and heals it, also when it is cancelled.

use std::path::PathBuf;
use std::time::Duration;

use checkers::history::FaultPhase;
use futures::FutureExt;
use futures::future::BoxFuture;
use nemesis::Node;
use nemesis::catalogue::{Catalogue, Class, FaultKind, Kind, Selection};
use nemesis::fault::{Cause, Fault, FaultError};
use nemesis::plan::{Plan, PlanError, Timing};
use nemesis::sandbox::Isolation;
use nemesis::site::Site;
use nemesis::target::Role;

use crate::Case;
use crate::faults::Bench;
use crate::support::{enter_or_skip, runtime};

pub(crate) const CASES: &[Case] = &[
    ("own_fault_is_named_by_words_and_plans", is_named),
    ("own_fault_begins_and_is_healed", begins),
    ("own_fault_is_healed_when_dropped", dropped),
    ("own_fault_that_fails_is_reported", fails),
];

/// What has happened to a node while this file is there.
fn marker(node: Node) -> PathBuf {
    // Not in the machine's temporary directory, where others could foretell the name.
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    folder.join(format!("mark-{}-{node}", std::process::id()))
}

struct MarkKind;

static MARK: MarkKind = MarkKind;

impl FaultKind for MarkKind {
    fn name(&self) -> &'static str {
        "mark"
    }

    fn description(&self) -> &'static str {
        "a file for each node; refused for more than two"
    }

    fn class(&self) -> Class {
        Class::Process
    }

    fn roles(&self) -> &'static [Role] {
        &[Role::Leader, Role::Majority, Role::All]
    }

    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        if aimed.len() == site.nodes().count() {
            return Err(FaultError::Other(Cause::from("never all nodes")));
        }
        let markers = aimed.iter().map(|node| marker(*node)).collect();
        Ok(Box::new(Mark(markers)))
    }
}

struct Mark(Vec<PathBuf>);

impl Mark {
    fn remove(&self) {
        for path in &self.0 {
            let _ = std::fs::remove_file(path);
        }
    }

    fn seen(&self) -> String {
        let there = self.0.iter().filter(|path| path.exists()).count();
        format!("{there} of {} marks", self.0.len())
    }
}

impl Fault for Mark {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>> {
        let write = |path: &PathBuf| std::fs::write(path, "marked").map_err(Cause::from);
        let written: Result<(), Cause> = self.0.iter().try_for_each(write);
        async { Ok(written?) }.boxed()
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        async { Ok(self.seen()) }.boxed()
    }

    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        self.remove();
        async { Ok(self.seen()) }.boxed()
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.remove();
    }
}

fn catalogue() -> Catalogue {
    Catalogue::built_in().with(&MARK)
}

fn plan(role: &str, duration_ms: u64) -> Plan {
    let text = format!(
        r#"{{"version": 1, "seed": 7, "time_limit_ms": 2000, "windows": [
            {{"id": "k1", "at_ms": 0, "kind": "mark", "role": "{role}", "draw": 0,
              "duration_ms": {duration_ms}}}]}}"#
    );
    assert!(matches!(
        Plan::from_json(&text),
        Err(PlanError::Kind { .. })
    ));
    Plan::from_json_with(&text, &catalogue()).expect("the catalogue has it")
}

fn is_named() {
    let selection = Selection::read("mark:leader", &catalogue()).expect("known");
    let minute = Duration::from_secs(60);
    let drawn = Plan::for_time_limit(minute, 7, &selection, &Timing::default());
    assert!(drawn.windows.len() >= 8);
    let marks = |plan: &Plan| {
        let own = plan.windows.iter().filter(|w| w.kind == Kind::of(&MARK));
        own.count()
    };
    assert_eq!(marks(&drawn), drawn.windows.len());
    assert!(
        drawn.to_string().contains("mark             leader"),
        "{drawn}"
    );
    let back = Plan::from_json_with(&drawn.to_json(), &catalogue());
    assert_eq!(back.expect("it reads"), drawn);
    // Beside built-in kinds, without a role.
    let selection = Selection::read("pause,mark", &catalogue()).expect("known");
    let drawn = Plan::for_time_limit(minute, 7, &selection, &Timing::default());
    assert!((1..drawn.windows.len()).contains(&marks(&drawn)), "{drawn}");
    assert!("mark".parse::<Selection>().is_err());
    assert!(Selection::read("mark:follower", &catalogue()).is_err());
}

fn begins() {
    let entered = enter_or_skip(Isolation::ProcessesOnly);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        let (task, mut steps) = bench.execute(plan("majority", 200), std::future::pending());
        let begun = steps.recv().await.expect("a step").event;
        assert_eq!((begun.phase, &*begun.kind), (FaultPhase::Begun, "mark"));
        assert_eq!(begun.targets, ["n2", "n3"]);
        assert_eq!(begun.evidence, "2 of 2 marks");
        let healed = steps.recv().await.expect("a step").event;
        assert_eq!((healed.phase, &*healed.kind), (FaultPhase::Healed, "mark"));
        assert_eq!(healed.evidence, "0 of 2 marks");
        assert_eq!(task.await.expect("no panic").begun, 1);
    });
}

fn dropped() {
    let entered = enter_or_skip(Isolation::ProcessesOnly);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        let (task, mut steps) = bench.execute(plan("leader", 60_000), std::future::pending());
        let begun = steps.recv().await.expect("a step").event;
        assert!(begun.affects_leader && begun.targets == ["n1"]);
        let node = Node::from_index(0).expect("n1");
        assert!(marker(node).exists());
        task.abort();
        assert!(task.await.expect_err("it was aborted").is_cancelled());
        assert!(!marker(node).exists());
    });
}

fn fails() {
    let entered = enter_or_skip(Isolation::ProcessesOnly);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        let (task, mut steps) = bench.execute(plan("all", 200), std::future::pending());
        let failed = steps.recv().await.expect("a step").event;
        assert_eq!(failed.phase, FaultPhase::Failed);
        assert_eq!(failed.evidence, "never all nodes");
        assert_eq!(task.await.expect("no panic").without_effect.len(), 1);
    });
}
