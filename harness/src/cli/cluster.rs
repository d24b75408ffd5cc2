//! `jepsen cluster`: three reference nodes on 127.0.0.1, on three ports, until Ctrl-C, to try the broker with kcat or
//! any other client. There are no faults and no private network.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;

use crate::config::place;
use crate::config::target::{cluster_secret, environment};
use crate::exit::{self, Stop};
use crate::kafka::questions;
use crate::kafka::wire::Wire;
use crate::output::{name, say, tell, written};
use crate::secret::Secret;

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

/// For this user only.
const PRIVATE_DIRECTORY: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;

const NODES: u16 = 3;
/// The difference between peer ports and Kafka ports.
const PEER_PORT_OFFSET: u16 = 100;
/// The time within which the nodes must agree on a leader.
const FORMATION: Duration = Duration::from_secs(10);
/// The time within which the nodes must end.
const ENDING: Duration = Duration::from_secs(3);

/// The signals that end the command.
const ENDS: [Signal; 4] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
];

/// Runs until SIGINT, SIGTERM, SIGHUP or SIGQUIT. A temporary directory is then removed; only SIGKILL leaves it behind.
///
/// # Errors
/// If a port is taken, a node cannot be started, or a node exits by itself.
pub fn run(arguments: &ClusterArguments) -> Result<i32> {
    let signals: SigSet = ENDS.into_iter().collect();
    // Blocked before the first thread starts, and received by sigtimedwait below.
    signals.thread_block().context("block signals")?;
    for port in (0..NODES).flat_map(|at| [arguments.port + at, peer_port(arguments, at)]) {
        std::net::TcpListener::bind(("127.0.0.1", port)).map_err(|error| {
            Stop::usage(format!("127.0.0.1:{port}: {error}; choose another --port"))
        })?;
    }
    let place = Place::of(arguments)?;
    let data = place.path();
    place::quotable("--data", data)?;
    let mut nodes = Nodes(Vec::new());
    let outcome = (|| {
        let secret = cluster_secret::draw()?;
        for at in 0..NODES {
            nodes.0.push(start(arguments, at, data, &secret)?);
        }
        wait_for_leader(arguments)?;
        let bootstrap = bootstrap(arguments);
        say(&format!(
            "three nodes are up; data in {}; press Ctrl-C to stop them",
            name(data)
        ));
        tell(&bootstrap);
        written()?;
        wait_for_signal(&signals, &mut nodes)
    })();
    drop(nodes);
    let left = place.leave();
    if outcome.is_ok() {
        say(&format!("the nodes have ended; {left}"));
    }
    outcome
}

/// The directory of the nodes' data and logs.
enum Place {
    Named(PathBuf),
    /// Its name cannot be foretold, it is created exclusively, and only its user may enter it. So nobody else can put a
    /// link in the place of a file.
    Temporary(tempfile::TempDir),
}

impl Place {
    fn of(arguments: &ClusterArguments) -> Result<Place> {
        if let Some(data) = &arguments.data {
            return Ok(Place::Named(data.clone()));
        }
        let mut builder = tempfile::Builder::new();
        let created = builder
            .prefix("jepsen-cluster-")
            .permissions(std::fs::Permissions::from_mode(PRIVATE_DIRECTORY))
            .tempdir();
        let created = created.context("create a temporary directory")?;
        Ok(Place::Temporary(created))
    }

    fn path(&self) -> &Path {
        match self {
            Place::Named(path) => path,
            Place::Temporary(created) => created.path(),
        }
    }

    /// Removes what is temporary; what became of the data.
    fn leave(self) -> String {
        let path = name(self.path());
        match self {
            Place::Named(_) => format!("their data stays in {path}"),
            Place::Temporary(created) => match created.close() {
                Ok(()) => "their data is removed".to_owned(),
                Err(error) => format!("their data in {path} was not removed: {error}"),
            },
        }
    }
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

fn start(arguments: &ClusterArguments, at: u16, data: &Path, secret: &Secret) -> Result<Child> {
    let directory = data.join(format!("n{}", at + 1));
    let refuse = |error| Stop::usage(format!("--data {}: {error}", data.display()));
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(PRIVATE_DIRECTORY);
    builder.create(&directory).map_err(refuse)?;
    if !std::fs::symlink_metadata(&directory)
        .map_err(refuse)?
        .is_dir()
    {
        let what = "is a link, and links are not followed";
        return Err(Stop::usage(format!("{} {what}", directory.display())));
    }
    let file = directory.join("node.toml");
    own_file(&file)?
        .write_all(config(arguments, at, &directory, secret).as_bytes())
        .map_err(|error| Stop::usage(format!("{}: {error}", file.display())))?;
    let log = own_file(&directory.join("stderr.log"))?;
    let mut command = Command::new(std::env::current_exe().context("find this program")?);
    command
        .args(["broker", "--config"])
        .arg(&file)
        .env_clear()
        .envs(environment::base())
        .env("HOME", &directory)
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

/// An empty file for this user only. A link in its place is not followed.
fn own_file(path: &Path) -> Result<std::fs::File> {
    let opened = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(PRIVATE_FILE)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path);
    // A file that exists keeps its permissions otherwise.
    let private = opened.and_then(|file| {
        file.set_permissions(std::fs::Permissions::from_mode(PRIVATE_FILE))?;
        Ok(file)
    });
    private.map_err(|error| Stop::usage(format!("{}: {error}", path.display())))
}

fn config(arguments: &ClusterArguments, at: u16, directory: &Path, secret: &Secret) -> String {
    let mut text = format!(
        "node_id = {}\ncluster_id = \"jepsen-cluster\"\ncluster_secret = {:?}\ndata_dir = {:?}\n\
         default_partitions = 1\n\n[kafka]\nlisten = \"127.0.0.1:{}\"\n",
        at + 1,
        secret.reveal(),
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
