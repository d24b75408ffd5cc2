//! One connection between nodes: dialled within a bound, shaken hands on, and given up when it
//! falls silent.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use nix::sys::socket::{setsockopt, sockopt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::debug;

use super::wire::{self, HANDSHAKE_BYTES_MAX, Handshake, Kind, PREFIX_BYTES, WireError};
use crate::config::Address;

/// A peer that does not take the connection within this time is dialled again: a connection attempt
/// that fell into a cut would otherwise be repeated by TCP only after 1, 3, 7, ... seconds.
const CONNECT_WAIT: Duration = Duration::from_millis(250);

/// The handshake is two small frames. A stopped process takes connections, by its kernel, and says
/// nothing.
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
    #[error("no handshake within {HANDSHAKE_WAIT:?}")]
    HandshakeTimeout,
    #[error("nothing received for {0:?}")]
    Silent(Duration),
    #[error("the node is ending")]
    Ending,
}

/// Dials, sends `ours`, and returns the connection with what the other side said.
pub(crate) async fn dial(
    address: &Address,
    ours: &Handshake,
    silence_max: Duration,
) -> Result<(TcpStream, Handshake), LinkError> {
    let connecting = TcpStream::connect((address.host.as_str(), address.port));
    let mut stream = timeout(CONNECT_WAIT, connecting)
        .await
        .map_err(|_| LinkError::ConnectTimeout)??;
    prepare(&stream, silence_max);
    let shaking = async {
        send_handshake(&mut stream, ours).await?;
        receive_handshake(&mut stream).await
    };
    let theirs = timeout(HANDSHAKE_WAIT, shaking)
        .await
        .map_err(|_| LinkError::HandshakeTimeout)??;
    check(ours, &theirs)?;
    Ok((stream, theirs))
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

/// Sends a handshake.
pub(crate) async fn send_handshake(
    stream: &mut TcpStream,
    ours: &Handshake,
) -> Result<(), LinkError> {
    let mut out = BytesMut::new();
    wire::put_frame(&mut out, Kind::Hello, &ours.encode());
    Ok(stream.write_all(&out).await?)
}

/// Receives a handshake; who it is from is not judged here.
pub(crate) async fn receive_handshake(stream: &mut TcpStream) -> Result<Handshake, LinkError> {
    let mut head = [0; PREFIX_BYTES];
    stream.read_exact(&mut head).await?;
    let (length, kind) = wire::prefix(head, HANDSHAKE_BYTES_MAX)?;
    if kind != Kind::Hello {
        return Err(WireError::Unexpected(kind).into());
    }
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await?;
    Ok(Handshake::decode(&payload)?)
}

/// Whether `theirs` is the answer to `ours`: same cluster, same purpose, nodes the other way round.
pub(crate) fn check(ours: &Handshake, theirs: &Handshake) -> Result<(), WireError> {
    if theirs.cluster != ours.cluster {
        return Err(WireError::Cluster(theirs.cluster.clone()));
    }
    if theirs.purpose != ours.purpose || (theirs.from, theirs.to) != (ours.to, ours.from) {
        return Err(WireError::Nodes {
            from: theirs.from,
            to: theirs.to,
        });
    }
    Ok(())
}

/// Reads one frame. Ends with [`LinkError::Silent`] when no byte came for `silence_max`.
///
/// Not safe to cancel: give it a future of its own.
pub(crate) async fn read_frame(
    reader: &mut (impl AsyncRead + Unpin),
    limit: usize,
    silence_max: Duration,
) -> Result<(Kind, Bytes), LinkError> {
    let mut head = [0; PREFIX_BYTES];
    timeout(silence_max, reader.read_exact(&mut head))
        .await
        .map_err(|_| LinkError::Silent(silence_max))??;
    let (length, kind) = wire::prefix(head, limit)?;
    let mut payload = BytesMut::with_capacity(length.min(FIRST_ALLOCATION_BYTES));
    while payload.len() < length {
        let left = (length - payload.len()) as u64;
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
    Ok((kind, payload.freeze()))
}

/// The pause before dialling again.
pub(crate) fn redial_pause() -> Duration {
    Duration::from_millis(rand::random_range(REDIAL_MS))
}
