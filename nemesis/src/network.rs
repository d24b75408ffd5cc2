//! The private network: a namespace for each node, joined by one bridge; what can be cut in it, and
//! how it is seen.
//!
//! The harness sits on the bridge itself, so client links can be cut like any other. Nothing
//! leads out of it. The kernel's bridge carries every link; a switch in user space that drops only
//! segments with payload would replace what the bridge does behind a [`Cut`].

mod bridge;
mod cut;
pub mod partition;
mod probe;

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub use cut::Cut;
pub use probe::{Heard, PROBE_PORT};

use crate::address;
use crate::fault::FaultError;
use crate::link::{End, Link};
use crate::node::{Node, Nodes};
use crate::sandbox::resident::{Gone, Resident};
use crate::sandbox::{Entered, Isolation};

/// How long a new network may take until packets pass over every link.
const WHOLE_LIMIT: Duration = Duration::from_secs(5);

/// The prefix length of the private network.
const PREFIX_BITS: u8 = 24;

/// Why the network could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The process is not inside a sandbox with a network.
    #[error("the sandbox was entered for processes only, without a private network")]
    ProcessesOnly,
    /// A step was refused.
    #[error("the private network: could not {step}: {source}; `jepsen doctor` tries each step")]
    Refused {
        /// What was tried.
        step: String,
        /// What the kernel answered.
        source: io::Error,
    },
    /// It was built for a smaller cluster.
    #[error("the private network has {} nodes, and {node} is not one of them", nodes.count())]
    NoSuchNode {
        /// Which node.
        node: Node,
        /// Those that it has.
        nodes: Nodes,
    },
    /// A thread that holds a namespace has ended.
    #[error("the private network is gone: the thread that holds a namespace has ended")]
    Gone,
}

impl From<NetworkError> for FaultError {
    fn from(error: NetworkError) -> FaultError {
        FaultError::Other(Box::new(error))
    }
}

impl From<Gone> for NetworkError {
    fn from(_: Gone) -> NetworkError {
        NetworkError::Gone
    }
}

fn refused(step: impl Into<String>) -> impl FnOnce(io::Error) -> NetworkError {
    let step = step.into();
    move |source| NetworkError::Refused { step, source }
}

/// The private network. It lives as long as the process; dropping it ends the nodes.
#[derive(Debug)]
pub struct Network {
    nodes: Nodes,
    /// One for each end, in the order of [`End::all`].
    residents: Vec<Resident>,
    bridge: bridge::Bridge,
    prober: Mutex<probe::Prober>,
    /// How many cuts hold each link; a link carries packets when none does.
    held: Mutex<std::collections::BTreeMap<Link, u32>>,
}

impl Network {
    /// Builds the network for the nodes that the sandbox was entered for. Takes some hundred
    /// milliseconds, rarely more than a second; blocks.
    pub fn build(entered: &Entered) -> Result<Arc<Network>, NetworkError> {
        if entered.isolation() != Isolation::Network {
            return Err(NetworkError::ProcessesOnly);
        }
        let nodes = entered.nodes();
        let mut residents = Vec::new();
        for end in End::all(nodes) {
            let resident = match end {
                End::Node(_) => Resident::in_new_namespace(&format!("inside-{end}")),
                End::Clients => Resident::here("inside-harness"),
            };
            residents.push(resident.map_err(refused(format!("make a namespace for {end}")))?);
        }
        let bridge = bridge::Bridge::build(nodes, &residents)?;
        let prober = probe::Prober::open(nodes, &residents)?;
        let network = Network {
            nodes,
            residents,
            bridge,
            prober: Mutex::new(prober),
            held: Mutex::new(std::collections::BTreeMap::new()),
        };
        network.wait_until_whole()?;
        Ok(Arc::new(network))
    }

    /// The kernel turns a new link on in the background, at most one batch of links a second: an
    /// interface that is up may drop everything for that long.
    fn wait_until_whole(&self) -> Result<(), NetworkError> {
        let limit = Instant::now() + WHOLE_LIMIT;
        loop {
            let heard = self.probe()?;
            if Link::all(self.nodes)
                .into_iter()
                .all(|link| heard.carries(link))
            {
                return Ok(());
            }
            if Instant::now() >= limit {
                let seen = io::Error::other(format!("probe datagrams arrived: {heard}"));
                return Err(refused("see packets pass")(seen));
            }
        }
    }

    /// The nodes that it joins.
    pub fn nodes(&self) -> Nodes {
        self.nodes
    }

    /// Where a node is reached.
    pub fn address(&self, node: Node) -> Ipv4Addr {
        address::private(End::Node(node))
    }

    /// The thread inside the namespace of an end.
    pub(crate) fn resident(&self, end: End) -> Result<&Resident, NetworkError> {
        match end {
            End::Node(node) if !self.nodes.contains(node) => Err(NetworkError::NoSuchNode {
                node,
                nodes: self.nodes,
            }),
            _ => Ok(&self.residents[end.position(self.nodes)]),
        }
    }

    /// Sends probe datagrams over every link and reports what arrived. Blocks for at most 100 ms.
    pub fn probe(&self) -> Result<Heard, NetworkError> {
        let down = self.links_down();
        lock(&self.prober)
            .probe(&down)
            .map_err(refused("send a probe datagram"))
    }

    /// The links that are cut now.
    pub fn links_down(&self) -> Vec<Link> {
        lock(&self.held).keys().copied().collect()
    }

    /// One more holder of the cut of a link.
    fn hold(&self, link: Link) -> Result<(), NetworkError> {
        let mut held = lock(&self.held);
        if !held.contains_key(&link) {
            self.bridge.cut(self.resident(link.from)?, link)?;
        }
        *held.entry(link).or_insert(0) += 1;
        Ok(())
    }

    /// One holder less.
    fn release(&self, link: Link) -> Result<(), NetworkError> {
        let mut held = lock(&self.held);
        match held.get(&link).copied() {
            None => Ok(()),
            Some(1) => {
                self.bridge.restore(self.resident(link.from)?, link)?;
                held.remove(&link);
                Ok(())
            }
            Some(holders) => {
                held.insert(link, holders - 1);
                Ok(())
            }
        }
    }
}

/// A panic elsewhere must not keep a link from being healed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
