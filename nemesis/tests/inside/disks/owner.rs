//! Processes that write and sync, their owner, and an engine for them.

use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use checkers::history::FaultEvent;
use futures::FutureExt;
use futures::future::BoxFuture;
use nemesis::calls::Calls;
use nemesis::catalogue::Kind;
use nemesis::engine::Engine;
use nemesis::process::{ControlError, ProcessControl, ProcessTable};
use nemesis::sandbox::Entered;
use nemesis::target::{Role, RoleResolver};
use nemesis::{Environment, Node, Nodes, Room};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::Command;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::faults::plan;
use crate::support::three;

/// Tells a process in which directory to write and sync.
pub(crate) const SYNC: &str = "NEMESIS_TEST_SYNC";

/// How long a process takes to do something on a busy machine.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

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
pub(super) struct Owner {
    environment: Environment,
    folder: tempfile::TempDir,
    groups: Arc<Mutex<BTreeMap<Node, i32>>>,
}

impl Owner {
    pub(super) fn directory(&self, node: Node) -> PathBuf {
        self.folder.path().join(node.to_string())
    }

    /// How often a node has synced since its last start.
    pub(super) fn beats(&self, node: Node) -> u64 {
        let bytes = std::fs::read(self.directory(node).join("beats")).unwrap_or_default();
        bytes.try_into().map_or(0, u64::from_le_bytes)
    }

    /// How often it syncs while somebody waits this long.
    pub(super) async fn beats_within(&self, node: Node, time: Duration) -> u64 {
        let before = self.beats(node);
        tokio::time::sleep(time).await;
        self.beats(node) - before
    }

    pub(super) async fn until_beating(&self, node: Node) {
        let limit = Instant::now() + LIMIT;
        let before = self.beats(node);
        while self.beats(node) < before + 3 {
            assert!(Instant::now() < limit, "{node} does not sync");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(super) fn launch(&self, node: Node) -> Result<String, ControlError> {
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

pub(super) struct Bench {
    pub(super) owner: Arc<Owner>,
    pub(super) table: ProcessTable,
    pub(super) engine: Arc<Engine>,
}

impl Bench {
    pub(super) fn build(entered: &Entered, calls: Calls) -> Bench {
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
    pub(super) async fn at_work(entered: &Entered, calls: Calls) -> Bench {
        let bench = Bench::build(entered, calls);
        for node in three() {
            bench.owner.launch(node).expect("it starts");
        }
        for node in three() {
            bench.owner.until_beating(node).await;
        }
        bench
    }

    pub(super) fn execute(
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
