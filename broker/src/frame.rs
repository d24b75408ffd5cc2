//! One Kafka request as it lies on the wire: a length, then that many bytes.
//!
//! Nothing is allocated before the length was checked against the API that it is for and the node's
//! budget for requests in flight has room. The room is given back when the frame is dropped, that
//! is, once it is answered.
//!
//! What clients can make a node hold: 160 MiB of requests (both pools here), 128 MiB of requests in decoded form
//! ([`crate::api::ELEMENTS_TOTALS`]), 160 MiB of answers on their way out ([`crate::api::ANSWER_TOTALS`] and those that
//! wait for room), and per connection some 20 KiB of buffers and its queue. With 256 connections, all of them hostile,
//! that is below 500 MiB; honest clients need a small part of it.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::ApiKey;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::clients::{Client, Clients};
use crate::pools::Pools;

/// Largest request of every API but Produce.
pub const OTHER_REQUEST_BYTES_MAX: usize = 1 << 20;

/// API key, version and correlation id: what every request begins with.
const PREFIX_BYTES: usize = 8;

/// Requests up to this size draw on a budget of their own, so that a few clients that announce
/// large Produce requests and then send nothing cannot keep everybody from asking for Metadata.
const SMALL_REQUEST_BYTES_MAX: usize = 64 << 10;

/// Bytes of small requests in flight, all connections together.
const SMALL_BUDGET_BYTES: usize = 32 << 20;

/// Bytes of large requests in flight, all connections together.
const LARGE_BUDGET_BYTES: usize = 128 << 20;

/// A request of which a byte has arrived must be whole, and find room in the budget, within this time.
const WHOLE_FRAME_WAIT: Duration = Duration::from_secs(20);

/// A connection that asks nothing for this long is closed (Kafka's `connections.max.idle.ms`).
const IDLE_WAIT: Duration = Duration::from_secs(600);

/// Room for requests in flight.
pub(crate) fn budget(clients: &Arc<Clients>) -> Pools {
    let totals = (SMALL_BUDGET_BYTES, LARGE_BUDGET_BYTES);
    Pools::new(SMALL_REQUEST_BYTES_MAX, totals, Arc::clone(clients))
}

/// A whole request.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The API asked.
    pub(crate) key: i16,
    /// In which version.
    pub(crate) version: i16,
    /// What the answer has to repeat.
    pub(crate) correlation_id: i32,
    /// The request from its API key on.
    pub(crate) bytes: Bytes,
    /// Where it comes from.
    pub(crate) host: IpAddr,
    /// Room in the budget, given back with the frame.
    pub(crate) permit: OwnedSemaphorePermit,
}

/// Why a connection yields no further request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("the connection failed: {0}")]
    Connection(#[from] io::Error),
    #[error("a request of {length} bytes for API key {key}: allowed are {PREFIX_BYTES} to {limit}")]
    Length { length: i32, key: i16, limit: usize },
    #[error("no whole request within {WHOLE_FRAME_WAIT:?}")]
    Slow,
    #[error("nothing asked for {IDLE_WAIT:?}")]
    Idle,
}

/// Reads one request; None at the end of the connection.
pub(crate) async fn read(
    reader: &mut (impl AsyncRead + Unpin),
    budget: &Pools,
    produce_bytes_max: usize,
    client: &Client,
) -> Result<Option<Frame>, FrameError> {
    let mut length = [0; 4];
    match timeout(IDLE_WAIT, reader.read_exact(&mut length)).await {
        Err(_) => return Err(FrameError::Idle),
        Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Ok(Err(error)) => return Err(error.into()),
        Ok(Ok(_)) => {}
    }
    let length = i32::from_be_bytes(length);
    let whole = read_body(reader, budget, length, produce_bytes_max, client);
    timeout(WHOLE_FRAME_WAIT, whole)
        .await
        .map_err(|_| FrameError::Slow)?
        .map(Some)
}

async fn read_body(
    reader: &mut (impl AsyncRead + Unpin),
    budget: &Pools,
    claimed: i32,
    produce_bytes_max: usize,
    client: &Client,
) -> Result<Frame, FrameError> {
    let too_long = |key, limit| FrameError::Length {
        length: claimed,
        key,
        limit,
    };
    let length = match usize::try_from(claimed) {
        Ok(length) if (PREFIX_BYTES..=produce_bytes_max).contains(&length) => length,
        _ => return Err(too_long(-1, produce_bytes_max)),
    };
    let mut prefix = [0; PREFIX_BYTES];
    client.reads();
    reader.read_exact(&mut prefix).await?;
    let key = i16::from_be_bytes([prefix[0], prefix[1]]);
    if key != ApiKey::Produce as i16 && length > OTHER_REQUEST_BYTES_MAX {
        return Err(too_long(key, OTHER_REQUEST_BYTES_MAX));
    }
    let permit = budget.take(length).await;
    // Not slow because it waited for room.
    client.reads();
    let mut bytes = vec![0; length];
    bytes[..PREFIX_BYTES].copy_from_slice(&prefix);
    reader.read_exact(&mut bytes[PREFIX_BYTES..]).await?;
    client.has_asked();
    Ok(Frame {
        key,
        version: i16::from_be_bytes([prefix[2], prefix[3]]),
        correlation_id: i32::from_be_bytes([prefix[4], prefix[5], prefix[6], prefix[7]]),
        bytes: bytes.into(),
        host: client.host(),
        permit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 16 << 20;

    async fn read_all(mut wire: &[u8]) -> Result<Option<Frame>, FrameError> {
        let clients = Clients::new();
        let client = clients.add(([127, 0, 0, 1], 9).into());
        read(&mut wire, &budget(&clients), LIMIT, &client).await
    }

    #[tokio::test]
    async fn a_whole_request_is_read_and_an_end_is_an_end() {
        let frame = read_all(&[0, 0, 0, 9, 0, 18, 0, 3, 0, 0, 0, 7, 42])
            .await
            .unwrap()
            .unwrap();
        assert_eq!((frame.key, frame.version, frame.correlation_id), (18, 3, 7));
        assert_eq!(frame.bytes.last(), Some(&42));
        assert!(read_all(&[]).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn lengths_are_refused_before_anything_is_allocated() {
        for length in [-1, i32::MIN, 0, 7, i32::MAX, LIMIT as i32 + 1] {
            let error = read_all(&length.to_be_bytes()).await.unwrap_err();
            assert!(
                matches!(error, FrameError::Length { .. }),
                "{length}: {error}"
            );
        }
        let mut metadata = (2_i32 << 20).to_be_bytes().to_vec();
        metadata.extend([0, 3, 0, 12, 0, 0, 0, 1]);
        assert!(matches!(
            read_all(&metadata).await.unwrap_err(),
            FrameError::Length { key: 3, .. }
        ));
        let cut = read_all(&[0, 0, 0, 9, 0, 18, 0, 3]).await.unwrap_err();
        assert!(matches!(cut, FrameError::Connection(_)), "{cut}");
    }
}
