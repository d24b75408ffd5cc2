//! The receiving side of links: one listener, and a task per connection that reads, checks and
//! passes on.
//!
//! A connection is a stranger until its other end has proved that it belongs to the cluster (see `auth`). There are few
//! strangers at a time, each has little time and memory, and none learns anything.
//!
//! A task whose queue to the core is full stops reading its own connection. Signs of life go out
//! all the same: the other side is to slow down, not to hang up.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::auth::Tags;
use super::socket::{self, LinkError, read_frame};
use super::wire::{
    self, CONTROL_FRAME_BYTES_MAX, FORWARD_FRAME_BYTES_MAX, Introduction, Kind,
    PEER_FRAME_BYTES_MAX, Purpose, WireError, put_frame,
};
use super::{PeerEvent, Shared, questions};
use crate::ask::CoreHandle;
use crate::request::{AdminError, NodeId, Time};

/// Connections whose other end has proved nothing yet. One more closes the oldest of them: a node of this cluster needs
/// two round trips, so strangers keep it out only by opening this many connections in that time, again and again. A
/// node that was stopped for half a minute finds a few hundred dead attempts in its backlog, and is soon through.
const STRANGERS_MAX: usize = 64;

/// Requests of one peer that are being answered. More are refused as not applied.
pub(crate) const REQUESTS_PER_PEER_MAX: usize = 256;

/// Pause after a failed accept.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// A connection that has proved nothing, or had not when it was looked at.
struct Stranger {
    task: AbortHandle,
    proved: Arc<AtomicBool>,
}

/// The connections of nodes that are known: one of each purpose. The newest counts, because its node dials a link again
/// only when it has given up the one before.
#[derive(Clone, Default)]
struct Links(Arc<Mutex<Known>>);

/// For each link, what ends its connection.
type Known = BTreeMap<(NodeId, Purpose), Arc<Notify>>;

impl Links {
    /// Takes the place of an earlier connection, if there is one, which ends.
    fn take(&self, from: NodeId, purpose: Purpose) -> Arc<Notify> {
        let replaced = Arc::new(Notify::new());
        let mut links = self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(earlier) = links.insert((from, purpose), Arc::clone(&replaced)) {
            earlier.notify_one();
        }
        replaced
    }
}

/// Accepts nodes, for ever.
pub(crate) async fn serve(listener: TcpListener, shared: Shared, core: CoreHandle) {
    let links = Links::default();
    let mut strangers: VecDeque<Stranger> = VecDeque::new();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended
                    && !error.is_cancelled()
                {
                    warn!(%error, "a link's task failed");
                }
                continue;
            }
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(%error, "accepting a node failed");
                sleep(ACCEPT_RETRY).await;
                continue;
            }
        };
        strangers.retain(|stranger| {
            !stranger.task.is_finished() && !stranger.proved.load(Ordering::Relaxed)
        });
        if strangers.len() >= STRANGERS_MAX
            && let Some(oldest) = strangers.pop_front()
        {
            oldest.task.abort();
            let reason = "too many connections have proved nothing; the oldest is closed";
            shared.refusals.report(address, reason);
        }
        let proved = Arc::new(AtomicBool::new(false));
        let (shared, core, links) = (shared.clone(), core.clone(), links.clone());
        let known = Arc::clone(&proved);
        let task = connections.spawn(async move {
            if let Err(error) = receive(stream, &shared, core, &links, &known).await {
                report(address, &error, &shared);
            }
        });
        strangers.push_back(Stranger { task, proved });
    }
}

/// What is not of this cluster, or breaks the protocol, is an operator's mistake or an attack; the rest is the life of
/// networks.
fn report(address: SocketAddr, error: &LinkError, shared: &Shared) {
    match error {
        LinkError::Wire(error) => shared.refusals.report(address, error),
        LinkError::HandshakeTimeout => shared.refusals.report(address, error),
        error => debug!(%address, %error, "link from a node ended"),
    }
}

async fn receive(
    mut stream: TcpStream,
    shared: &Shared,
    core: CoreHandle,
    links: &Links,
    proved: &AtomicBool,
) -> Result<(), LinkError> {
    socket::prepare(&stream, shared.silence_max());
    let config = &shared.config;
    let known = |said: &Introduction| {
        said.to == config.node_id
            && said.from != config.node_id
            && config.voters().contains(&said.from)
    };
    let (said, mut writes, reads) = socket::accept(&mut stream, &shared.key, known).await?;
    proved.store(true, Ordering::Relaxed);
    let replaced = links.take(said.from, said.purpose);
    let mut out = BytesMut::new();
    let welcome = wire::encode_welcome(&shared.hello.borrow());
    put_frame(&mut out, &mut writes, Kind::Welcome, &welcome);
    stream.write_all(&out).await?;
    let (reader, writer) = stream.into_split();
    let serving = async {
        match said.purpose {
            Purpose::Forward => {
                serve_requests((reader, reads), (writer, writes), shared, core).await
            }
            purpose => {
                let (queue, limit) = match purpose {
                    Purpose::Control => (&shared.control, CONTROL_FRAME_BYTES_MAX),
                    _ => (&shared.append, PEER_FRAME_BYTES_MAX),
                };
                tokio::select! {
                    result = receive_messages((reader, reads), said.from, (queue, limit), shared) => result,
                    result = show_life((writer, writes), shared.ping_interval()) => result,
                }
            }
        }
    };
    tokio::select! {
        result = serving => result,
        () = replaced.notified() => Ok(()),
    }
}

async fn receive_messages(
    (mut reader, mut tags): (OwnedReadHalf, Tags),
    from: NodeId,
    (queue, limit): (&mpsc::Sender<PeerEvent>, usize),
    shared: &Shared,
) -> Result<(), LinkError> {
    loop {
        let payload = match read_frame(&mut reader, &mut tags, limit, shared.silence_max()).await? {
            (Kind::Ping, _) => continue,
            (Kind::Raft, payload) => payload,
            (kind, _) => return Err(WireError::Unexpected(kind).into()),
        };
        let message = wire::decode_message(&payload)?;
        // What is said must be said by who says it. Whether it makes sense is for the core to decide.
        if message.from != from || message.to != shared.config.node_id {
            return Err(WireError::Content.into());
        }
        // A control frame has its bound in its size.
        let room = match u32::try_from(payload.len()) {
            Ok(bytes) if limit > CONTROL_FRAME_BYTES_MAX => {
                let room = Arc::clone(&shared.append_room);
                let room = room.acquire_many_owned(bytes).await;
                Some(room.map_err(|_| LinkError::Ending)?)
            }
            _ => None,
        };
        let event = PeerEvent::Message {
            from,
            message: Box::new(message),
            room,
        };
        queue.send(event).await.map_err(|_| LinkError::Ending)?;
    }
}

async fn show_life(
    (mut writer, mut tags): (OwnedWriteHalf, Tags),
    interval: Duration,
) -> Result<(), LinkError> {
    let mut ping = BytesMut::new();
    loop {
        sleep(interval).await;
        ping.clear();
        put_frame(&mut ping, &mut tags, Kind::Ping, &[]);
        writer.write_all(&ping).await?;
    }
}

/// Answers what a peer passes on, several at a time, each under the deadline that it came with.
async fn serve_requests(
    (mut reader, mut reads): (OwnedReadHalf, Tags),
    (mut writer, mut writes): (OwnedWriteHalf, Tags),
    shared: &Shared,
    core: CoreHandle,
) -> Result<(), LinkError> {
    let (replies, mut outbox) = mpsc::channel::<Vec<u8>>(REQUESTS_PER_PEER_MAX);
    let reading = async {
        let mut working = JoinSet::new();
        loop {
            while working.try_join_next().is_some() {}
            let frame = read_frame(
                &mut reader,
                &mut reads,
                FORWARD_FRAME_BYTES_MAX,
                shared.silence_max(),
            );
            let payload = match frame.await? {
                (Kind::Ping, _) => continue,
                (Kind::Request, payload) => payload,
                (kind, _) => return Err(LinkError::from(WireError::Unexpected(kind))),
            };
            let (id, wait_ms, what) = questions::decode_request(&payload)?;
            if working.len() >= REQUESTS_PER_PEER_MAX {
                let refusal = questions::encode_reply(id, Err(AdminError::NotLeader(None)));
                replies.send(refusal).await.map_err(|_| LinkError::Ending)?;
                continue;
            }
            let wait = Duration::from_millis(wait_ms.into()).min(shared.config.forward_deadline());
            let (core, replies) = (core.clone(), replies.clone());
            let waits = shared.hooks.forwarded_waits(&what);
            working.spawn(async move {
                let (_held, deadline) = match waits {
                    None => (None, core.deadline_in(wait)),
                    Some(waits) => (Some(waits.await), Time::MAX),
                };
                let outcome = core.ask_leader(what, deadline).await;
                if let Ok(outcome) = outcome {
                    let _ = replies.send(questions::encode_reply(id, outcome)).await;
                }
            });
        }
    };
    let writing = async {
        let mut out = BytesMut::new();
        loop {
            out.clear();
            match timeout(shared.ping_interval(), outbox.recv()).await {
                Err(_) => put_frame(&mut out, &mut writes, Kind::Ping, &[]),
                Ok(Some(reply)) => put_frame(&mut out, &mut writes, Kind::Reply, &reply),
                Ok(None) => return Err(LinkError::Ending),
            }
            writer.write_all(&out).await?;
        }
    };
    tokio::select! {
        result = reading => result,
        result = writing => result,
    }
}
