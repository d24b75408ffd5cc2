//! Plants `serial-sender` and `task-per-message`: what stood between the incident's Raft and its
//! connections, before and after its remedy.
//!
//! Both take the messages of the core where it would offer them to the links itself, and try again
//! where it would drop them. The links below are the correct ones.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use raft::eraftpb::Message;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::sleep;
use tracing::warn;

use super::{Plant, Plants};
use crate::core::Class;
use crate::peers::link::LinkSender;
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
#[derive(Debug)]
struct Lanes(BTreeMap<(NodeId, Class), (LinkSender, AtomicBool)>);

impl Lanes {
    fn offer(&self, parcel: &Parcel) -> bool {
        let lane = self.0.get(&(parcel.to, parcel.class));
        lane.is_some_and(|(link, up)| {
            up.load(Ordering::Relaxed) && link.offer(parcel.message.clone())
        })
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

/// The way of messages while one of the two plants is on.
#[derive(Debug)]
pub(crate) struct Detour {
    lanes: Arc<Lanes>,
    /// To the one task of `serial-sender`; None with `task-per-message`.
    queue: Option<UnboundedSender<Parcel>>,
    runtime: Handle,
}

impl Detour {
    /// The detour that the plants ask for, if any, over copies of these links.
    pub(crate) fn start<'a>(
        plants: &Plants,
        links: impl Iterator<Item = (NodeId, Class, &'a LinkSender)>,
        runtime: &Handle,
    ) -> Option<Detour> {
        let is_serial = plants.has(Plant::SerialSender);
        if !is_serial && !plants.has(Plant::TaskPerMessage) {
            return None;
        }
        let lane = |(peer, class, link): (NodeId, Class, &LinkSender)| {
            ((peer, class), (link.clone(), AtomicBool::new(false)))
        };
        let lanes = Arc::new(Lanes(links.map(lane).collect()));
        let queue = is_serial.then(|| {
            let (queue, parcels) = unbounded_channel();
            runtime.spawn(send_serially(Arc::clone(&lanes), parcels));
            queue
        });
        Some(Detour {
            lanes,
            queue,
            runtime: runtime.clone(),
        })
    }

    /// Takes a message. Whether and when it arrives, the core will not learn.
    pub(crate) fn send(&self, to: NodeId, class: Class, message: Box<Message>) {
        let parcel = Parcel { to, class, message };
        match &self.queue {
            // The task ends with the node.
            Some(queue) => drop(queue.send(parcel)),
            None => {
                let lanes = Arc::clone(&self.lanes);
                self.runtime
                    .spawn(async move { lanes.deliver(parcel).await });
            }
        }
    }

    /// A link came up or went down.
    pub(crate) fn link_changed(&self, peer: NodeId, class: Class, is_up: bool) {
        if let Some((_, up)) = self.lanes.0.get(&(peer, class)) {
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
