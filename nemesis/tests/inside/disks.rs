//! Disks that are made worse, under processes that do nothing but write and sync: late, refused, untrue and full; healed
//! without a trace; and a process that waits for an answer can be paused and killed as before.

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use checkers::history::{FaultEvent, FaultPhase};
use futures::FutureExt;
use futures::future::BoxFuture;
use nemesis::calls::Calls;
use nemesis::catalogue::{Kind, Pause};
use nemesis::engine::Engine;
use nemesis::fault::Fault;
use nemesis::process::{ControlError, ProcessControl, ProcessTable};
use nemesis::sandbox::{Entered, Isolation};
use nemesis::target::{Role, RoleResolver};
use nemesis::{Environment, Node, Nodes, Room};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::Command;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::Case;
use crate::faults::plan;
use crate::support::{enter_or_skip, runtime, three};

pub(crate) const CASES: &[Case] = &[
    ("disk_slow", || slow(Isolation::Network)),
    ("disk_slow_on_loopback", || slow(Isolation::ProcessesOnly)),
    ("disk_failing_sync", || {
        failing("failing-sync", "syncs_failed")
    }),
    ("disk_failing_write", || {
        failing("failing-write", "writes_failed")
    }),
    ("disk_full", || failing("disk-full", "writes_failed")),
    ("disk_lying", lying),
    ("disk_slow_on_all_nodes", slow_on_all),
    ("disk_of_an_idle_node_has_no_effect", idle),
    ("disk_without_supervision_has_no_effect", not_supervised),
    (
        "disk_slow_node_is_paused_and_killed_as_before",
        paused_and_killed,
    ),
    ("disk_slow_is_healed_when_dropped", dropped),
];

/// Tells a process in which directory to write and sync.
pub(crate) const SYNC: &str = "NEMESIS_TEST_SYNC";

/// How long a process takes to do something on a busy machine.
const LIMIT: Duration = Duration::from_secs(5);

/// Writes and syncs until a call fails: the process writes how often it synced into the file that it syncs. A thread of it
/// does the same in a file of its own.
pub(crate) fn serve(directory: &str) {
    let directory = Path::new(directory);
    if directory.join("idle").exists() {
        std::thread::sleep(Duration::from_secs(1_000));
    }
    let of_thread = directory.join("thread");
    std::thread::spawn(move || beat(&of_thread));
    beat(&directory.join("beats"));
    // What is printed is not on the disk.
    println!("a call failed");
    std::process::exit(5);
}

fn beat(path: &Path) {
    let file = std::fs::File::create(path).expect("it is created");
    for beats in 1_u64.. {
        let written = file.write_all_at(&beats.to_le_bytes(), 0);
        if written.and_then(|()| file.sync_data()).is_err() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The processes and their owner.
struct Owner {
    environment: Environment,
    folder: tempfile::TempDir,
    groups: Arc<Mutex<BTreeMap<Node, i32>>>,
}

impl Owner {
    fn directory(&self, node: Node) -> PathBuf {
        self.folder.path().join(node.to_string())
    }

    /// How often a node has synced since its last start.
    fn beats(&self, node: Node) -> u64 {
        let bytes = std::fs::read(self.directory(node).join("beats")).unwrap_or_default();
        bytes.try_into().map_or(0, u64::from_le_bytes)
    }

    /// How often it syncs while somebody waits this long.
    async fn beats_within(&self, node: Node, time: Duration) -> u64 {
        let before = self.beats(node);
        tokio::time::sleep(time).await;
        self.beats(node) - before
    }

    async fn until_beating(&self, node: Node) {
        let limit = Instant::now() + LIMIT;
        let before = self.beats(node);
        while self.beats(node) < before + 3 {
            assert!(Instant::now() < limit, "{node} does not sync");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn launch(&self, node: Node) -> Result<String, ControlError> {
        let directory = self.directory(node);
        std::fs::create_dir_all(&directory)?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .env(SYNC, &directory)
            .stdout(std::process::Stdio::null());
        let room = Room {
            directories: vec![directory],
            ..Room::default()
        };
        let mut child = self.environment.spawn(node, command, &room)?;
        let group = child.id().ok_or("it ended at once")? as i32;
        self.groups.lock().expect("no panic").insert(node, group);
        let groups = self.groups.clone();
        tokio::spawn(async move {
            let _ = child.wait().await;
            let mut groups = groups.lock().expect("no panic");
            if groups.get(&node) == Some(&group) {
                groups.remove(&node);
            }
        });
        Ok(format!("process {group}"))
    }
}

impl ProcessControl for Owner {
    fn nodes(&self) -> Nodes {
        Nodes::THREE
    }

    fn group(&self, node: Node) -> Option<i32> {
        self.groups.lock().expect("no panic").get(&node).copied()
    }

    fn kill(&self, node: Node) -> BoxFuture<'_, Result<String, ControlError>> {
        async move {
            let group = self.group(node).ok_or("it does not run")?;
            killpg(Pid::from_raw(group), Signal::SIGKILL)?;
            let limit = Instant::now() + LIMIT;
            while self.group(node).is_some() {
                assert!(Instant::now() < limit, "{node} is not reaped");
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Ok("signal 9".to_owned())
        }
        .boxed()
    }

    fn start(&self, node: Node) -> BoxFuture<'_, Result<String, ControlError>> {
        let launched = self.launch(node);
        async { launched }.boxed()
    }
}

impl RoleResolver for Owner {
    fn leader(&self) -> BoxFuture<'_, Option<Node>> {
        async { Some(three()[0]) }.boxed()
    }
}

struct Bench {
    owner: Arc<Owner>,
    table: ProcessTable,
    engine: Arc<Engine>,
}

impl Bench {
    fn build(entered: &Entered, calls: Calls) -> Bench {
        let environment = Environment::build(entered).expect("it is built");
        if let Err(refused) = environment.supervise(calls) {
            println!("{refused}");
            std::process::exit(crate::SKIPPED);
        }
        let owner = Arc::new(Owner {
            environment: environment.clone(),
            folder: tempfile::tempdir().expect("a folder"),
            groups: Arc::default(),
        });
        let table = ProcessTable::of(entered);
        let begun = Instant::now();
        let clock = Arc::new(move || begun.elapsed().as_nanos() as u64);
        let engine = Engine::new(
            environment,
            table.clone(),
            owner.clone(),
            owner.clone(),
            clock,
        );
        Bench {
            owner,
            table,
            engine: Arc::new(engine),
        }
    }

    /// With all nodes at work.
    async fn at_work(entered: &Entered, calls: Calls) -> Bench {
        let bench = Bench::build(entered, calls);
        for node in three() {
            bench.owner.launch(node).expect("it starts");
        }
        for node in three() {
            bench.owner.until_beating(node).await;
        }
        bench
    }

    fn execute(
        &self,
        kind: Kind,
        role: Role,
        ms: u64,
    ) -> (tokio::task::JoinHandle<()>, UnboundedReceiver<FaultEvent>) {
        let (sender, receiver) = unbounded_channel();
        let engine = self.engine.clone();
        let task = tokio::spawn(async move {
            let sink =
                |step: nemesis::engine::Step| sender.send(step.event).expect("the receiver lives");
            engine
                .execute(&plan(kind, role, ms), &sink, std::future::pending())
                .await;
        });
        (task, receiver)
    }
}

const SYNCS: Calls = Calls {
    syncs: true,
    writes: false,
};

const BOTH: Calls = Calls {
    syncs: true,
    writes: true,
};

fn kind(name: &str) -> Kind {
    name.parse().expect("a kind")
}

async fn next(steps: &mut UnboundedReceiver<FaultEvent>, phase: FaultPhase) -> FaultEvent {
    let step = steps.recv().await.expect("a step");
    println!("note: {step:?}");
    assert_eq!(step.phase, phase);
    step
}

fn slow(isolation: Isolation) {
    let entered = enter_or_skip(isolation);
    runtime().block_on(async {
        let bench = Bench::at_work(&entered, SYNCS).await;
        let [leader, follower, _] = three();
        let (task, mut steps) = bench.execute(kind("slow-sync=500ms"), Role::Leader, 1_500);
        let begun = next(&mut steps, FaultPhase::Begun).await;
        assert!(begun.affects_leader && begun.disk.is_some_and(|disk| disk.delay_ms == 500));
        let during = bench
            .owner
            .beats_within(leader, Duration::from_millis(1_100))
            .await;
        assert!(during <= 3, "{during} syncs in 1.1 s, each 0.5 s late");
        bench.owner.until_beating(follower).await;
        let healed = next(&mut steps, FaultPhase::Healed).await;
        // Of two threads.
        assert!(healed.counters["syncs_delayed"] >= 4);
        assert!(healed.counters["sync_delay_max_ms"] >= 500);
        assert!(!healed.counters.contains_key("syncs_failed"));
        let after = Instant::now();
        bench.owner.until_beating(leader).await;
        assert!(
            after.elapsed() < Duration::from_millis(1_500),
            "three syncs, none late"
        );
        task.await.expect("no panic");
    });
}

fn slow_on_all() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::at_work(&entered, BOTH).await;
        let (task, mut steps) = bench.execute(kind("slow-sync"), Role::All, 300);
        let begun = next(&mut steps, FaultPhase::Begun).await;
        assert!(begun.targets.len() == 3 && begun.affects_leader);
        assert!(begun.counters["syncs_delayed"] >= 3);
        next(&mut steps, FaultPhase::Healed).await;
        for node in three() {
            bench.owner.until_beating(node).await;
        }
        task.await.expect("no panic");
    });
}

/// A process that ends when a call fails is seen to have met it, and is started again.
fn failing(name: &str, counter: &str) {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::at_work(&entered, BOTH).await;
        let [leader, follower, _] = three();
        let before = bench.owner.group(leader);
        let (task, mut steps) = bench.execute(kind(name), Role::Leader, 700);
        let begun = next(&mut steps, FaultPhase::Begun).await;
        assert!(begun.affects_leader);
        bench.owner.until_beating(follower).await;
        let healed = next(&mut steps, FaultPhase::Healed).await;
        assert!(healed.counters[counter] >= 1);
        assert!(healed.evidence.contains("n1 started again: process"));
        let after = bench.owner.group(leader);
        assert!(after.is_some() && after != before);
        bench.owner.until_beating(leader).await;
        task.await.expect("no panic");
    });
}

fn lying() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::at_work(&entered, SYNCS).await;
        let before = bench.owner.group(three()[0]);
        let (task, mut steps) = bench.execute(kind("lying-sync"), Role::Leader, 300);
        let begun = next(&mut steps, FaultPhase::Begun).await;
        assert!(!begun.affects_leader);
        bench.owner.until_beating(three()[0]).await;
        let healed = next(&mut steps, FaultPhase::Healed).await;
        assert!(healed.counters["syncs_skipped"] >= 3);
        assert_eq!(bench.owner.group(three()[0]), before);
        bench.owner.until_beating(three()[0]).await;
        task.await.expect("no panic");
    });
}

/// A node that makes no call has not met the fault.
fn idle() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::build(&entered, SYNCS);
        for node in three() {
            let directory = bench.owner.directory(node);
            std::fs::create_dir_all(&directory).expect("created");
            std::fs::write(directory.join("idle"), "").expect("written");
            bench.owner.launch(node).expect("it starts");
        }
        let (task, mut steps) = bench.execute(kind("failing-sync"), Role::Follower, 100);
        let failed = next(&mut steps, FaultPhase::Failed).await;
        assert!(failed.evidence.contains("nothing counted"));
        task.await.expect("no panic");
    });
}

/// A filter for other calls, or none, is no supervision.
fn not_supervised() {
    let entered = enter_or_skip(Isolation::ProcessesOnly);
    runtime().block_on(async {
        for calls in [SYNCS, Calls::default()] {
            let bench = Bench::at_work(&entered, calls).await;
            let (task, mut steps) = bench.execute(kind("disk-full"), Role::Leader, 100);
            let failed = next(&mut steps, FaultPhase::Failed).await;
            assert!(failed.evidence.contains("supervised"), "{failed:?}");
            task.await.expect("no panic");
            for node in three() {
                bench.owner.kill(node).await.expect("it is killed");
            }
        }
    });
}

/// A thread that waits for its answer is stopped and killed like any other.
fn paused_and_killed() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::at_work(&entered, SYNCS).await;
        let [leader, ..] = three();
        let (task, mut steps) = bench.execute(kind("slow-sync=1s"), Role::Leader, 60_000);
        next(&mut steps, FaultPhase::Begun).await;
        let group = bench.owner.group(leader).expect("it runs");
        let mut pause = Pause::new(bench.table.clone(), vec![(leader, group)]);
        pause.begin().await.expect("it begins");
        println!(
            "note: {}",
            pause.verify().await.expect("every thread is stopped")
        );
        // Stopped for longer than the delay: it is due when it continues.
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        let before = bench.owner.beats(leader);
        pause.heal().await.expect("it continues");
        let limit = Instant::now() + LIMIT;
        while bench.owner.beats(leader) == before {
            assert!(Instant::now() < limit, "it does not go on");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let begun = Instant::now();
        bench.owner.kill(leader).await.expect("it is reaped");
        assert!(
            begun.elapsed() < Duration::from_millis(900),
            "it did not wait for its sync"
        );
        task.abort();
        let _ = task.await;
    });
}

/// What waits is answered when the engine goes away.
fn dropped() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::at_work(&entered, SYNCS).await;
        let (task, mut steps) = bench.execute(kind("slow-sync=1s"), Role::All, 60_000);
        next(&mut steps, FaultPhase::Begun).await;
        task.abort();
        assert!(task.await.expect_err("it was aborted").is_cancelled());
        let after = Instant::now();
        for node in three() {
            bench.owner.until_beating(node).await;
        }
        assert!(
            after.elapsed() < Duration::from_secs(3),
            "nine syncs, none late"
        );
    });
}

/// A harness in mid-run, with every sync of every node pending.
pub(crate) fn runs_supervised() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::at_work(&entered, BOTH).await;
        let begun = async |kind, role| {
            let (task, mut steps) = bench.execute(kind, role, 600_000);
            let step = steps.recv().await.expect("a step");
            assert_eq!(step.phase, FaultPhase::Begun, "{step:?}");
            task
        };
        let _slow = begun(kind("slow-sync=2s"), Role::All).await;
        let _paused = begun(Kind::PAUSE, Role::Leader).await;
        let namespace = std::fs::read_link("/proc/self/ns/net").expect("a link");
        println!("ready {}", namespace.display());
        tokio::time::sleep(Duration::from_secs(1_000)).await;
    });
}
