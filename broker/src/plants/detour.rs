//! `serial-sender` and `task-per-message`: what was between the incident's Raft and its
//! connections, before and after its remedy.
//!
//! Both take the messages of the core where it would offer them to the links itself, and try again
//! where it would drop them. The links below are the correct ones.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use raft::eraftpb::Message;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::sleep;
use tracing::warn;

use crate::hooks::{Hook, Offer, Surroundings};
use crate::messages::Class;
use crate::request::NodeId;

/// A message is tried this often, and then lost.
const TRIES: u32 = 10;

/// Pause before the second try; it doubles from try to try.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// One message on its way.
struct Parcel {
    to: NodeId,
    class: Class,
    message: Box<Message>,
}

/// The links, and which of them are up.
struct Lanes(BTreeMap<(NodeId, Class), (Offer, AtomicBool)>);

impl Lanes {
    fn offer(&self, parcel: &Parcel) -> bool {
        let lane = self.0.get(&(parcel.to, parcel.class));
        lane.is_some_and(|(offer, up)| up.load(Ordering::Relaxed) && offer(parcel.message.clone()))
    }

    /// Offers a message until it is taken, or given up.
    async fn deliver(&self, parcel: Parcel) {
        let mut pause = FIRST_PAUSE;
        for _ in 0..TRIES {
            if self.offer(&parcel) {
                return;
            }
            sleep(pause).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
        warn!(peer = parcel.to, class = ?parcel.class, "plant: message lost after {TRIES} tries");
    }
}

/// The way of messages while one of the two is on.
#[derive(Debug)]
pub(super) struct Detour {
    is_serial: bool,
    /// Set when the node starts, before its core sends anything.
    way: OnceLock<Way>,
}

struct Way {
    lanes: Arc<Lanes>,
    /// To the one task of `serial-sender`; None with `task-per-message`.
    queue: Option<UnboundedSender<Parcel>>,
    runtime: Handle,
}

impl std::fmt::Debug for Way {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Way").finish_non_exhaustive()
    }
}

impl Detour {
    /// One task for all messages.
    pub(super) fn serial() -> Detour {
        Detour {
            is_serial: true,
            way: OnceLock::new(),
        }
    }

    /// A task for each message.
    pub(super) fn task_each() -> Detour {
        Detour {
            is_serial: false,
            way: OnceLock::new(),
        }
    }
}

impl Hook for Detour {
    fn started(&self, surroundings: &Surroundings) {
        let lane = |(at, offer): (&(NodeId, Class), &Offer)| {
            (*at, (Arc::clone(offer), AtomicBool::new(false)))
        };
        let lanes = Arc::new(Lanes(surroundings.links.iter().map(lane).collect()));
        let runtime = surroundings.runtime.clone();
        let queue = self.is_serial.then(|| {
            let (queue, parcels) = unbounded_channel();
            runtime.spawn(send_serially(Arc::clone(&lanes), parcels));
            queue
        });
        let way = Way {
            lanes,
            queue,
            runtime,
        };
        // A node starts once.
        let _ = self.way.set(way);
    }

    /// Takes a message. The core will not learn whether and when it arrives.
    fn take_message(
        &self,
        to: NodeId,
        class: Class,
        message: Box<Message>,
    ) -> Option<Box<Message>> {
        let Some(way) = self.way.get() else {
            return Some(message);
        };
        let parcel = Parcel { to, class, message };
        match &way.queue {
            // The task ends with the node.
            Some(queue) => drop(queue.send(parcel)),
            None => {
                let lanes = Arc::clone(&way.lanes);
                way.runtime
                    .spawn(async move { lanes.deliver(parcel).await });
            }
        }
        None
    }

    fn link_changed(&self, peer: NodeId, class: Class, is_up: bool) {
        let lanes = self.way.get().map(|way| &way.lanes.0);
        if let Some((_, up)) = lanes.and_then(|lanes| lanes.get(&(peer, class))) {
            up.store(is_up, Ordering::Relaxed);
        }
    }
}

/// The one sender of all peers: while it waits for one, nobody hears anything.
async fn send_serially(lanes: Arc<Lanes>, mut parcels: UnboundedReceiver<Parcel>) {
    while let Some(parcel) = parcels.recv().await {
        lanes.deliver(parcel).await;
    }
}
