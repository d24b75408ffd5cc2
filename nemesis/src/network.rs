//! The private network: a namespace for each node, joined by one bridge; what can be cut in it, and
//! how it is seen.
//!
//! The harness sits on the bridge itself, so client links can be cut like any other. Nothing
//! leads out of it. The kernel's bridge carries every link at its own speed. A directed link is plain, cut, or
//! *diverted* to a switch in user space ([`crate::wire`]) that makes it worse without cutting it.

mod bridge;
mod cut;
mod diversion;
pub mod partition;
mod probe;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub use cut::Cut;
pub use diversion::Diversion;
pub use probe::{Heard, PROBE_PORT};

use crate::address;
use crate::fault::FaultError;
use crate::link::{End, Link};
use crate::node::{Node, Nodes};
use crate::sandbox::resident::{Gone, Resident};
use crate::sandbox::{Entered, Isolation};
use crate::wire::{Count, Health, Switch, Treatment, Worse};

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
    /// The switch of diverted links could not be started.
    #[error("a link cannot be diverted here: {0}; `jepsen doctor` tries it")]
    NoSwitch(String),
    /// The switch has ended: diverted links are cut.
    #[error("the thread of the switch has ended, and diverted links are cut")]
    SwitchGone,
    /// Two faults want the same link.
    #[error("{0} is diverted already")]
    Diverted(Link),
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
    /// The switch, or why there is none: a network without it still has cuts.
    switch: Result<Switch, String>,
    held: Mutex<Held>,
}

/// What holds links. The strongest wins: a link that is cut and diverted is cut.
#[derive(Debug, Default)]
struct Held {
    /// How many cuts hold each link.
    cut: BTreeMap<Link, u32>,
    diverted: BTreeSet<Link>,
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
        let harness = &residents[End::Clients.position(nodes)];
        let switch = start_switch(nodes, harness).map_err(|error| error.to_string());
        let mut network = Network {
            nodes,
            residents,
            bridge,
            prober: Mutex::new(prober),
            switch,
            held: Mutex::default(),
        };
        network.wait_until_whole()?;
        if let Some(why) = network.wait_for_switch()? {
            network.switch = Err(why);
        }
        Ok(Arc::new(network))
    }

    /// Lets one link pass through the switch unchanged until packets arrive: its port, too, is turned on in the
    /// background. Returns why it cannot be used.
    fn wait_for_switch(&self) -> Result<Option<String>, NetworkError> {
        let (Ok(_), Some(link)) = (&self.switch, Link::all(self.nodes).first().copied()) else {
            return Ok(None);
        };
        let limit = Instant::now() + WHOLE_LIMIT;
        self.divert(link, Treatment::Worse(Worse::default()), 0)?;
        let mut passes = false;
        while !passes && Instant::now() < limit {
            passes = self.probe()?.carries(link);
        }
        let frames = self.straighten(link)?.frames;
        Ok((!passes).then(|| format!("no packet passed through the switch, which saw {frames}")))
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
        self.probe_with(&self.links_down(), Duration::ZERO)
    }

    /// The same where nothing is expected from some links, and slow ones take longer by `patience`.
    fn probe_with(&self, down: &[Link], patience: Duration) -> Result<Heard, NetworkError> {
        lock(&self.prober)
            .probe(down, patience)
            .map_err(refused("send a probe datagram"))
    }

    /// Many datagrams over one link.
    fn burst(
        &self,
        link: Link,
        count: u32,
        patience: Duration,
    ) -> Result<probe::Burst, NetworkError> {
        lock(&self.prober)
            .burst(link, count, patience)
            .map_err(refused("send probe datagrams"))
    }

    /// The links that are cut now.
    pub fn links_down(&self) -> Vec<Link> {
        lock(&self.held).cut.keys().copied().collect()
    }

    /// The links that pass through the switch now.
    pub fn links_diverted(&self) -> Vec<Link> {
        lock(&self.held).diverted.iter().copied().collect()
    }

    /// Why links cannot be diverted here, if they cannot.
    pub fn no_switch(&self) -> Option<&str> {
        self.switch.as_ref().err().map(String::as_str)
    }

    /// One more holder of the cut of a link.
    fn hold(&self, link: Link) -> Result<(), NetworkError> {
        let mut held = lock(&self.held);
        if !held.cut.contains_key(&link) {
            self.bridge.cut(self.resident(link.from)?, link)?;
        }
        *held.cut.entry(link).or_insert(0) += 1;
        Ok(())
    }

    /// One holder less.
    fn release(&self, link: Link) -> Result<(), NetworkError> {
        let mut held = lock(&self.held);
        match held.cut.get(&link).copied() {
            None => Ok(()),
            Some(1) => {
                let sender = self.resident(link.from)?;
                match held.diverted.contains(&link) {
                    true => self.bridge.divert(sender, link)?,
                    false => self.bridge.restore(sender, link)?,
                }
                held.cut.remove(&link);
                Ok(())
            }
            Some(holders) => {
                held.cut.insert(link, holders - 1);
                Ok(())
            }
        }
    }

    fn switch(&self) -> Result<&Switch, NetworkError> {
        let switch = self.switch.as_ref();
        switch.map_err(|why| NetworkError::NoSwitch(why.clone()))
    }

    /// Diverts a link to the switch, which treats its frames so.
    fn divert(&self, link: Link, treatment: Treatment, seed: u64) -> Result<(), NetworkError> {
        let switch = self.switch()?;
        let mut held = lock(&self.held);
        if held.diverted.contains(&link) {
            return Err(NetworkError::Diverted(link));
        }
        switch.treat(link, treatment, seed);
        if !held.cut.contains_key(&link) {
            let pointed = self
                .resident(link.from)
                .and_then(|sender| self.bridge.divert(sender, link));
            if let Err(error) = pointed {
                switch.end(link);
                return Err(error);
            }
        }
        held.diverted.insert(link);
        Ok(())
    }

    /// Ends that, the treatment first and the way through the switch after it, so that nothing is stranded. Returns what
    /// was counted.
    fn straighten(&self, link: Link) -> Result<Count, NetworkError> {
        let mut held = lock(&self.held);
        if !held.diverted.contains(&link) {
            return Ok(Count::default());
        }
        let count = self.switch()?.end(link);
        if !held.cut.contains_key(&link) {
            self.bridge.restore(self.resident(link.from)?, link)?;
        }
        held.diverted.remove(&link);
        Ok(count)
    }

    /// What was counted so far on a diverted link.
    fn counted(&self, link: Link) -> Result<Count, NetworkError> {
        let switch = self.switch()?;
        match switch.is_alive() {
            true => Ok(switch.count(link).unwrap_or_default()),
            false => Err(NetworkError::SwitchGone),
        }
    }

    /// Whether the switch kept up since the last question.
    fn switch_health(&self) -> Result<Health, NetworkError> {
        Ok(self.switch()?.health())
    }
}

/// In the harness's namespace, where the thread of the switch stays.
fn start_switch(nodes: Nodes, harness: &Resident) -> Result<Switch, NetworkError> {
    let interface = bridge::add_port(nodes, harness)?;
    harness
        .run(move |_| Switch::start(interface))?
        .map_err(refused("open the packet socket of the switch"))
}

/// A panic elsewhere must not keep a link from being healed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
