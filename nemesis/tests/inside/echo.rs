//! The trivial target: a process that echoes bytes over TCP, started as this program itself; and
//! its owner.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use nemesis::process::{ControlError, ProcessControl};
use nemesis::target::RoleResolver;
use nemesis::{Environment, Node, Nodes, Room};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

/// Tells a process to echo on this address.
pub(crate) const ECHO: &str = "NEMESIS_TEST_ECHO";

const PORT: u16 = 7000;

/// Alone, it asks for the time of the process's wall clock, which nothing else makes it read.
const TIME: u8 = b't';

#[expect(
    clippy::zombie_processes,
    reason = "both end together, by a signal to their group"
)]
/// Echoes until it is killed. A second process in the same group only waits, so that a group has
/// more than one.
pub(crate) fn serve(address: &str) {
    let listener = TcpListener::bind(address).expect("the address is free");
    let _companion = std::process::Command::new("sleep")
        .arg("1000")
        .spawn()
        .expect("sleep");
    for stream in listener.incoming().flatten() {
        thread::spawn(move || answer(stream));
    }
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = [0; 1024];
    loop {
        let length = stream.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        match buffer[..length] {
            [TIME] => stream.write_all(&nemesis::clock::now_ns().to_le_bytes())?,
            _ => stream.write_all(&buffer[..length])?,
        }
    }
}

/// Where a node's echo listens.
pub(crate) fn address(environment: &Environment, node: Node) -> SocketAddr {
    SocketAddr::from((environment.address(node), PORT))
}

/// Connects, sends a byte and waits for it to come back.
pub(crate) fn answers(address: SocketAddr, limit: Duration) -> bool {
    let Ok(mut stream) = TcpStream::connect_timeout(&address, limit) else {
        return false;
    };
    round_trip(&mut stream, limit).is_ok()
}

/// Sends a byte and waits for it to come back.
pub(crate) fn round_trip(stream: &mut TcpStream, limit: Duration) -> std::io::Result<()> {
    stream.set_read_timeout(Some(limit))?;
    stream.write_all(&[42])?;
    stream.read_exact(&mut [0])
}

/// What a process's wall clock says, in ns since 1970.
pub(crate) fn told_ns(address: SocketAddr, limit: Duration) -> std::io::Result<i64> {
    let mut stream = TcpStream::connect_timeout(&address, limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.write_all(&[TIME])?;
    let mut told = [0; 8];
    stream.read_exact(&mut told)?;
    Ok(i64::from_le_bytes(told))
}

/// Echo processes and the leader that they are said to have.
pub(crate) struct Cluster {
    nodes: Nodes,
    environment: Environment,
    children: tokio::sync::Mutex<BTreeMap<Node, Child>>,
    groups: Mutex<BTreeMap<Node, i32>>,
    pub(crate) leader: Mutex<Option<Node>>,
}

impl Cluster {
    /// Starts all and waits until they answer.
    pub(crate) async fn start(nodes: Nodes, environment: Environment) -> Cluster {
        let cluster = Cluster {
            nodes,
            environment,
            children: tokio::sync::Mutex::default(),
            groups: Mutex::default(),
            leader: Mutex::new(Node::from_index(0)),
        };
        for node in nodes {
            ProcessControl::start(&cluster, node)
                .await
                .expect("it starts");
        }
        for node in nodes {
            cluster.wait_for(node).await;
        }
        cluster
    }

    /// Waits until a node answers the harness.
    pub(crate) async fn wait_for(&self, node: Node) {
        let address = address(&self.environment, node);
        for _ in 0..200 {
            if answers(address, Duration::from_millis(100)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{node} does not answer");
    }

    async fn started(&self, node: Node) -> Result<String, ControlError> {
        let own = std::env::current_exe()?;
        let mut command = Command::new(own);
        command.env(ECHO, address(&self.environment, node).to_string());
        let child = self.environment.spawn(node, command, &Room::default())?;
        let group = child.id().ok_or("it ended at once")? as i32;
        self.children.lock().await.insert(node, child);
        self.groups.lock().expect("no panic").insert(node, group);
        Ok(format!("process {group}"))
    }

    async fn ended(&self, node: Node, signal: Signal) -> Result<String, ControlError> {
        let group = self.group(node).ok_or("it does not run")?;
        self.groups.lock().expect("no panic").remove(&node);
        killpg(Pid::from_raw(group), signal)?;
        let mut child = self
            .children
            .lock()
            .await
            .remove(&node)
            .ok_or("it does not run")?;
        Ok(child.wait().await?.to_string())
    }
}

impl ProcessControl for Cluster {
    fn nodes(&self) -> Nodes {
        self.nodes
    }

    fn group(&self, node: Node) -> Option<i32> {
        self.groups.lock().expect("no panic").get(&node).copied()
    }

    fn kill(&self, node: Node) -> BoxFuture<'_, Result<String, ControlError>> {
        self.ended(node, Signal::SIGKILL).boxed()
    }

    fn stop(&self, node: Node) -> BoxFuture<'_, Result<String, ControlError>> {
        self.ended(node, Signal::SIGTERM).boxed()
    }

    fn start(&self, node: Node) -> BoxFuture<'_, Result<String, ControlError>> {
        self.started(node).boxed()
    }
}

impl RoleResolver for Cluster {
    fn leader(&self) -> BoxFuture<'_, Option<Node>> {
        let leader = *self.leader.lock().expect("no panic");
        async move { leader }.boxed()
    }
}
