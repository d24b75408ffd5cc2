//! The sending side of forward links: one question, one answer, at most one hop, and never a second
//! attempt.
//!
//! What was not sent is distinguished from what was: [`NotSent`] may be tried again
//! elsewhere; a connection that broke with a question on it leaves the outcome unknown.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use bytes::BytesMut;
use kafka_protocol::ResponseError;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tracing::debug;

use super::auth::Tags;
use super::inbound::REQUESTS_PER_PEER_MAX;
use super::socket::{self, LinkError, Proved, read_frame};
use super::wire::{FORWARD_FRAME_BYTES_MAX, Kind, Purpose, WireError, put_frame};
use super::{Shared, questions};
use crate::ask::Clock;
use crate::config::PeerConfig;
use crate::messages::{ForwardOutcome, Forwarded};
use crate::request::{AdminError, NodeId, Time};
use crate::rules::UnansweredForward;

/// Questions that wait for the link's task.
const CALLS_QUEUED_MAX: usize = REQUESTS_PER_PEER_MAX;

/// The question did not leave this node, so it was not applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotSent;

type Replied = Result<ForwardOutcome, NotSent>;

#[derive(Debug)]
pub(crate) struct Call {
    what: Forwarded,
    deadline: Time,
    reply: oneshot::Sender<Replied>,
}

/// The forward links to all peers.
#[derive(Clone, Debug)]
pub(crate) struct ForwardLinks {
    links: Arc<BTreeMap<NodeId, mpsc::Sender<Call>>>,
    clock: Clock,
    unanswered: UnansweredForward,
}

impl ForwardLinks {
    /// Links to `peers`, and what each one's task reads.
    pub(crate) fn new(
        peers: impl Iterator<Item = NodeId>,
        clock: Clock,
        unanswered: UnansweredForward,
    ) -> (ForwardLinks, Vec<(NodeId, mpsc::Receiver<Call>)>) {
        let mut links = BTreeMap::new();
        let mut queues = Vec::new();
        for peer in peers {
            let (sender, receiver) = mpsc::channel(CALLS_QUEUED_MAX);
            links.insert(peer, sender);
            queues.push((peer, receiver));
        }
        (
            ForwardLinks {
                links: Arc::new(links),
                clock,
                unanswered,
            },
            queues,
        )
    }

    /// Asks `peer` and waits until `deadline`.
    pub(crate) async fn call(&self, peer: NodeId, what: Forwarded, deadline: Time) -> Replied {
        let (reply, answer) = oneshot::channel();
        let link = self.links.get(&peer).ok_or(NotSent)?;
        link.try_send(Call {
            what,
            deadline,
            reply,
        })
        .map_err(|_| NotSent)?;
        let left = deadline.saturating_sub(self.clock.now());
        match timeout(left, answer).await {
            Ok(Ok(replied)) => replied,
            Ok(Err(_)) if self.unanswered == UnansweredForward::SentAgain => Err(NotSent),
            // The time is up, or the connection broke: the leader may or may not have it.
            Ok(Err(_)) | Err(_) => Ok(Err(AdminError::Refused(ResponseError::RequestTimedOut))),
        }
    }
}

/// Keeps one forward link up, for ever. While it is down every question is turned back at once.
pub(crate) async fn run(
    shared: Shared,
    peer: PeerConfig,
    mut calls: mpsc::Receiver<Call>,
    clock: Clock,
) {
    loop {
        let dialling = shared.dial(&peer, Purpose::Forward);
        match turning_back(&mut calls, dialling).await {
            Err(error) => shared.not_dialled(&peer, &error),
            Ok((proved, _)) => {
                let reason = carry(proved, &mut calls, &shared, clock).await;
                debug!(peer = peer.id, %reason, "forward link down");
            }
        }
        turning_back(&mut calls, sleep(socket::redial_pause())).await;
    }
}

/// Waits for `future`, and meanwhile answers every question with [`NotSent`].
async fn turning_back<T>(calls: &mut mpsc::Receiver<Call>, future: impl Future<Output = T>) -> T {
    tokio::pin!(future);
    loop {
        tokio::select! {
            biased;
            done = &mut future => return done,
            Some(call) = calls.recv() => {
                let _ = call.reply.send(Err(NotSent));
            }
        }
    }
}

/// Carries questions and answers until the connection fails. Dropping what is open answers its
/// askers: unknown.
async fn carry(
    proved: Proved,
    calls: &mut mpsc::Receiver<Call>,
    shared: &Shared,
    clock: Clock,
) -> LinkError {
    let (reader, mut writer) = proved.stream.into_split();
    let mut tags = proved.writes;
    let (replies, mut inbox) = mpsc::channel(REQUESTS_PER_PEER_MAX);
    let reading = read_replies(reader, proved.reads, replies, shared);
    tokio::pin!(reading);
    let mut open: BTreeMap<u64, oneshot::Sender<Replied>> = BTreeMap::new();
    let mut next_id = 0_u64;
    let mut out = BytesMut::new();
    loop {
        out.clear();
        tokio::select! {
            result = &mut reading => return result.err().unwrap_or(LinkError::Ending),
            Some((id, outcome)) = inbox.recv() => {
                if let Some(reply) = open.remove(&id) {
                    let _ = reply.send(Ok(outcome));
                }
                continue;
            }
            () = sleep(shared.ping_interval()) => put_frame(&mut out, &mut tags, Kind::Ping, &[]),
            call = calls.recv() => {
                let Some(call) = call else { return LinkError::Ending };
                open.retain(|_, reply| !reply.is_closed());
                if open.len() >= REQUESTS_PER_PEER_MAX {
                    let _ = call.reply.send(Err(NotSent));
                    continue;
                }
                let left = call.deadline.saturating_sub(clock.now()).as_millis();
                let wait_ms = u32::try_from(left).unwrap_or(u32::MAX);
                let payload = questions::encode_request(next_id, wait_ms, &call.what);
                if payload.len() > FORWARD_FRAME_BYTES_MAX {
                    let error = ResponseError::InvalidRequest;
                    let _ = call.reply.send(Ok(Err(AdminError::Refused(error))));
                    continue;
                }
                put_frame(&mut out, &mut tags, Kind::Request, &payload);
                open.insert(next_id, call.reply);
                next_id += 1;
            }
        }
        match timeout(shared.silence_max(), writer.write_all(&out)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return error.into(),
            Err(_) => return LinkError::Silent(shared.silence_max()),
        }
    }
}

async fn read_replies(
    mut reader: OwnedReadHalf,
    mut tags: Tags,
    replies: mpsc::Sender<(u64, ForwardOutcome)>,
    shared: &Shared,
) -> Result<(), LinkError> {
    loop {
        let frame = read_frame(
            &mut reader,
            &mut tags,
            FORWARD_FRAME_BYTES_MAX,
            shared.silence_max(),
        );
        match frame.await? {
            (Kind::Ping, _) => {}
            (Kind::Reply, payload) => {
                replies
                    .send(questions::decode_reply(&payload)?)
                    .await
                    .map_err(|_| LinkError::Ending)?;
            }
            (kind, _) => return Err(WireError::Unexpected(kind).into()),
        }
    }
}
