//! The three nodes' processes: files written, started, killed, their output kept, their ends recorded.
//!
//! A node's process is waited for by a task of its own, so an end is recorded when it happens, asked for or not.

use std::fs::{File, OpenOptions};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use checkers::history::{NodeEvent, NodeHappening, What};
use futures::FutureExt;
use futures::future::BoxFuture;
use nemesis::process::{ControlError, ProcessControl};
use nemesis::{Environment, Node};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::sync::watch;

use crate::config::target::{NodePlace, Target};
use crate::exit::Stop;
use crate::plants::Plants;
use crate::recorder::Recorder;

/// How long a node gets to end when asked.
const ENDING: Duration = Duration::from_secs(3);
/// How long a killed process may take to be gone.
const REAPING: Duration = Duration::from_secs(5);

/// Three nodes of one target. Cheap to clone.
#[derive(Clone)]
pub struct Cluster(Arc<Inner>);

struct Inner {
    environment: Environment,
    target: Target,
    recorder: Recorder,
    nodes: Vec<NodeProcess>,
}

/// One node: where it lives, and its process if it has one.
struct NodeProcess {
    node: Node,
    place: NodePlace,
    command: Vec<String>,
    logs: PathBuf,
    /// Process id, 0 while there is none.
    pid: AtomicI32,
    /// Set before the harness ends the process, so that its end is told as expected.
    ending: AtomicBool,
    /// True while a process runs.
    alive: watch::Sender<bool>,
    /// How its last process ended.
    ended: Mutex<String>,
}

impl Cluster {
    /// Prepares three nodes below `directory`: writes the target's files, starts nothing.
    ///
    /// # Errors
    /// If a file cannot be written, a placeholder not be filled, or a port is taken.
    pub fn prepare(
        environment: &Environment,
        target: &Target,
        directory: &Path,
        seed: u64,
        plants: &Plants,
        recorder: &Recorder,
    ) -> Result<Cluster> {
        ports_are_free(environment, target)?;
        let addresses: Vec<String> = Node::ALL
            .iter()
            .map(|node| environment.address(*node).to_string())
            .collect();
        let jepsen = std::env::current_exe().context("find this program")?;
        let mut nodes = Vec::new();
        for node in Node::ALL {
            let logs = directory.join("nodes").join(node.to_string());
            let place = NodePlace {
                id: usize::from(node.number()),
                directory: logs.join("data"),
                addresses: addresses.clone(),
                jepsen: jepsen.clone(),
                seed,
                plants: plants.on(node),
            };
            std::fs::create_dir_all(&place.directory)
                .with_context(|| format!("create {}", place.directory.display()))?;
            for file in &target.file {
                let path = PathBuf::from(target.fill(&file.path, &place)?);
                let text = target.fill(&file.text, &place)?;
                if let Some(parent) = path.parent() {
                    std::fs::create_dir_all(parent)
                        .with_context(|| format!("create {}", parent.display()))?;
                }
                std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
            }
            let fill = |text: &String| target.fill(text, &place);
            let command = target
                .node
                .command
                .iter()
                .map(fill)
                .collect::<Result<Vec<_>>>()?;
            nodes.push(NodeProcess {
                node,
                place,
                command,
                logs,
                pid: AtomicI32::new(0),
                ending: AtomicBool::new(false),
                alive: watch::channel(false).0,
                ended: Mutex::default(),
            });
        }
        let (environment, target) = (environment.clone(), target.clone());
        Ok(Cluster(Arc::new(Inner {
            environment,
            target,
            recorder: recorder.clone(),
            nodes,
        })))
    }

    fn process(&self, node: Node) -> &NodeProcess {
        &self.0.nodes[node.index()]
    }

    /// A node's Kafka address.
    pub fn address(&self, node: Node) -> SocketAddr {
        SocketAddr::new(
            IpAddr::V4(self.0.environment.address(node)),
            self.0.target.kafka_port(),
        )
    }

    /// All Kafka addresses, in order.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        Node::ALL.iter().map(|node| self.address(*node)).collect()
    }

    /// `host:port,host:port,host:port`
    pub fn bootstrap(&self) -> String {
        let addresses: Vec<String> = self.addresses().iter().map(SocketAddr::to_string).collect();
        addresses.join(",")
    }

    /// A node's command line, placeholders filled.
    pub fn command_line(&self, node: Node) -> String {
        self.process(node).command.join(" ")
    }

    /// A node's first configuration file as it was written, if the target has one.
    pub fn configuration(&self, node: Node) -> Option<String> {
        let file = self.0.target.file.first()?;
        self.0
            .target
            .fill(&file.text, &self.process(node).place)
            .ok()
    }

    /// A node's process id (also its process group's), if it runs.
    pub fn pid(&self, node: Node) -> Option<i32> {
        let pid = self.process(node).pid.load(Ordering::SeqCst);
        (pid > 0).then_some(pid)
    }

    /// Starts a node's process. It has then been started, not yet shown to live.
    ///
    /// # Errors
    /// If the program cannot be started; the message names it.
    pub async fn start(&self, node: Node) -> Result<i32> {
        let process = self.process(node);
        if let Some(pid) = self.pid(node) {
            return Ok(pid);
        }
        let (program, arguments) = process
            .command
            .split_first()
            .context("a target without command")?;
        let mut command = tokio::process::Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log(&process.logs, "stdout.log")?)
            .stderr(log(&process.logs, "stderr.log")?)
            .current_dir(&process.place.directory);
        for (name, value) in &self.0.target.node.environment {
            command.env(name, self.0.target.fill(value, &process.place)?);
        }
        let environment = self.0.environment.clone();
        let mut child = tokio::task::block_in_place(|| environment.spawn(node, command))
            .map_err(|error| Stop::usage(format!("start {program}: {error}")))?;
        let pid = child
            .id()
            .and_then(|pid| i32::try_from(pid).ok())
            .unwrap_or(0);
        process.ending.store(false, Ordering::SeqCst);
        process.pid.store(pid, Ordering::SeqCst);
        process.alive.send_replace(true);
        self.tell(node, NodeHappening::Started, true, format!("pid {pid}"));
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

    /// Kills a node's process group with SIGKILL and waits until the process was reaped; tells how it ended.
    ///
    /// # Errors
    /// If it is still there after five seconds.
    pub async fn kill(&self, node: Node) -> Result<String> {
        let process = self.process(node);
        process.ending.store(true, Ordering::SeqCst);
        if let Some(pid) = self.pid(node) {
            // Gone already is what we want.
            let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        }
        let mut alive = process.alive.subscribe();
        tokio::time::timeout(REAPING, alive.wait_for(|alive| !alive))
            .await
            .with_context(|| format!("{node} is still there after SIGKILL"))?
            .context("the node's watcher is gone")?;
        Ok(process
            .ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }

    /// Ends all nodes: asks, waits, kills.
    pub async fn stop(&self) {
        for process in &self.0.nodes {
            process.ending.store(true, Ordering::SeqCst);
            if let Some(pid) = self.pid(process.node) {
                let _ = killpg(Pid::from_raw(pid), Signal::SIGCONT);
                let _ = killpg(Pid::from_raw(pid), Signal::SIGTERM);
            }
        }
        let ended = async {
            for process in &self.0.nodes {
                let _ = process.alive.subscribe().wait_for(|alive| !alive).await;
            }
        };
        if tokio::time::timeout(ENDING, ended).await.is_err() {
            for node in Node::ALL {
                // What survives SIGKILL ends with the sandbox.
                let _ = self.kill(node).await;
            }
        }
    }

    /// How many bytes a node's data directory holds: what its log has grown to.
    pub fn data_bytes(&self, node: Node) -> u64 {
        directory_bytes(&self.process(node).place.directory)
    }

    /// Removes the nodes' data directories. For runs of which nothing needs to be looked at again.
    pub fn remove_data(&self) {
        for process in &self.0.nodes {
            let _ = std::fs::remove_dir_all(&process.place.directory);
        }
    }

    fn tell(&self, node: Node, what: NodeHappening, expected: bool, status: String) {
        let node = node.to_string();
        self.0.recorder.record(What::Node(NodeEvent {
            node,
            what,
            expected,
            status,
        }));
    }
}

/// Whether every port of the target can be bound where the nodes will run. On loopback something else may hold one, and a
/// node that cannot start beside a stranger that answers in its place would be judged as one cluster.
///
/// # Errors
/// If a port is taken; the message names address and port.
fn ports_are_free(environment: &Environment, target: &Target) -> Result<()> {
    if environment.network().is_some() {
        // In their own namespaces nobody else can listen.
        return Ok(());
    }
    for node in Node::ALL {
        for (name, port) in &target.ports {
            let address = SocketAddr::new(IpAddr::V4(environment.address(node)), *port);
            std::net::TcpListener::bind(address).map_err(|error| {
                Stop::machine(format!(
                    "{node}: port `{name}` at {address}: {error}; end what listens there, or choose other [ports] \
                     in a target file"
                ))
            })?;
        }
    }
    Ok(())
}

impl ProcessControl for Cluster {
    fn group(&self, node: Node) -> Option<i32> {
        self.pid(node)
    }

    fn kill(&self, node: Node) -> BoxFuture<'_, Result<String, ControlError>> {
        async move {
            if self.pid(node).is_none() {
                return Err(format!("{node} does not run").into());
            }
            Ok(Cluster::kill(self, node).await?)
        }
        .boxed()
    }

    fn start(&self, node: Node) -> BoxFuture<'_, Result<String, ControlError>> {
        async move { Ok(format!("process {}", Cluster::start(self, node).await?)) }.boxed()
    }
}

/// The lengths of all files below a directory; what goes away meanwhile is not counted.
fn directory_bytes(directory: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return 0;
    };
    let bytes = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => directory_bytes(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.flatten().map(bytes).sum()
}

fn log(directory: &Path, name: &str) -> Result<File> {
    let path = directory.join(name);
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .with_context(|| format!("open {}", path.display()))
}

fn describe(status: std::process::ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "ended".into(),
    }
}
