//! `blocking-forward`: a handler that waits for ever for what it prevents.
//!
//! The incident's broker put one lock around Raft. Its loop took it for every turn, and its handler
//! of forwarded writes held it while it waited for a task that needed it. There were such writes
//! at once, because every broker registered with each new leader: the leader froze as soon as it
//! led, its ports open.

use std::sync::Arc;

use tokio::sync::{Mutex, watch};
use tracing::{debug, warn};

use crate::hooks::{AskLeader, Held, Hook, Later, Surroundings};
use crate::messages::{Forwarded, Hello};
use crate::request::NodeId;

/// The lock around the core.
#[derive(Debug, Default)]
pub(super) struct BlockingForward(Arc<Mutex<()>>);

impl BlockingForward {
    fn lock(&self) -> Later<Held> {
        let locking = Arc::clone(&self.0).lock_owned();
        Box::pin(async { Box::new(locking.await) as Held })
    }
}

impl Hook for BlockingForward {
    fn started(&self, surroundings: &Surroundings) {
        let Surroundings {
            node,
            hello,
            ask_leader,
            ..
        } = surroundings;
        let registering = register(*node, hello.clone(), Arc::clone(ask_leader));
        surroundings.runtime.spawn(registering);
    }

    fn turn_waits(&self) -> Option<Later<Held>> {
        Some(self.lock())
    }

    fn forwarded_waits(&self, what: &Forwarded) -> Option<Later<Held>> {
        let (locking, what) = (self.lock(), what.clone());
        Some(Box::pin(async move {
            let held = locking.await;
            warn!(?what, "plant: waiting for the core while holding its lock");
            held
        }))
    }
}

/// Registers this node with each new leader by a forwarded write: a request for a producer id, as
/// good as the epoch that Kafka's controllers give to brokers that register.
async fn register(node: NodeId, mut hello: watch::Receiver<Hello>, ask_leader: AskLeader) {
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
        ask_leader().await;
        debug!(leader = ?seen.leader, "plant: registered");
    }
}
