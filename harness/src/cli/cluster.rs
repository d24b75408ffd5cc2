//! `jepsen cluster`: three reference nodes on 127.0.0.1, on three ports, until Ctrl-C, to try the broker with kcat or
//! any other client. There are no faults and no private network.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;

use crate::config::target::ClusterSecret;
use crate::exit::{self, Stop};
use crate::kafka::questions;
use crate::kafka::wire::Wire;
use crate::output::{say, tell};

/// Flags of `cluster`.
#[derive(Debug, Args)]
pub struct ClusterArguments {
    /// The directory of the nodes' logs; a temporary directory if absent.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The first node's Kafka port; the other nodes use the next ports.
    #[arg(long, value_name = "PORT", default_value_t = 9092, value_parser = clap::value_parser!(u16).range(1024..=65_000))]
    pub port: u16,
}

const NODES: u16 = 3;
/// The difference between peer ports and Kafka ports.
const PEER_PORT_OFFSET: u16 = 100;
/// The time within which the nodes must agree on a leader.
const FORMATION: Duration = Duration::from_secs(10);
/// The time within which the nodes must end.
const ENDING: Duration = Duration::from_secs(3);

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// If a port is taken, a node cannot be started, or a node exits by itself.
pub fn run(arguments: &ClusterArguments) -> Result<i32> {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGINT);
    signals.add(Signal::SIGTERM);
    // Blocked before the first thread starts, and received by sigtimedwait below.
    signals.thread_block().context("block signals")?;
    for port in (0..NODES).flat_map(|at| [arguments.port + at, peer_port(arguments, at)]) {
        std::net::TcpListener::bind(("127.0.0.1", port)).map_err(|error| {
            Stop::usage(format!("127.0.0.1:{port}: {error}; choose another --port"))
        })?;
    }
    let temporary = std::env::temp_dir().join(format!("jepsen-cluster-{}", std::process::id()));
    let data = arguments.data.as_deref().unwrap_or(&temporary);
    let mut nodes = Nodes(Vec::new());
    let outcome = (|| {
        let secret = ClusterSecret::draw()?;
        for at in 0..NODES {
            nodes.0.push(start(arguments, at, data, &secret)?);
        }
        wait_for_leader(arguments)?;
        let bootstrap = bootstrap(arguments);
        say(&format!(
            "three nodes are up; data in {}; press Ctrl-C to stop them",
            data.display()
        ));
        tell(&bootstrap);
        wait_for_signal(&signals, &mut nodes)
    })();
    drop(nodes);
    if arguments.data.is_none() {
        let _ = std::fs::remove_dir_all(&temporary);
    }
    outcome
}

/// The nodes' processes. Dropping this value ends them.
struct Nodes(Vec<Child>);

impl Drop for Nodes {
    fn drop(&mut self) {
        for node in &self.0 {
            if let Ok(pid) = i32::try_from(node.id()) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            }
        }
        let deadline = Instant::now() + ENDING;
        for node in &mut self.0 {
            while Instant::now() < deadline && matches!(node.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = node.kill();
            let _ = node.wait();
        }
    }
}

fn peer_port(arguments: &ClusterArguments, at: u16) -> u16 {
    arguments.port + PEER_PORT_OFFSET + at
}

fn bootstrap(arguments: &ClusterArguments) -> String {
    let address = |at| format!("127.0.0.1:{}", arguments.port + at);
    (0..NODES).map(address).collect::<Vec<_>>().join(",")
}

fn start(
    arguments: &ClusterArguments,
    at: u16,
    data: &Path,
    secret: &ClusterSecret,
) -> Result<Child> {
    let directory = data.join(format!("n{}", at + 1));
    std::fs::create_dir_all(&directory)
        .map_err(|error| Stop::usage(format!("--data {}: {error}", data.display())))?;
    let file = directory.join("node.toml");
    write(&file, &config(arguments, at, &directory, secret))
        .map_err(|error| Stop::usage(format!("{}: {error}", file.display())))?;
    let log = std::fs::File::create(directory.join("stderr.log")).context("create stderr.log")?;
    let mut command = Command::new(std::env::current_exe().context("find this program")?);
    command
        .args(["broker", "--config"])
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command.stderr(log).process_group(0);
    // SAFETY: prctl and sigprocmask are async-signal-safe. The signal is sent when the main thread dies, and that
    // thread lives as long as the process.
    unsafe {
        command.pre_exec(|| {
            nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
            SigSet::all().thread_unblock()?;
            Ok(())
        });
    }
    command.spawn().context("start a node")
}

/// Writes a file that only its owner may read: it contains the cluster's secret. An earlier one is replaced.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(file)?.write_all(text.as_bytes())
}

fn config(
    arguments: &ClusterArguments,
    at: u16,
    directory: &Path,
    secret: &ClusterSecret,
) -> String {
    let mut text = format!(
        "node_id = {}\ncluster_id = \"jepsen-cluster\"\ncluster_secret = {:?}\ndata_dir = {:?}\n\
         default_partitions = 1\n\n[kafka]\nlisten = \"127.0.0.1:{}\"\n",
        at + 1,
        secret.text(),
        directory.join("log").display().to_string(),
        arguments.port + at,
    );
    for peer in 0..NODES {
        text += &format!(
            "\n[[peers]]\nid = {}\nkafka = \"127.0.0.1:{}\"\npeer = \"127.0.0.1:{}\"\n",
            peer + 1,
            arguments.port + peer,
            peer_port(arguments, peer)
        );
    }
    text
}

fn wait_for_leader(arguments: &ClusterArguments) -> Result<()> {
    let deadline = Instant::now() + FORMATION;
    let address = ([127, 0, 0, 1], arguments.port).into();
    let mut wire = Wire::new(address, Duration::from_millis(500));
    while Instant::now() < deadline {
        if questions::quorum(&mut wire).is_ok_and(|quorum| quorum.leader > 0) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(Stop {
        code: exit::INVALID,
        message: "the nodes elected no leader within 10 s".into(),
    }
    .into())
}

/// Waits for a signal, or for the exit of a node.
fn wait_for_signal(signals: &SigSet, nodes: &mut Nodes) -> Result<i32> {
    loop {
        let nap = nix::libc::timespec {
            tv_sec: 0,
            tv_nsec: 200_000_000,
        };
        // SAFETY: both pointers are to live values, and a null siginfo is allowed.
        let caught =
            unsafe { nix::libc::sigtimedwait(signals.as_ref(), std::ptr::null_mut(), &nap) };
        if caught > 0 {
            return Ok(exit::VALID);
        }
        for (at, node) in nodes.0.iter_mut().enumerate() {
            if let Ok(Some(status)) = node.try_wait() {
                let message = format!("n{} exited by itself: {status}; see its stderr.log", at + 1);
                return Err(Stop {
                    code: exit::INVALID,
                    message,
                }
                .into());
            }
        }
    }
}
