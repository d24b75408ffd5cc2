//! The thread that runs the core: gathers what came in, lets the core decide, does what it says.
//!
//! The core waits for nothing but this thread's inbox. Sending offers a message to a bounded
//! queue; a message that finds no room is dropped, and the core learns of it once per episode (etcd
//! and TiKV #13676: once per *message* is a storm).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use raft::eraftpb::Message;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, UnboundedSender};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{debug, info, warn};

use crate::ask::{Ask, Clock};
use crate::core::{Action, Core, Input};
use crate::hooks::{Hooks, Offer};
use crate::log::{SyncReport, WriteGroup};
use crate::messages::{Class, Hello};
use crate::peers::PeerEvent;
use crate::peers::link::LinkSender;
use crate::refusals::Refusals;
use crate::request::{NodeId, RequestId, Response, Time};
use crate::shutdown::Shutdown;

/// Inputs that the core takes at once from each queue. More wait for the next round, so that ticks
/// are not kept.
const INPUTS_PER_QUEUE_MAX: usize = 256;

/// A tick this late means that the whole process did not run (stopped, or starved).
const STANDSTILL: Duration = Duration::from_millis(100);

/// After a standstill: time for the socket tasks to read what has piled up, before the clock moves
/// on. Otherwise a follower would ask for votes with its leader's heartbeats unread in its sockets.
const CATCH_UP: Duration = Duration::from_millis(10);

/// The sending ends of the links to one peer, and whether they are up.
#[derive(Debug)]
pub(super) struct PeerLinks {
    control: LinkSender,
    append: LinkSender,
    control_up: bool,
    append_up: bool,
    hello: Hello,
    /// Messages are being dropped, and the core knows.
    dropping: bool,
}

impl PeerLinks {
    pub(super) fn new(control: LinkSender, append: LinkSender) -> PeerLinks {
        let hello = Hello::default();
        PeerLinks {
            control,
            append,
            control_up: false,
            append_up: false,
            hello,
            dropping: false,
        }
    }

    /// What puts messages in line for these links, whether or not they are up.
    pub(super) fn offers(&self, peer: NodeId) -> [((NodeId, Class), Offer); 2] {
        let offer = |link: &LinkSender| -> Offer {
            let link = link.clone();
            Arc::new(move |message| link.offer(message).is_ok())
        };
        [
            ((peer, Class::Control), offer(&self.control)),
            ((peer, Class::Append), offer(&self.append)),
        ]
    }

    /// A peer is up if both links are: votes without entries are of no use, nor the reverse.
    fn up(&self) -> bool {
        self.control_up && self.append_up
    }

    /// Puts a message in line, or gives it back.
    fn offer(&self, class: Class, message: Box<Message>) -> Result<(), Box<Message>> {
        match class {
            Class::Control if self.control_up => self.control.offer(message),
            Class::Append if self.append_up => self.append.offer(message),
            _ => Err(message),
        }
    }
}

/// Everything the thread owns.
pub(super) struct CoreThread {
    pub(super) core: Core,
    pub(super) node_id: NodeId,
    pub(super) tick: Duration,
    pub(super) clock: Clock,
    pub(super) control: Receiver<PeerEvent>,
    pub(super) append: Receiver<PeerEvent>,
    pub(super) reports: UnboundedReceiver<SyncReport>,
    pub(super) asks: Receiver<Ask>,
    pub(super) stop: Shutdown,
    pub(super) links: BTreeMap<NodeId, PeerLinks>,
    pub(super) groups: std::sync::mpsc::Sender<WriteGroup>,
    pub(super) hello: watch::Sender<Hello>,
    pub(super) hooks: Hooks,
    pub(super) refusals: Arc<Refusals>,
}

/// What the thread keeps between rounds.
#[derive(Default)]
struct Open {
    /// Where each answer goes. Only looked up, never iterated.
    replies: HashMap<RequestId, oneshot::Sender<Response>>,
    last_id: RequestId,
}

impl CoreThread {
    /// Runs until the node is stopped, or until the core says that it must end, and then sends the reason to `ended`.
    pub(super) fn run(mut self, ended: &UnboundedSender<String>) {
        // A runtime of this thread alone, for its timer and for waiting on several queues at once.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        let outcome = match runtime {
            Ok(runtime) => runtime.block_on(self.rounds()),
            Err(error) => Err(format!("the core's timer: {error}")),
        };
        if let Err(reason) = outcome {
            let _ = ended.send(reason);
        }
    }

    async fn rounds(&mut self) -> Result<(), String> {
        let mut open = Open::default();
        let mut next_tick = self.clock.now() + self.tick;
        loop {
            let mut inputs = Vec::new();
            let wake = Instant::from_std(self.clock.instant(next_tick));
            tokio::select! {
                biased;
                () = self.stop.begun() => return Ok(()),
                () = sleep_until(wake) => {}
                Some(event) = self.control.recv() => self.peer_event(event, &mut inputs),
                Some(report) = self.reports.recv() => inputs.push(Input::Synced(report)),
                Some(event) = self.append.recv() => self.peer_event(event, &mut inputs),
                Some(ask) = self.asks.recv() => inputs.push(open.request(ask)),
            }
            let late = self.clock.now().saturating_sub(next_tick);
            if late > STANDSTILL {
                warn!(?late, "the process did not run");
                sleep(CATCH_UP).await;
            }
            self.gather(&mut open, &mut inputs);
            let now = self.clock.now();
            if now >= next_tick {
                // One tick, however late: the core counts the missed ones from the time that it is given.
                inputs.push(Input::Tick);
                next_tick = now + self.tick;
            }
            if inputs.is_empty() {
                continue;
            }
            let _held = match self.hooks.turn_waits() {
                None => None,
                Some(waits) => tokio::select! {
                    () = self.stop.begun() => return Ok(()),
                    held = waits => Some(held),
                },
            };
            self.round(now, inputs, &mut open)?;
        }
    }

    /// Takes what else has come in. Nothing here waits.
    fn gather(&mut self, open: &mut Open, inputs: &mut Vec<Input>) {
        for _ in 0..INPUTS_PER_QUEUE_MAX {
            let Ok(event) = self.control.try_recv() else {
                break;
            };
            self.peer_event(event, inputs);
        }
        for _ in 0..INPUTS_PER_QUEUE_MAX {
            let Ok(report) = self.reports.try_recv() else {
                break;
            };
            inputs.push(Input::Synced(report));
        }
        for _ in 0..INPUTS_PER_QUEUE_MAX {
            let Ok(event) = self.append.try_recv() else {
                break;
            };
            self.peer_event(event, inputs);
        }
        for _ in 0..INPUTS_PER_QUEUE_MAX {
            let Ok(ask) = self.asks.try_recv() else { break };
            inputs.push(open.request(ask));
        }
    }

    /// One turn of the core, and further ones while it has to learn of dropped messages.
    fn round(&mut self, now: Time, inputs: Vec<Input>, open: &mut Open) -> Result<(), String> {
        let hooks = self.hooks.clone();
        let (mut inputs, mut outcome) = (inputs, Ok(()));
        hooks.around_turn(&mut || {
            outcome = self.turns(now, std::mem::take(&mut inputs), open);
        });
        outcome
    }

    fn turns(&mut self, now: Time, mut inputs: Vec<Input>, open: &mut Open) -> Result<(), String> {
        while !inputs.is_empty() {
            let mut dropped = BTreeSet::new();
            for action in self.core.handle_many(now, inputs) {
                match action {
                    Action::Write(group) => {
                        // A log thread that is gone has already said why.
                        self.groups
                            .send(group)
                            .map_err(|_| "the log thread is gone".to_owned())?;
                    }
                    Action::Send { to, class, message } => {
                        if self.send(to, class, message) {
                            dropped.insert(to);
                        }
                    }
                    Action::Respond { id, response } => {
                        if let Some(reply) = open.replies.remove(&id) {
                            // The handler may have left.
                            let _ = reply.send(response);
                        }
                    }
                    Action::Alarm { from, reason } => {
                        self.refusals.report(format_args!("node {from}"), reason);
                    }
                    Action::Fatal(reason) => return Err(reason),
                }
            }
            inputs = dropped
                .into_iter()
                .map(|peer| Input::Dropped { peer })
                .collect();
        }
        self.publish_hello();
        Ok(())
    }

    /// Sends or drops; true at the first drop of an episode.
    fn send(&mut self, to: NodeId, class: Class, message: Box<Message>) -> bool {
        let Some(message) = self.hooks.take_message(to, class, message) else {
            return false;
        };
        let Some(links) = self.links.get_mut(&to) else {
            return false;
        };
        let Err(message) = links.offer(class, message) else {
            // Control messages get through while appends do not; only an append ends an episode of
            // dropped ones.
            links.dropping &= class == Class::Control;
            return false;
        };
        self.hooks.message_dropped(to, &message);
        if !links.dropping {
            debug!(peer = to, ?class, "messages are dropped");
        }
        !std::mem::replace(&mut links.dropping, true)
    }

    fn peer_event(&mut self, event: PeerEvent, inputs: &mut Vec<Input>) {
        let (peer, class, hello) = match event {
            PeerEvent::Message {
                from,
                message,
                room,
            } => {
                drop(room);
                inputs.push(Input::Peer { from, message });
                return;
            }
            PeerEvent::LinkUp { peer, class, hello } => (peer, class, Some(hello)),
            PeerEvent::LinkDown { peer, class } => (peer, class, None),
        };
        self.hooks.link_changed(peer, class, hello.is_some());
        let Some(links) = self.links.get_mut(&peer) else {
            return;
        };
        let was_up = links.up();
        match class {
            Class::Control => links.control_up = hello.is_some(),
            Class::Append => links.append_up = hello.is_some(),
        }
        links.hello = hello.unwrap_or(links.hello);
        links.dropping = false;
        match (was_up, links.up()) {
            (false, true) => inputs.push(Input::PeerUp {
                peer,
                hello: links.hello,
            }),
            (true, false) => inputs.push(Input::PeerDown { peer }),
            _ => {}
        }
    }

    fn publish_hello(&mut self) {
        let hello = self.core.hello();
        self.hello.send_if_modified(|shown| {
            if *shown == hello {
                return false;
            }
            if (shown.term, shown.leader) != (hello.term, hello.leader) {
                match hello.leader {
                    Some(leader) if leader == self.node_id => {
                        info!(term = hello.term, "this node leads")
                    }
                    Some(leader) => info!(term = hello.term, leader, "following"),
                    None => info!(term = hello.term, "no leader"),
                }
            }
            *shown = hello;
            true
        });
    }
}

impl Open {
    fn request(&mut self, ask: Ask) -> Input {
        self.last_id += 1;
        self.replies.insert(self.last_id, ask.reply);
        Input::Request {
            id: self.last_id,
            request: ask.request,
        }
    }
}
