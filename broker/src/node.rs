//! A whole node: threads, sockets and the order in which they come up and go down.
//!
//! ```text
//!  Kafka clients --> connection tasks --asks--> [core thread] --groups--> [log thread]
//!  other nodes   --> inbound tasks --events-->  [           ] <--reports--
//!                <-- link tasks   <--messages-- [           ]
//! ```
//!
//! Two threads of their own, core and log, and two runtimes with two workers each: one for clients, one for the other
//! nodes. They share channels and nothing else. With one runtime for both, a crowd of clients that asks for all topics
//! again and again kept heartbeats waiting for longer than an election time-out. The Kafka port opens first, so that clients can
//! connect (they are answered once the log was read); the peer port only after the log was recovered: a
//! node must not vote before it knows its own earlier promises.

mod core_thread;
mod log_thread;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, mpsc, watch};
use tracing::{error, info};

use crate::api::Context;
use crate::ask::{Clock, CoreHandle};
use crate::config::{Address, ConfigError, NodeConfig};
use crate::core::{Core, CoreConfig, CoreError};
use crate::disk::Directory;
use crate::forward::Forwarder;
use crate::hooks::{Hooks, Surroundings};
use crate::log::{self, LogError, LogOptions};
use crate::messages::Class;
use crate::peers::auth::LinkKey;
use crate::peers::forwarding::{self, ForwardLinks};
use crate::peers::{
    APPEND_BYTES_QUEUED_MAX, APPEND_EVENTS_QUEUED_MAX, CONTROL_EVENTS_QUEUED_MAX, Shared, inbound,
    link,
};
use crate::refusals::Refusals;
use crate::request::{NodeId, Time};
use crate::rules::Rules;
use crate::server;
use crate::shutdown::{self, Trigger};
use core_thread::{CoreThread, PeerLinks};

/// Threads that serve clients. Requests do not wait for each other while one is decoded.
const CLIENT_WORKERS: usize = 2;

/// Threads that serve the other nodes: one, so that a frame is read, checked and passed on without waking another thread.
/// With two, throughput was 0.94 of that of one runtime for everything (ten shapes of load); with one it is the same.
const PEER_WORKERS: usize = 1;

/// How long tasks may take to end after the node was stopped; what is left is dropped.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(1);

/// Why a node did not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A port could not be opened.
    #[error("cannot listen on {address} ({field}): {source}")]
    Listen {
        /// The address.
        address: Address,
        /// The field of the configuration that names it.
        field: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The operating system refused something that every process may have.
    #[error("{what}: {source}")]
    System {
        /// What was being done.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The log could not be read.
    #[error("log in the data directory: {0}")]
    Log(#[from] LogError),
    /// The core could not be made from the log.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// The running node met something after which it must not go on, such as a failed sync.
    #[error("the node ended: {0}")]
    Fatal(String),
}

/// A running node. Dropping it ends it.
#[derive(Debug)]
pub struct Node {
    config: Arc<NodeConfig>,
    kafka_address: SocketAddr,
    trigger: Trigger,
    ended: mpsc::UnboundedReceiver<String>,
    threads: Vec<JoinHandle<()>>,
    /// Taken when the node ends.
    runtime: Option<Runtime>,
    /// The same, for the links between nodes.
    links: Option<Runtime>,
}

/// Starts a node and keeps it until SIGTERM or SIGINT.
///
/// # Errors
/// When the node does not start, or meets something after which it must not go on.
pub fn run(config: NodeConfig) -> Result<(), Error> {
    let mut node = Node::start(config)?;
    let reason = node.until_signal()?;
    match reason {
        None => {
            info!("asked to end");
            node.stop();
            Ok(())
        }
        Some(reason) => {
            error!(%reason, "ended");
            node.stop();
            Err(Error::Fatal(reason))
        }
    }
}

impl Node {
    /// Starts a node. Returns once the log is recovered and both ports are open; whether a leader
    /// is known is another question. Not to be called from inside an asynchronous runtime.
    ///
    /// # Errors
    /// When the configuration, a port, or the log cannot be used.
    pub fn start(config: NodeConfig) -> Result<Node, Error> {
        config
            .check()
            .map_err(|(field, problem)| ConfigError::Value {
                path: "(configuration)".into(),
                field: field.to_owned(),
                problem,
            })?;
        let config = Arc::new(config);
        let (rules, hooks) = config.plants.plant_loudly();
        let hooks = hooks.and(&config.mutants.hooks_loudly(config.node_id));
        let runtime = sockets("clients", CLIENT_WORKERS)?;
        let links_runtime = sockets("peers", PEER_WORKERS)?;
        let clock = Clock::start();
        let (core, asks) = CoreHandle::new(clock);
        let (trigger, shutdown) = shutdown::channel();
        let others = || config.peers.iter().filter(|peer| peer.id != config.node_id);
        let (forward_links, forward_queues) = ForwardLinks::new(
            others().map(|peer| peer.id),
            clock,
            rules.unanswered_forward,
        );
        let forwarder = Forwarder::new(core.clone(), forward_links, hooks.clone());
        let context = Arc::new(Context::new(
            Arc::clone(&config),
            core.clone(),
            forwarder.clone(),
            rules,
            hooks.clone(),
        ));
        let kafka = listen(&runtime, &config.kafka.listen, "kafka.listen")?;
        let kafka_address = kafka.local_addr().map_err(|source| Error::System {
            what: "reading the Kafka port's address".to_owned(),
            source,
        })?;
        runtime.spawn(server::serve(kafka, context, shutdown));

        let disk = Directory::open(&config.data_dir).map_err(|source| Error::System {
            what: format!("opening the data directory {}", config.data_dir.display()),
            source,
        })?;
        let (writer, recovered) = log::recover(
            Arc::new(disk),
            LogOptions::of(&rules, config.log.segment_bytes),
        )?;
        info!(
            bytes = recovered.bytes,
            torn_bytes = recovered.torn_bytes,
            "log recovered"
        );
        let key = config
            .secret()
            .and_then(|secret| LinkKey::new(secret, &config.cluster_id))
            .map_err(|problem| ConfigError::Value {
                path: "(configuration)".into(),
                field: "cluster_secret".to_owned(),
                problem: problem.to_owned(),
            })?;
        let consensus = Core::new(core_config(&config, rules, hooks.clone()), recovered)?;

        let (control, control_events) = mpsc::channel(CONTROL_EVENTS_QUEUED_MAX);
        let (append, append_events) = mpsc::channel(APPEND_EVENTS_QUEUED_MAX);
        let (hello, hello_seen) = watch::channel(consensus.hello());
        let shared = Shared {
            config: Arc::clone(&config),
            key,
            refusals: Arc::new(Refusals::new("a connection between nodes is refused")),
            hello: hello_seen,
            control,
            append,
            append_room: Arc::new(Semaphore::new(APPEND_BYTES_QUEUED_MAX)),
            hooks: hooks.clone(),
        };
        let peer_port = listen(&links_runtime, config.peer_listen(), "peer_listen")?;
        links_runtime.spawn(inbound::serve(peer_port, shared.clone(), core));
        let mut links = Vec::new();
        for peer in others() {
            let (control_sender, control_queue) = link::link(Class::Control, rules.backlog);
            let (append_sender, append_queue) = link::link(Class::Append, rules.backlog);
            links_runtime.spawn(link::run(
                shared.clone(),
                peer.clone(),
                Class::Control,
                control_queue,
            ));
            links_runtime.spawn(link::run(
                shared.clone(),
                peer.clone(),
                Class::Append,
                append_queue,
            ));
            links.push((peer.id, PeerLinks::new(control_sender, append_sender)));
        }
        for (id, queue) in forward_queues {
            let peer = others()
                .find(|peer| peer.id == id)
                .expect("the links were made from these peers");
            links_runtime.spawn(forwarding::run(shared.clone(), peer.clone(), queue, clock));
        }

        let (say_ended, ended) = mpsc::unbounded_channel();
        let (groups, group_queue) = std::sync::mpsc::channel();
        let (reports, report_queue) = mpsc::unbounded_channel();
        let log_ended = say_ended.clone();
        let log_thread = spawn("log", move || {
            log_thread::run(writer, &group_queue, &reports, &log_ended)
        })?;
        let links: BTreeMap<NodeId, PeerLinks> = links.into_iter().collect();
        hooks.started(&Surroundings {
            node: config.node_id,
            runtime: links_runtime.handle().clone(),
            heartbeat: Duration::from_millis(config.timing.heartbeat_ms),
            links: links
                .iter()
                .flat_map(|(id, links)| links.offers(*id))
                .collect(),
            hello: shared.hello.clone(),
            ask_leader: Arc::new(move || {
                let forwarder = forwarder.clone();
                Box::pin(async move {
                    // Whether it was answered is of no consequence to the asker.
                    let _ = forwarder.producer_id(Time::MAX).await;
                })
            }),
        });
        let core_thread = CoreThread {
            core: consensus,
            node_id: config.node_id,
            tick: Duration::from_millis(config.timing.tick_ms),
            clock,
            control: control_events,
            append: append_events,
            reports: report_queue,
            asks,
            stop: trigger.shutdown(),
            links,
            groups,
            hello,
            hooks,
            refusals: Arc::new(Refusals::new("a message between nodes is refused")),
        };
        let core_thread = spawn("core", move || core_thread.run(&say_ended))?;
        let peers = config.peer_listen();
        info!(node = config.node_id, kafka = %kafka_address, %peers, "node started");
        let threads = vec![core_thread, log_thread];
        Ok(Node {
            config,
            kafka_address,
            trigger,
            ended,
            threads,
            runtime: Some(runtime),
            links: Some(links_runtime),
        })
    }

    /// Where Kafka clients find this node.
    #[must_use]
    pub fn kafka_address(&self) -> SocketAddr {
        self.kafka_address
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> &NodeConfig {
        &self.config
    }

    /// Ends the node: no further requests, the log thread finishes what it has, ports close. What
    /// was not answered is unknown to its client, as with any lost connection.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.trigger.pull();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                error!("a thread of the node panicked");
            }
        }
        for runtime in [self.runtime.take(), self.links.take()]
            .into_iter()
            .flatten()
        {
            runtime.shutdown_timeout(SHUTDOWN_WAIT);
        }
    }

    /// Waits for a signal (None) or the node's own end (its reason).
    fn until_signal(&mut self) -> Result<Option<String>, Error> {
        let runtime = self
            .runtime
            .as_ref()
            .expect("the runtime is there until the node ends");
        let ended = &mut self.ended;
        let waited: std::io::Result<Option<String>> = runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate())?;
            let mut interrupt = signal(SignalKind::interrupt())?;
            Ok(tokio::select! {
                _ = terminate.recv() => None,
                _ = interrupt.recv() => None,
                reason = ended.recv() => Some(reason.unwrap_or("its threads are gone".to_owned())),
            })
        });
        waited.map_err(|source| Error::System {
            what: "listening for signals".to_owned(),
            source,
        })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.end();
    }
}

fn listen(runtime: &Runtime, address: &Address, field: &'static str) -> Result<TcpListener, Error> {
    let listening = TcpListener::bind((address.host.as_str(), address.port));
    runtime.block_on(listening).map_err(|source| Error::Listen {
        address: address.clone(),
        field,
        source,
    })
}

fn sockets(name: &'static str, workers: usize) -> Result<Runtime, Error> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .thread_name(name)
        .enable_all()
        .build()
        .map_err(|source| Error::System {
            what: format!("starting the threads for {name}"),
            source,
        })
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder.spawn(body).map_err(|source| Error::System {
        what: format!("starting the {name} thread"),
        source,
    })
}

fn core_config(config: &NodeConfig, rules: Rules, hooks: Hooks) -> CoreConfig {
    let timing = &config.timing;
    CoreConfig {
        tick: Duration::from_millis(timing.tick_ms),
        heartbeat: Duration::from_millis(timing.heartbeat_ms),
        election_min: Duration::from_millis(timing.election_min_ms),
        election_max: Duration::from_millis(timing.election_max_ms),
        // Two nodes with one seed would draw the same time-outs and split the vote for ever.
        seed: rand::random(),
        retention_bytes: config.log.retention_bytes,
        rules,
        hooks,
        topic_limits: config.limits.of_topics(),
        ..CoreConfig::new(config.node_id, config.voters())
    }
}
