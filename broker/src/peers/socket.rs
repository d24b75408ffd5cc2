//! One connection between nodes: dialled within a bound, both ends proved, and given up when it falls silent.
//!
//! The handshake takes two round trips. A bound of its own for each answer keeps what a link tolerates of a slow
//! network as it was with one round trip.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use nix::sys::socket::{setsockopt, sockopt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::debug;

use super::auth::{End, LinkKey, TAG_BYTES, Tags, Transcript};
use super::wire::{
    self, Challenge, HANDSHAKE_BYTES_MAX, Introduction, Kind, PREFIX_BYTES, Purpose, WireError,
};
use crate::config::Address;
use crate::messages::Hello;
use crate::request::NodeId;

/// A peer that does not take the connection within this time is dialled again: a connection attempt
/// that fell into a cut would otherwise be repeated by TCP only after 1, 3, 7, ... seconds.
const CONNECT_WAIT: Duration = Duration::from_millis(250);

/// How long either side waits for the next small frame of the handshake. A stopped process takes connections, by its
/// kernel, and says nothing.
pub(crate) const HANDSHAKE_WAIT: Duration = Duration::from_millis(500);

/// Memory allocated for a frame before its bytes arrive.
const FIRST_ALLOCATION_BYTES: usize = 1 << 20;

/// Pause between two attempts to dial, in milliseconds: short enough to be there at once after a
/// heal, drawn at random so that links do not all dial at the same moment.
const REDIAL_MS: std::ops::Range<u64> = 20..200;

/// Why a link ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("{0}")]
    Connection(#[from] io::Error),
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("not connected within {CONNECT_WAIT:?}")]
    ConnectTimeout,
    #[error("no answer in the handshake within {HANDSHAKE_WAIT:?}")]
    HandshakeTimeout,
    #[error("nothing received for {0:?}")]
    Silent(Duration),
    #[error("the node is ending")]
    Ending,
}

/// A connection whose other end is known, and how its frames are tagged.
#[derive(Debug)]
pub(crate) struct Proved {
    /// The connection.
    pub(crate) stream: TcpStream,
    /// For the frames that this node writes.
    pub(crate) writes: Tags,
    /// For the frames that the other side writes.
    pub(crate) reads: Tags,
}

/// Dials `to` for `purpose`, and returns the connection with what the other side says of itself.
pub(crate) async fn dial(
    address: &Address,
    key: &LinkKey,
    purpose: Purpose,
    (from, to): (NodeId, NodeId),
    silence_max: Duration,
) -> Result<(Proved, Hello), LinkError> {
    let connecting = TcpStream::connect((address.host.as_str(), address.port));
    let mut stream = timeout(CONNECT_WAIT, connecting)
        .await
        .map_err(|_| LinkError::ConnectTimeout)??;
    prepare(&stream, silence_max);
    let said = Introduction {
        purpose,
        from,
        to,
        nonce: rand::random(),
    };
    send_open(&mut stream, Kind::Hello, &said.encode()).await?;
    let challenge = Challenge::decode(&receive_open(&mut stream, Kind::Challenge).await?)?;
    let transcript = Transcript::new(&said, &challenge.nonce);
    if !key.proves(End::Acceptor, &transcript, challenge.proof) {
        return Err(WireError::Proof.into());
    }
    let proof = key.proof(End::Dialler, &transcript);
    send_open(&mut stream, Kind::Proof, &proof).await?;
    let writes = key.frames(End::Dialler, &transcript);
    let mut reads = key.frames(End::Acceptor, &transcript);
    let (kind, payload) =
        read_frame(&mut stream, &mut reads, HANDSHAKE_BYTES_MAX, HANDSHAKE_WAIT).await?;
    if kind != Kind::Welcome {
        return Err(WireError::Unexpected(kind).into());
    }
    let hello = wire::decode_welcome(&payload)?;
    let proved = Proved {
        stream,
        writes,
        reads,
    };
    Ok((proved, hello))
}

/// Hears who dialled, lets it prove that, and only then says who we are.
///
/// `known` decides on the ids that a dialler gives before anything is answered.
pub(crate) async fn accept(
    stream: &mut TcpStream,
    key: &LinkKey,
    known: impl Fn(&Introduction) -> bool,
) -> Result<(Introduction, Tags, Tags), LinkError> {
    let said = Introduction::decode(&receive_open(stream, Kind::Hello).await?)?;
    if !known(&said) {
        let (from, to) = (said.from, said.to);
        return Err(WireError::Nodes { from, to }.into());
    }
    let nonce = rand::random();
    let transcript = Transcript::new(&said, &nonce);
    let proof = key.proof(End::Acceptor, &transcript);
    let challenge = Challenge { nonce, proof };
    send_open(stream, Kind::Challenge, &challenge.encode()).await?;
    let proof = wire::decode_proof(&receive_open(stream, Kind::Proof).await?)?;
    if !key.proves(End::Dialler, &transcript, proof) {
        return Err(WireError::Proof.into());
    }
    let writes = key.frames(End::Acceptor, &transcript);
    let reads = key.frames(End::Dialler, &transcript);
    Ok((said, writes, reads))
}

/// Sets what every connection between nodes has.
pub(crate) fn prepare(stream: &TcpStream, silence_max: Duration) {
    let user_timeout = u32::try_from(silence_max.as_millis()).unwrap_or(u32::MAX);
    // The liveness check of `read_frame` does the same for the receiving direction. Without the
    // option a sender whose packets vanish would learn it from TCP after many minutes.
    let set = setsockopt(stream, sockopt::TcpUserTimeout, &user_timeout).map_err(io::Error::from);
    if let Err(error) = stream.set_nodelay(true).and(set) {
        debug!(%error, "socket option not set");
    }
}

async fn send_open(stream: &mut TcpStream, kind: Kind, payload: &[u8]) -> Result<(), LinkError> {
    let mut out = BytesMut::new();
    wire::put_open(&mut out, kind, payload);
    Ok(stream.write_all(&out).await?)
}

/// Receives a frame of the handshake, whole within its bound.
async fn receive_open(stream: &mut TcpStream, expected: Kind) -> Result<Vec<u8>, LinkError> {
    let receiving = async {
        let mut head = [0; PREFIX_BYTES];
        stream.read_exact(&mut head).await?;
        let (length, kind) = wire::prefix(head, HANDSHAKE_BYTES_MAX)?;
        if kind != expected {
            return Err(WireError::Unexpected(kind).into());
        }
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).await?;
        Ok(payload)
    };
    timeout(HANDSHAKE_WAIT, receiving)
        .await
        .map_err(|_| LinkError::HandshakeTimeout)?
}

/// Reads one frame and checks its tag. Ends with [`LinkError::Silent`] when no byte came for `silence_max`.
///
/// Not safe to cancel: give it a future of its own.
pub(crate) async fn read_frame(
    reader: &mut (impl AsyncRead + Unpin),
    tags: &mut Tags,
    limit: usize,
    silence_max: Duration,
) -> Result<(Kind, Bytes), LinkError> {
    let mut head = [0; PREFIX_BYTES];
    timeout(silence_max, reader.read_exact(&mut head))
        .await
        .map_err(|_| LinkError::Silent(silence_max))??;
    let (length, kind) = wire::prefix(head, limit)?;
    // With its tag, which costs no further call of the system.
    let whole = length + TAG_BYTES;
    let mut payload = BytesMut::with_capacity(whole.min(FIRST_ALLOCATION_BYTES));
    while payload.len() < whole {
        let left = (whole - payload.len()) as u64;
        let mut rest = (&mut *reader).take(left);
        let reading = rest.read_buf(&mut payload);
        if timeout(silence_max, reading)
            .await
            .map_err(|_| LinkError::Silent(silence_max))??
            == 0
        {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
    }
    let mut tag = [0; TAG_BYTES];
    tag.copy_from_slice(&payload.split_off(length));
    tags.check(kind, &payload, tag)?;
    Ok((kind, payload.freeze()))
}

/// The pause before dialling again.
pub(crate) fn redial_pause() -> Duration {
    Duration::from_millis(rand::random_range(REDIAL_MS))
}
