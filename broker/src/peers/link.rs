//! The sending side of one control or append link: dials for ever, sends what it is given, keeps
//! nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::BytesMut;
use protobuf::Message as _;
use raft::eraftpb::Message;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::info;

use super::auth::Tags;
use super::socket::{self, LinkError, Proved, read_frame};
use super::wire::{HANDSHAKE_BYTES_MAX, Kind, PEER_FRAME_BYTES_MAX, Purpose, WireError, put_frame};
use super::{PeerEvent, Shared};
use crate::config::PeerConfig;
use crate::messages::Class;
use crate::rules::Backlog;

/// Control messages that wait to be sent: about three seconds of heartbeats, by which time the link
/// is given up.
const CONTROL_QUEUED_MAX: usize = 64;

/// Append messages that wait to be sent, whatever their size.
const APPEND_QUEUED_MAX: usize = 1024;

/// Bytes of entries that wait to be sent.
const APPEND_QUEUED_BYTES_MAX: usize = 8 << 20;

/// Append messages that wait to be sent where nothing is meant to bound them.
const UNBOUNDED: usize = 1 << 20;

/// Messages are gathered into one write up to about this size.
const WRITE_BYTES: usize = 256 << 10;

/// The core's end of a link.
#[derive(Clone, Debug)]
pub(crate) struct LinkSender {
    queue: mpsc::Sender<Queued>,
    bytes: Arc<AtomicUsize>,
    bytes_max: usize,
}

#[derive(Debug)]
struct Queued {
    message: Box<Message>,
    bytes: usize,
}

/// The task's end of a link.
#[derive(Debug)]
pub(crate) struct LinkQueue {
    queue: mpsc::Receiver<Queued>,
    bytes: Arc<AtomicUsize>,
}

/// Both ends of a link.
pub(crate) fn link(class: Class, backlog: Backlog) -> (LinkSender, LinkQueue) {
    let (capacity, bytes_max) = match (class, backlog) {
        (Class::Control, _) => (CONTROL_QUEUED_MAX, APPEND_QUEUED_BYTES_MAX),
        (Class::Append, Backlog::Bounded) => (APPEND_QUEUED_MAX, APPEND_QUEUED_BYTES_MAX),
        (Class::Append, Backlog::Unbounded) => (UNBOUNDED, usize::MAX),
    };
    let (sender, receiver) = mpsc::channel(capacity);
    let bytes = Arc::new(AtomicUsize::new(0));
    (
        LinkSender {
            queue: sender,
            bytes: Arc::clone(&bytes),
            bytes_max,
        },
        LinkQueue {
            queue: receiver,
            bytes,
        },
    )
}

impl LinkSender {
    /// Puts a message in line, or gives it back if there is no room.
    ///
    /// A message larger than the whole bound is taken if nothing else waits, because it could never
    /// be sent otherwise.
    pub(crate) fn offer(&self, message: Box<Message>) -> Result<(), Box<Message>> {
        let bytes: usize = message
            .get_entries()
            .iter()
            .map(|entry| entry.data.len() + 64)
            .sum();
        let queued = self.bytes.load(Ordering::Relaxed);
        if queued > 0 && bytes > self.bytes_max.saturating_sub(queued) {
            return Err(message);
        }
        // Counted before it is there: the task subtracts what it takes, and must not do so first.
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.queue
            .try_send(Queued { message, bytes })
            .map_err(|refused| {
                self.bytes.fetch_sub(bytes, Ordering::Relaxed);
                refused.into_inner().message
            })
    }
}

impl LinkQueue {
    async fn next(&mut self) -> Option<Box<Message>> {
        let queued = self.queue.recv().await?;
        Some(self.took(queued))
    }

    fn next_now(&mut self) -> Option<Box<Message>> {
        let queued = self.queue.try_recv().ok()?;
        Some(self.took(queued))
    }

    fn took(&self, queued: Queued) -> Box<Message> {
        self.bytes.fetch_sub(queued.bytes, Ordering::Relaxed);
        queued.message
    }
}

/// Keeps one link up, for ever.
pub(crate) async fn run(shared: Shared, peer: PeerConfig, class: Class, mut queue: LinkQueue) {
    let purpose = match class {
        Class::Control => Purpose::Control,
        Class::Append => Purpose::Append,
    };
    if let Some(delay) = shared.hooks.dial_delay() {
        sleep(delay).await;
    }
    loop {
        match shared.dial(&peer, purpose).await {
            Err(error) => shared.not_dialled(&peer, &error),
            Ok((proved, hello)) => {
                // What waited for the connection before this one is stale.
                while queue.next_now().is_some() {}
                info!(peer = peer.id, ?class, "link up");
                if shared
                    .control
                    .send(PeerEvent::LinkUp {
                        peer: peer.id,
                        class,
                        hello,
                    })
                    .await
                    .is_err()
                {
                    return;
                }
                let reason = carry(proved, &mut queue, &shared).await;
                info!(peer = peer.id, ?class, %reason, "link down");
                if shared
                    .control
                    .send(PeerEvent::LinkDown {
                        peer: peer.id,
                        class,
                    })
                    .await
                    .is_err()
                {
                    return;
                }
            }
        }
        sleep(socket::redial_pause()).await;
    }
}

/// Sends until the connection fails or falls silent.
async fn carry(proved: Proved, queue: &mut LinkQueue, shared: &Shared) -> LinkError {
    let (reader, writer) = proved.stream.into_split();
    let result = tokio::select! {
        result = listen(reader, proved.reads, shared) => result,
        result = speak(writer, proved.writes, queue, shared) => result,
    };
    match result {
        Ok(()) => LinkError::Ending,
        Err(error) => error,
    }
}

/// Nothing but signs of life comes back on these links.
async fn listen(
    mut reader: OwnedReadHalf,
    mut tags: Tags,
    shared: &Shared,
) -> Result<(), LinkError> {
    loop {
        let frame = read_frame(
            &mut reader,
            &mut tags,
            HANDSHAKE_BYTES_MAX,
            shared.silence_max(),
        );
        match frame.await? {
            (Kind::Ping, _) => {}
            (kind, _) => return Err(WireError::Unexpected(kind).into()),
        }
    }
}

async fn speak(
    mut writer: OwnedWriteHalf,
    mut tags: Tags,
    queue: &mut LinkQueue,
    shared: &Shared,
) -> Result<(), LinkError> {
    let mut out = BytesMut::new();
    loop {
        out.clear();
        match timeout_at(Instant::now() + shared.ping_interval(), queue.next()).await {
            Err(_) => put_frame(&mut out, &mut tags, Kind::Ping, &[]),
            Ok(None) => return Ok(()),
            Ok(Some(message)) => {
                put_message(&mut out, &mut tags, &message);
                while out.len() < WRITE_BYTES
                    && let Some(message) = queue.next_now()
                {
                    put_message(&mut out, &mut tags, &message);
                }
            }
        }
        writer.write_all(&out).await?;
        if out.capacity() > 4 * WRITE_BYTES {
            // One large message must not occupy its size for ever.
            out = BytesMut::new();
        }
    }
}

fn put_message(out: &mut BytesMut, tags: &mut Tags, message: &Message) {
    let payload = message
        .write_to_bytes()
        .expect("protobuf 2 can only fail on missing required fields, of which Raft has none");
    if payload.len() > PEER_FRAME_BYTES_MAX {
        // The other side would hang up, and again after every redial. Only a snapshot could become
        // so large.
        tracing::error!(
            bytes = payload.len(),
            "message to a peer exceeds the frame limit and is dropped"
        );
        return;
    }
    put_frame(out, tags, Kind::Raft, &payload);
}
