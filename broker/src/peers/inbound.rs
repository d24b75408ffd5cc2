//! The receiving side of links: one listener, and a task per connection that reads, checks and
//! passes on.
//!
//! A task whose queue to the core is full stops reading its own connection. Signs of life go out
//! all the same: the other side is to slow down, not to hang up.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use raft::eraftpb::MessageType;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::socket::{self, HANDSHAKE_WAIT, LinkError, read_frame};
use super::wire::{
    self, FORWARD_FRAME_BYTES_MAX, Handshake, Kind, PEER_FRAME_BYTES_MAX, Purpose, WireError,
    put_frame,
};
use super::{PeerEvent, Shared, questions};
use crate::ask::CoreHandle;
use crate::request::{AdminError, NodeId, Time};

/// Connections from nodes, strangers before their handshake included. A node that was stopped for
/// half a minute finds a few hundred dead attempts in its backlog; each is gone within
/// [`HANDSHAKE_WAIT`].
const CONNECTIONS_MAX: usize = 512;

/// Requests of one peer that are being answered. More are refused as not applied.
pub(crate) const REQUESTS_PER_PEER_MAX: usize = 256;

/// Pause after a failed accept.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// Accepts nodes, for ever.
pub(crate) async fn serve(listener: TcpListener, shared: Shared, core: CoreHandle) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(ended) = connections.join_next() => {
                if let Err(error) = ended {
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
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            debug!(%address, "turned away: too many links");
            continue;
        };
        let (shared, core) = (shared.clone(), core.clone());
        connections.spawn(async move {
            if let Err(error) = receive(stream, shared, core).await {
                report(address, &error);
            }
            drop(place);
        });
    }
}

/// A wrong cluster or node is an operator's mistake and worth a warning; the rest is the life of
/// networks.
fn report(address: SocketAddr, error: &LinkError) {
    match error {
        LinkError::Wire(
            error @ (WireError::Cluster(_) | WireError::Nodes { .. } | WireError::Version(_)),
        ) => {
            warn!(%address, %error, "turned away");
        }
        error => debug!(%address, %error, "link from a node ended"),
    }
}

async fn receive(mut stream: TcpStream, shared: Shared, core: CoreHandle) -> Result<(), LinkError> {
    socket::prepare(&stream, shared.silence_max());
    let shaking = shake(&mut stream, &shared);
    let theirs = timeout(HANDSHAKE_WAIT, shaking)
        .await
        .map_err(|_| LinkError::HandshakeTimeout)??;
    let (reader, writer) = stream.into_split();
    match theirs.purpose {
        Purpose::Forward => serve_requests(reader, writer, &shared, core).await,
        purpose => {
            let queue = if purpose == Purpose::Control {
                &shared.control
            } else {
                &shared.append
            };
            tokio::select! {
                result = receive_messages(reader, theirs.from, queue, &shared) => result,
                result = show_life(writer, shared.ping_interval()) => result,
            }
        }
    }
}

/// Hears who it is, checks that, and says who we are.
async fn shake(stream: &mut TcpStream, shared: &Shared) -> Result<Handshake, LinkError> {
    let theirs = socket::receive_handshake(stream).await?;
    let config = &shared.config;
    let ours = Handshake {
        purpose: theirs.purpose,
        cluster: config.cluster_id.clone(),
        from: config.node_id,
        to: theirs.from,
        hello: *shared.hello.borrow(),
    };
    socket::check(&ours, &theirs)?;
    let others: BTreeSet<NodeId> = config
        .voters()
        .into_iter()
        .filter(|id| *id != config.node_id)
        .collect();
    if !others.contains(&theirs.from) {
        return Err(WireError::Nodes {
            from: theirs.from,
            to: theirs.to,
        }
        .into());
    }
    socket::send_handshake(stream, &ours).await?;
    Ok(theirs)
}

async fn receive_messages(
    mut reader: OwnedReadHalf,
    from: NodeId,
    queue: &mpsc::Sender<PeerEvent>,
    shared: &Shared,
) -> Result<(), LinkError> {
    loop {
        let payload =
            match read_frame(&mut reader, PEER_FRAME_BYTES_MAX, shared.silence_max()).await? {
                (Kind::Ping, _) => continue,
                (Kind::Raft, payload) => payload,
                (kind, _) => return Err(WireError::Unexpected(kind).into()),
            };
        let message = wire::decode_message(&payload)?;
        // A proposal from a follower would be appended under another term than it was meant for.
        let proposal = message.get_msg_type() == MessageType::MsgPropose;
        if message.from != from || message.to != shared.config.node_id || proposal {
            return Err(WireError::Content.into());
        }
        let event = PeerEvent::Message {
            from,
            message: Box::new(message),
        };
        queue.send(event).await.map_err(|_| LinkError::Ending)?;
    }
}

async fn show_life(mut writer: OwnedWriteHalf, interval: Duration) -> Result<(), LinkError> {
    let mut ping = BytesMut::new();
    put_frame(&mut ping, Kind::Ping, &[]);
    loop {
        sleep(interval).await;
        writer.write_all(&ping).await?;
    }
}

/// Answers what a peer passes on, several at a time, each under the deadline that it came with.
async fn serve_requests(
    mut reader: OwnedReadHalf,
    mut writer: OwnedWriteHalf,
    shared: &Shared,
    core: CoreHandle,
) -> Result<(), LinkError> {
    let (replies, mut outbox) = mpsc::channel::<Vec<u8>>(REQUESTS_PER_PEER_MAX);
    let reading = async {
        let mut working = JoinSet::new();
        loop {
            while working.try_join_next().is_some() {}
            let payload =
                match read_frame(&mut reader, FORWARD_FRAME_BYTES_MAX, shared.silence_max()).await?
                {
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
                Err(_) => put_frame(&mut out, Kind::Ping, &[]),
                Ok(Some(reply)) => put_frame(&mut out, Kind::Reply, &reply),
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
