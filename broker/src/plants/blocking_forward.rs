//! Plant `blocking-forward`: a handler that waits for ever for what it keeps from happening.
//!
//! The incident's broker put one lock around Raft. Its loop took it for every turn, and its handler
//! of forwarded writes held it while it waited for a task that needed it. There were such writes
//! at once, because every broker registered with each new leader: the leader froze as soon as it
//! led, its ports open.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard, watch};
use tracing::{debug, warn};

use super::{Plant, Plants};
use crate::core::Hello;
use crate::forward::{ForwardOutcome, Forwarded, Forwarder, ask_core};
use crate::node::ask::{CoreHandle, Ending};
use crate::request::{NodeId, Time};

/// The lock around the core. Clones are the same lock.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<Mutex<()>>);

impl Gate {
    /// The lock, if the plant is on.
    pub(crate) fn new(plants: &Plants) -> Option<Gate> {
        plants
            .has(Plant::BlockingForward)
            .then(|| Gate(Arc::new(Mutex::new(()))))
    }

    /// What the core does holds this.
    pub(crate) async fn pass(self) -> OwnedMutexGuard<()> {
        self.0.lock_owned().await
    }

    /// Answers a forwarded write, holding the lock, however long that takes.
    pub(crate) async fn answer(
        self,
        core: &CoreHandle,
        what: Forwarded,
    ) -> Result<ForwardOutcome, Ending> {
        let _held = self.pass().await;
        warn!(?what, "plant: waiting for the core while holding its lock");
        ask_core(core, what, Time::MAX).await
    }
}

/// Registers this node with each new leader by a forwarded write. What it is given is a producer
/// id, as good as the epoch that Kafka's controllers give to brokers that register.
pub(crate) async fn register(
    node: NodeId,
    mut hello: watch::Receiver<Hello>,
    forwarder: Forwarder,
) {
    let mut registered_with = None;
    loop {
        let seen = hello.wait_for(|hello| {
            let leader = hello.leader.map(|leader| (leader, hello.term));
            leader.is_some_and(|(leader, _)| leader != node) && leader != registered_with
        });
        let Ok(seen) = seen.await.map(|hello| *hello) else {
            return;
        };
        registered_with = seen.leader.map(|leader| (leader, seen.term));
        let registered = forwarder.producer_id(Time::MAX).await;
        debug!(?registered, leader = ?seen.leader, "plant: registered");
    }
}
