//! The nodes' processes: writes their files, starts and kills them, keeps their output, records their ends.
//!
//! A separate task waits for each node's process, so an end is recorded when it happens, whether or not the harness
//! caused it.

mod addresses;
mod control;
mod layout;
mod ports;
mod program;
mod releases;
pub mod running;
mod size;
mod stopping;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use checkers::history::{NodeEvent, NodeHappening, What};
use nemesis::disk::Disk;
use nemesis::{Environment, Node, Nodes};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::sync::{OnceCell, watch};

use crate::config::plants::Plants;
use crate::config::target::{NodePlace, Target, cluster_secret};
use crate::exit::Stop;
use crate::record::Recorder;
use crate::store::layout::NODES;

use layout::Layout;
use program::{describe, shown};

/// The time between the request to end and SIGKILL, unless the target file sets another.
const ENDING: Duration = Duration::from_secs(3);
/// The time within which a killed process must be gone.
const REAPING: Duration = Duration::from_secs(5);

/// The nodes of one target. Cheap to clone.
#[derive(Clone)]
pub struct Cluster(Arc<Inner>);

struct Inner {
    environment: Environment,
    target: Target,
    recorder: Recorder,
    nodes: Vec<NodeProcess>,
    /// Set when `init` has run.
    initialised: OnceCell<()>,
    /// Set when the nodes' files were cleaned at the end of a run.
    cleaned: AtomicBool,
}

/// One node: its place on disk, and its process if it runs.
struct NodeProcess {
    node: Node,
    /// Its place for the target that it began with, and for the one that it is upgraded to.
    layouts: (Layout, Option<Layout>),
    /// Whether it runs the latter.
    is_new: AtomicBool,
    /// Process id, 0 while there is none.
    pid: AtomicI32,
    /// Set before the harness ends the process, so that its end is recorded as expected.
    ending: AtomicBool,
    /// True while a process runs.
    alive: watch::Sender<bool>,
    /// The exit status of its last process.
    ended: Mutex<String>,
    /// Set when its disk was replaced, until `init` runs on it.
    wiped: AtomicBool,
    /// Its own disk, if faults are to act on one.
    disk: Mutex<Option<Arc<Disk>>>,
}

impl NodeProcess {
    /// Its place for what it runs now.
    fn layout(&self) -> &Layout {
        match &self.layouts {
            (_, Some(new)) if self.is_new.load(Ordering::SeqCst) => new,
            (old, _) => old,
        }
    }

    /// Mounts the node's own disk in front of its data directory, if a fault needs one.
    fn mount(&self, environment: &Environment) -> Result<()> {
        let Layout { place, logs, .. } = self.layout();
        let mounted = environment
            .disks()
            .mount(self.node, &place.directory, &logs.join("trash"));
        let mounted = mounted.with_context(|| {
            format!("give {} a disk of its own (see `jepsen doctor`)", self.node)
        })?;
        *self.disk() = mounted;
        Ok(())
    }

    /// Takes it away. Everything stays in the data directory.
    fn unmount(&self) {
        drop(self.disk().take());
    }

    fn disk(&self) -> MutexGuard<'_, Option<Arc<Disk>>> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cluster {
    /// Prepares the nodes below `directory`: writes the target's files, but starts nothing.
    ///
    /// # Errors
    /// If a file cannot be written, a placeholder cannot be filled, or a port is taken.
    pub fn prepare(
        environment: &Environment,
        target: &Target,
        directory: &Path,
        seed: u64,
        plants: &Plants,
        recorder: &Recorder,
    ) -> Result<Cluster> {
        ports::are_free(environment, target)?;
        environment
            .renew()
            .context("renew the nodes' shared memory")?;
        let addresses: Vec<String> = target
            .nodes
            .into_iter()
            .map(|node| environment.address(node).to_string())
            .collect();
        let jepsen = std::env::current_exe().context("find this program")?;
        let secret = cluster_secret::draw()?;
        let mut nodes = Vec::new();
        for node in target.nodes {
            let logs = directory.join(NODES).join(node.to_string());
            let place = NodePlace {
                id: usize::from(node.number()),
                directory: logs.join("data"),
                addresses: addresses.clone(),
                jepsen: jepsen.clone(),
                seed,
                plants: plants.on(node),
                mutants: plants.mutants_on(node),
                secret: secret.clone(),
            };
            let next = target.next.as_deref();
            let next = next.map(|next| Layout::of(next, place.clone(), logs.clone()));
            let process = NodeProcess {
                node,
                layouts: (Layout::make(target, place, logs)?, next.transpose()?),
                is_new: AtomicBool::new(false),
                pid: AtomicI32::new(0),
                ending: AtomicBool::new(false),
                alive: watch::channel(false).0,
                ended: Mutex::default(),
                wiped: AtomicBool::new(false),
                disk: Mutex::default(),
            };
            process.mount(environment)?;
            nodes.push(process);
        }
        let (environment, target) = (environment.clone(), target.clone());
        Ok(Cluster(Arc::new(Inner {
            environment,
            target,
            recorder: recorder.clone(),
            nodes,
            initialised: OnceCell::new(),
            cleaned: AtomicBool::new(false),
        })))
    }

    /// All nodes.
    pub fn nodes(&self) -> Nodes {
        self.0.target.nodes
    }

    fn process(&self, node: Node) -> &NodeProcess {
        &self.0.nodes[node.index()]
    }

    /// The values of a node's placeholders.
    pub fn place(&self, node: Node) -> &NodePlace {
        &self.process(node).layout().place
    }

    /// The directory of a node's standard output and error.
    pub fn logs(&self, node: Node) -> &Path {
        &self.process(node).layout().logs
    }

    /// A node's command line, placeholders filled, except for secrets.
    pub fn command_line(&self, node: Node) -> String {
        shown(&self.process(node).layout().command)
    }

    /// A node's first configuration file as it was written, except for secrets. None if the target has no files.
    pub fn configuration(&self, node: Node) -> Option<String> {
        let file = self.0.target.file.first()?;
        let filled = self.0.target.fill(&file.text, self.place(node)).ok()?;
        Some(filled.to_string())
    }

    /// A node's process id (also its process group's), if it runs.
    pub fn pid(&self, node: Node) -> Option<i32> {
        let pid = self.process(node).pid.load(Ordering::SeqCst);
        (pid > 0).then_some(pid)
    }

    /// Runs the target's `init` on every node in parallel, and waits until all ended.
    async fn init(&self) -> Result<()> {
        let run = |node: Node| self.init_on(node);
        let ended = futures::future::join_all(self.nodes().into_iter().map(run)).await;
        ended.into_iter().collect()
    }

    /// The same on one node.
    async fn init_on(&self, node: Node) -> Result<()> {
        let layout = self.process(node).layout();
        let Some(mut child) = self.spawn(node, &layout.init)? else {
            return Ok(());
        };
        let status = child.wait().await.context("wait for init")?;
        if status.success() {
            // What a machine was prepared with has long been durable when the power goes.
            if let Some(disk) = &*self.process(node).disk() {
                disk.settle();
            }
            return Ok(());
        }
        let program = shown(&layout.init);
        Err(Stop::usage(format!(
            "{node}: `{program}` ended with {}; its output is in {}",
            describe(status),
            layout.logs.display()
        )))
    }

    /// Starts a node's process. It has then started, but is not yet known to be up. The first start of any node runs
    /// the target's `init` on all of them. Nothing is started in a running cluster.
    ///
    /// # Errors
    /// If a program cannot be started or `init` fails. The message names it.
    pub async fn start(&self, node: Node) -> Result<i32> {
        let process = self.process(node);
        if let Some(pid) = self.pid(node) {
            return Ok(pid);
        }
        if self.0.target.runs_already() {
            return Ok(0);
        }
        if self.0.cleaned.swap(false, Ordering::SeqCst) {
            let mut all = self.0.nodes.iter();
            // The data of a valid run was removed.
            let is_empty = all.any(|process| !process.layout().place.directory.exists());
            let mut all = self.0.nodes.iter();
            all.try_for_each(|process| process.layout().restore())?;
            if is_empty {
                self.init().await?;
            }
        }
        self.0.initialised.get_or_try_init(|| self.init()).await?;
        if process.wiped.swap(false, Ordering::SeqCst) {
            self.init_on(node).await?;
        }
        let mut child = self
            .spawn(node, &process.layout().command)?
            .context("a target without command")?;
        let pid = child
            .id()
            .and_then(|pid| i32::try_from(pid).ok())
            .unwrap_or(0);
        process.ending.store(false, Ordering::SeqCst);
        process.pid.store(pid, Ordering::SeqCst);
        process.alive.send_replace(true);
        let release = match &self.0.target.next {
            Some(_) => format!(", {}", self.release_name(process)),
            None => String::new(),
        };
        let started = format!("pid {pid}{release}");
        self.tell(node, NodeHappening::Started, true, started);
        let cluster = self.clone();
        tokio::spawn(async move {
            let status = child.wait().await;
            let process = cluster.process(node);
            let expected = process.ending.load(Ordering::SeqCst);
            let status = status.map_or_else(|error| error.to_string(), describe);
            *process.ended.lock().unwrap_or_else(PoisonError::into_inner) = status.clone();
            cluster.tell(node, NodeHappening::Exited, expected, status);
            process.pid.store(0, Ordering::SeqCst);
            process.alive.send_replace(false);
        });
        Ok(pid)
    }

    /// Kills a node's process group with SIGKILL and waits until the process was reaped. Returns its exit status.
    ///
    /// # Errors
    /// If it still exists after five seconds.
    pub async fn kill(&self, node: Node) -> Result<String> {
        let process = self.process(node);
        process.ending.store(true, Ordering::SeqCst);
        if let Some(pid) = self.pid(node) {
            // A process that is already gone is not an error.
            let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        }
        let mut alive = process.alive.subscribe();
        tokio::time::timeout(REAPING, alive.wait_for(|alive| !alive))
            .await
            .with_context(|| format!("{node} is still there after SIGKILL"))?
            .context("the node's watcher has ended")?;
        Ok(process
            .ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }

    /// Ends all nodes: sends the stop signal, waits, kills. Then removes what only running nodes need, such as secrets in
    /// their files. Returns what could not be removed, and why.
    pub async fn stop(&self) -> Vec<String> {
        self.end().await;
        self.0.cleaned.store(true, Ordering::SeqCst);
        let all = self.0.nodes.iter();
        all.flat_map(|process| process.layout().clean()).collect()
    }

    async fn end(&self) {
        let node = &self.0.target.node;
        let grace = node.stop_ms.map_or(ENDING, Duration::from_millis);
        for process in &self.0.nodes {
            process.ending.store(true, Ordering::SeqCst);
            if let Some(pid) = self.pid(process.node) {
                let _ = killpg(Pid::from_raw(pid), Signal::SIGCONT);
                let _ = killpg(Pid::from_raw(pid), stopping::signal(node.stop_signal));
            }
        }
        let ended = async {
            for process in &self.0.nodes {
                let _ = process.alive.subscribe().wait_for(|alive| !alive).await;
            }
        };
        if tokio::time::timeout(grace, ended).await.is_err() {
            for node in self.nodes() {
                // Processes that survive SIGKILL end with the sandbox.
                let _ = self.kill(node).await;
            }
        }
    }

    /// The number of bytes in a node's data directory, that is, the size of its log.
    pub fn data_bytes(&self, node: Node) -> u64 {
        size::directory_bytes(&self.place(node).directory)
    }

    /// Removes the nodes' data directories, for runs whose data is not needed any more.
    pub fn remove_data(&self) {
        for process in &self.0.nodes {
            process.unmount();
            let _ = std::fs::remove_dir_all(&process.layout().place.directory);
        }
    }

    /// Copies what the target file selects if a scenario is not valid. Returns what was not copied, and why.
    pub fn keep(&self) -> Vec<String> {
        let keep = |process: &NodeProcess| process.layout().keep(&self.0.target, process.node);
        self.0.nodes.iter().flat_map(keep).collect()
    }

    fn tell(&self, node: Node, what: NodeHappening, expected: bool, status: String) {
        let node = node.to_string();
        self.0.recorder.record(What::Node(Box::new(NodeEvent {
            node,
            what,
            expected,
            status,
        })));
    }
}
