//! Every fault against a trivial echo process, through the engine: begun is visible to fresh
//! connections, healed is gone; and it is healed when the engine is stopped or dropped.

use std::sync::Arc;
use std::time::{Duration, Instant};

use checkers::history::FaultPhase;
use nemesis::catalogue::{Class, Kind};
use nemesis::engine::{Engine, Step, Summary};
use nemesis::plan::{Plan, Window};
use nemesis::process::{ProcessControl, ProcessTable};
use nemesis::sandbox::{Entered, Isolation};
use nemesis::target::Role;
use nemesis::{End, Environment, Link, Node, Nodes};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::Case;
use crate::echo::{Cluster, address, answers};
use crate::support::{enter_for, enter_or_skip, runtime, three};

pub(crate) const CASES: &[Case] = &[
    ("fault_isolate", || one(Kind::ISOLATE, Role::Leader)),
    ("fault_cut_link", || {
        one(Kind::CUT_LINK, Role::FollowerToFollower)
    }),
    ("fault_cut_link_one_way", || {
        one(Kind::CUT_LINK_ONE_WAY, Role::LeaderToFollower)
    }),
    ("fault_deaf", || one(Kind::DEAF, Role::Leader)),
    ("fault_mute", || one(Kind::MUTE, Role::Follower)),
    ("fault_halves", || one(Kind::HALVES, Role::Any)),
    ("fault_cut_clients", || one(Kind::CUT_CLIENTS, Role::Leader)),
    ("fault_pause", || one(Kind::PAUSE, Role::Leader)),
    ("fault_pause_all", || one(Kind::PAUSE, Role::All)),
    ("fault_kill", || one(Kind::KILL, Role::Leader)),
    ("fault_kill_all", || one(Kind::KILL, Role::All)),
    ("fault_rolling_restart", || rolling(Kind::ROLLING_RESTART)),
    ("five_nodes_isolate", || {
        sized(5, Kind::ISOLATE, Role::Leader)
    }),
    ("five_nodes_halves", || sized(5, Kind::HALVES, Role::Any)),
    ("five_nodes_pause_a_majority", || {
        sized(5, Kind::PAUSE, Role::Majority)
    }),
    ("five_nodes_kill_a_majority", || {
        sized(5, Kind::KILL, Role::Majority)
    }),
    ("one_node_kill", || sized(1, Kind::KILL, Role::Leader)),
    ("one_node_cut_from_clients", || {
        sized(1, Kind::CUT_CLIENTS, Role::Leader)
    }),
    ("one_node_has_nothing_to_be_cut_from", too_small),
    ("fault_pause_on_loopback", || on_loopback(Kind::PAUSE)),
    ("fault_kill_on_loopback", || on_loopback(Kind::KILL)),
    ("fault_cut_on_loopback_is_refused", refused_on_loopback),
    ("fault_restart_of_the_controller", || {
        one(Kind::RESTART, Role::Controller)
    }),
    ("fault_rolling_restart_as_operators_do_it", || {
        let kind = "rolling-restart=graceful+whole".parse().expect("a kind");
        rolling(kind);
    }),
    ("engine_skips_without_a_leader", skips),
    ("engine_heals_when_stopped", stopped),
    ("engine_heals_when_dropped", dropped),
];

/// Longer than a fresh connection needs on a loaded machine, shorter than its first retransmission.
const ANSWER_LIMIT: Duration = Duration::from_millis(300);

pub(crate) struct Bench {
    pub(crate) environment: Environment,
    pub(crate) table: ProcessTable,
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) engine: Arc<Engine>,
}

impl Bench {
    pub(crate) async fn new(entered: &nemesis::sandbox::Entered) -> Bench {
        let environment = Environment::build(entered).expect("it is built");
        // What is started so is paused, killed and cut as anything else.
        environment.clocks().want(true, None);
        let cluster = Arc::new(Cluster::start(entered.nodes(), environment.clone()).await);
        let table = ProcessTable::of(entered);
        let begun = Instant::now();
        let engine = Engine::new(
            environment.clone(),
            table.clone(),
            cluster.clone(),
            cluster.clone(),
            Arc::new(move || begun.elapsed().as_nanos() as u64),
        );
        Bench {
            environment,
            table,
            cluster,
            engine: Arc::new(engine),
        }
    }

    /// Executes in the background; the steps arrive at the receiver.
    pub(crate) fn execute(
        &self,
        plan: Plan,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> (tokio::task::JoinHandle<Summary>, UnboundedReceiver<Step>) {
        let (sender, receiver) = unbounded_channel();
        let engine = self.engine.clone();
        let sink = move |step| sender.send(step).expect("the receiver lives");
        let task = tokio::spawn(async move { engine.execute(&plan, &sink, stop).await });
        (task, receiver)
    }

    /// Which fresh connections get an answer, from everywhere to every node.
    async fn reachable(&self) -> Vec<Link> {
        let mut asked = Vec::new();
        for link in Link::all(self.cluster.nodes()) {
            let End::Node(to) = link.to else { continue };
            let address = address(&self.environment, to);
            let question = move || std::thread::spawn(move || answers(address, ANSWER_LIMIT));
            let thread = match link.from {
                // A thread stays in the namespace of the one that started it.
                End::Node(from) => self
                    .environment
                    .run_inside(from, question)
                    .expect("it runs"),
                End::Clients => question(),
            };
            asked.push((link, thread));
        }
        let joined = tokio::task::spawn_blocking(move || {
            let answered = asked
                .into_iter()
                .filter_map(|(link, thread)| thread.join().expect("no panic").then_some(link));
            answered.collect()
        });
        joined.await.expect("no panic")
    }

    async fn all_reachable(&self) -> bool {
        let nodes = self.cluster.nodes().count();
        self.reachable().await.len() == nodes * nodes
    }
}

pub(crate) fn plan(kind: Kind, role: Role, duration_ms: u64) -> Plan {
    let window = Window {
        id: "k1".to_owned(),
        at_ms: 0,
        kind,
        role,
        draw: 1,
        duration_ms,
    };
    let mut plan = Plan::empty(Duration::from_secs(2));
    plan.windows.push(window);
    plan
}

fn one(kind: Kind, role: Role) {
    on(enter_or_skip(Isolation::Network), kind, role);
}

fn on_loopback(kind: Kind) {
    on(
        enter_or_skip(Isolation::ProcessesOnly),
        kind,
        Role::Follower,
    );
}

/// The same in a cluster of another size.
fn sized(count: usize, kind: Kind, role: Role) {
    let nodes = Nodes::new(count).expect("possible");
    on(enter_for(nodes, Isolation::Network), kind, role);
}

fn on(entered: Entered, kind: Kind, role: Role) {
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        assert!(bench.all_reachable().await);
        let (task, mut steps) = bench.execute(plan(kind, role, 1_000), std::future::pending());
        let begun = steps.recv().await.expect("a step");
        println!("note: {begun:?}");
        assert_eq!(begun.event.phase, FaultPhase::Begun);
        assert!(begun.event.role_held && begun.event.called < begun.t);
        let took_ms = (begun.t - begun.event.called) / 1_000_000;
        assert!(took_ms < 500, "it took {took_ms} ms");
        let seen = bench.reachable().await;
        let expected = expected(kind, bench.cluster.nodes(), &begun);
        assert_eq!(seen, expected, "what answers while it lasts");
        let healed = steps.recv().await.expect("a step");
        println!("note: {healed:?}");
        assert_eq!(healed.event.phase, FaultPhase::Healed);
        if kind.class() == Class::Process {
            for node in bench.cluster.nodes() {
                bench.cluster.wait_for(node).await;
            }
        }
        assert!(bench.all_reachable().await);
        let summary = task.await.expect("no panic");
        assert_eq!(
            (summary.begun, summary.unhealed.len()),
            (1, 0),
            "{summary:?}"
        );
    });
}

/// A connection needs both directions, and a process that runs.
fn expected(kind: Kind, nodes: Nodes, begun: &Step) -> Vec<Link> {
    let struck = |node: End| begun.event.targets.contains(&node.to_string());
    let cut = |link: &Link| begun.event.links.contains(&link.named());
    Link::all(nodes)
        .into_iter()
        .filter(|link| link.to != End::Clients)
        .filter(|link| match kind.class() {
            Class::Process | Class::Disk => !struck(link.to),
            Class::Clock => true,
            Class::Network => !Link::both_ways(link.from, link.to).iter().any(cut),
        })
        .collect()
}

fn rolling(kind: Kind) {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        let group = |node: Node| bench.cluster.group(node);
        let before: Vec<_> = three().into_iter().map(group).collect();
        let (task, mut steps) = bench.execute(plan(kind, Role::All, 900), std::future::pending());
        while let Some(step) = steps.recv().await {
            println!("note: {step:?}");
        }
        let summary = task.await.expect("no panic");
        assert_eq!(
            (summary.begun, summary.leader_affecting),
            (1, 1),
            "{summary:?}"
        );
        assert!(
            summary.without_effect.is_empty() && summary.unhealed.is_empty(),
            "{summary:?}"
        );
        let after: Vec<_> = three().into_iter().map(group).collect();
        assert!(before.iter().zip(&after).all(|(one, other)| one != other));
        for node in bench.cluster.nodes() {
            bench.cluster.wait_for(node).await;
        }
    });
}

/// A cluster of one: a fault that needs another node is skipped, with the reason.
fn too_small() {
    let one = Nodes::new(1).expect("possible");
    let entered = enter_for(one, Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        for (kind, role) in [
            (Kind::ISOLATE, Role::Leader),
            (Kind::HALVES, Role::Any),
            (Kind::KILL, Role::Follower),
        ] {
            let (task, mut steps) = bench.execute(plan(kind, role, 100), std::future::pending());
            let step = steps.recv().await.expect("a step");
            assert_eq!(step.event.phase, FaultPhase::Skipped);
            let why = format!("{kind} at {role} needs a larger cluster than one of 1");
            assert_eq!(step.event.evidence, why);
            assert_eq!(task.await.expect("no panic").skipped, 1);
        }
    });
}

fn refused_on_loopback() {
    let entered = enter_or_skip(Isolation::ProcessesOnly);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        let (task, mut steps) = bench.execute(
            plan(Kind::ISOLATE, Role::Leader, 100),
            std::future::pending(),
        );
        let step = steps.recv().await.expect("a step");
        assert_eq!(step.event.phase, FaultPhase::Failed);
        assert!(step.event.evidence.contains("private network"), "{step:?}");
        assert_eq!(task.await.expect("no panic").without_effect.len(), 1);
    });
}

fn skips() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        *bench.cluster.leader.lock().expect("no panic") = None;
        let (task, mut steps) =
            bench.execute(plan(Kind::PAUSE, Role::Leader, 100), std::future::pending());
        let step = steps.recv().await.expect("a step");
        println!("note: {step:?}");
        assert_eq!(step.event.phase, FaultPhase::Skipped);
        let summary = task.await.expect("no panic");
        assert_eq!((summary.begun, summary.skipped), (0, 1));
    });
}

fn stopped() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let stopped = async move { stopped.await.unwrap_or(()) };
        let (task, mut steps) = bench.execute(plan(Kind::HALVES, Role::Leader, 60_000), stopped);
        assert_eq!(
            steps.recv().await.expect("a step").event.phase,
            FaultPhase::Begun
        );
        stop.send(()).expect("it listens");
        assert_eq!(
            steps.recv().await.expect("a step").event.phase,
            FaultPhase::Healed
        );
        assert!(task.await.expect("no panic").stopped);
        assert!(bench.all_reachable().await);
    });
}

fn dropped() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        for (kind, role) in [(Kind::ISOLATE, Role::Leader), (Kind::PAUSE, Role::Majority)] {
            let (task, mut steps) = bench.execute(plan(kind, role, 60_000), std::future::pending());
            assert_eq!(
                steps.recv().await.expect("a step").event.phase,
                FaultPhase::Begun
            );
            assert!(!bench.all_reachable().await);
            task.abort();
            assert!(task.await.expect_err("it was aborted").is_cancelled());
            assert!(bench.all_reachable().await, "{kind}");
        }
        // Dropped while it begins: whichever moment that hits, nothing stays cut.
        for delay_us in [0, 200, 500, 1_000, 2_000, 5_000] {
            let (task, _steps) = bench.execute(
                plan(Kind::ISOLATE, Role::Leader, 60_000),
                std::future::pending(),
            );
            tokio::time::sleep(Duration::from_micros(delay_us)).await;
            task.abort();
            let _ = task.await;
            let network = bench.environment.network().expect("there is one");
            assert!(network.links_down().is_empty());
        }
        // A paused process that panics behind a guard runs again.
        let group = bench.cluster.group(three()[0]).expect("it runs");
        let table = bench.table.clone();
        let panicked = tokio::spawn(async move {
            use nemesis::fault::Fault;
            let mut pause = nemesis::catalogue::Pause::new(table, vec![(three()[0], group)]);
            pause.begin().await.expect("it begins");
            println!("note: {}", pause.verify().await.expect("it stopped"));
            panic!("on purpose");
        });
        assert!(panicked.await.expect_err("it panics").is_panic());
        let stopped = bench
            .table
            .members(group)
            .iter()
            .map(|member| member.stopped)
            .sum::<usize>();
        assert_eq!(stopped, 0);
        assert!(bench.all_reachable().await);
    });
}
