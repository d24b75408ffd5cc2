//! The envelope of requests and responses: headers off and on, bodies decoded and encoded.
//!
//! A body is only decoded after its shape was walked over (see [`crate::shape`]), so that no count
//! in it is a lie.

use std::net::IpAddr;

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{ApiKey, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable};
use tokio::sync::OwnedSemaphorePermit;

use super::{Context, OFFERED};
use crate::ask::Ending;
use crate::frame::Frame;
use crate::shape::{Malformed, Shape, Walked};

/// An answer on its way out, with the memory it is accounted for.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The whole response, length included.
    pub(crate) bytes: Bytes,
    /// Room in a budget, given back once the bytes are written.
    #[expect(dead_code, reason = "held for its drop")]
    pub(crate) room: OwnedSemaphorePermit,
}

/// Why a connection is closed instead of answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Hangup {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("{key:?} version {version} cannot be decoded: {problem}")]
    Decode {
        key: ApiKey,
        version: i16,
        problem: String,
    },
    #[error("{key:?} version {version} cannot be encoded: {problem}")]
    Encode {
        key: ApiKey,
        version: i16,
        problem: String,
    },
    #[error("API key {key} version {version} is not offered")]
    NotOffered { key: i16, version: i16 },
    #[error(
        "a Produce request with acks=0 failed, and closing the connection is the only way to report it"
    )]
    Unacknowledged,
    #[error("answers that nobody takes occupy all the room there is")]
    NoRoom,
    #[error(transparent)]
    Ending(#[from] Ending),
}

/// One request, its header taken off.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) key: ApiKey,
    pub(crate) version: i16,
    pub(crate) correlation_id: i32,
    pub(crate) body: Bytes,
    /// Where the request comes from.
    pub(crate) host: IpAddr,
    /// The request's header.
    header: Bytes,
    /// Room in the budget for `body`.
    #[expect(
        dead_code,
        reason = "held for its drop: the room is given back with the call"
    )]
    permit: OwnedSemaphorePermit,
}

impl Call {
    /// What the client calls itself; empty if nothing, or nothing that is text.
    pub(crate) fn client_id(&self) -> String {
        let after = self
            .header
            .get(8..)
            .and_then(|rest| rest.split_first_chunk::<2>());
        let text = after.and_then(|(length, rest)| {
            rest.get(..usize::try_from(i16::from_be_bytes(*length)).ok()?)
        });
        String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
    }
}

/// Takes the header off and checks that the request is one of those offered.
pub(super) fn open(frame: Frame) -> Result<Call, Hangup> {
    let Frame {
        key: number,
        version,
        correlation_id,
        bytes,
        host,
        permit,
    } = frame;
    let not_offered = Hangup::NotOffered {
        key: number,
        version,
    };
    let Some((key, first, last)) = OFFERED
        .iter()
        .find(|(key, ..)| *key as i16 == number)
        .copied()
    else {
        return Err(not_offered);
    };
    if key == ApiKey::ApiVersions && !(first..=last).contains(&version) {
        // Answered in version 0 whatever it holds; an empty body is what version 0 asks.
        return Ok(Call {
            key,
            version,
            correlation_id,
            body: Bytes::new(),
            host,
            header: Bytes::new(),
            permit,
        });
    }
    if !(first..=last).contains(&version) {
        return Err(not_offered);
    }
    let length = header_length(&bytes, is_flexible(key, version))?;
    let (header, body) = (bytes.slice(..length), bytes.slice(length..));
    Ok(Call {
        key,
        version,
        correlation_id,
        body,
        host,
        header,
        permit,
    })
}

/// Length of a request header: API key, version, correlation id, client id, and tagged fields in
/// its second version.
fn header_length(bytes: &[u8], flexible: bool) -> Result<usize, Malformed> {
    // The client id is in the old encoding even where tagged fields follow (KIP-482).
    let mut header = Shape::new(bytes, false);
    header.skip(8)?;
    header.string()?;
    let mut tags = header.with_encoding(flexible);
    tags.tags()?;
    Ok(bytes.len() - tags.left())
}

/// Whether a version uses compact lengths and tagged fields. Versions below the decoder's own count
/// as the oldest.
fn is_flexible(key: ApiKey, version: i16) -> bool {
    key.request_header_version(version) >= 2
}

/// Decodes a request whose counts were found to be true, once there is room for what they become.
pub(super) async fn decode<Q: Decodable>(
    context: &Context,
    call: &Call,
    shape: fn(&mut Shape<'_>, i16) -> Walked,
) -> Result<(Q, OwnedSemaphorePermit), Hangup> {
    let elements = walk(call, shape)?;
    let room = context.elements.take(elements).await;
    Ok((decode_walked(call)?, room))
}

/// The same without a node around it.
#[cfg(feature = "fuzzing")]
pub(super) fn decode_alone<Q: Decodable>(
    call: &Call,
    shape: fn(&mut Shape<'_>, i16) -> Walked,
) -> Result<Q, Hangup> {
    walk(call, shape)?;
    decode_walked(call)
}

/// How many elements a request has, if its counts are true.
fn walk(call: &Call, shape: fn(&mut Shape<'_>, i16) -> Walked) -> Result<usize, Malformed> {
    let mut walked = Shape::new(&call.body, is_flexible(call.key, call.version));
    shape(&mut walked, call.version)?;
    Ok(walked.elements())
}

fn decode_walked<Q: Decodable>(call: &Call) -> Result<Q, Hangup> {
    let mut body = call.body.clone();
    Q::decode(&mut body, call.version).map_err(|problem| Hangup::Decode {
        key: call.key,
        version: call.version,
        problem: problem.to_string(),
    })
}

/// Frames a response: length, header, body.
pub(super) fn encode<R: Encodable>(
    call: &Call,
    version: i16,
    response: &R,
) -> Result<Bytes, Hangup> {
    let fail = |problem: String| Hangup::Encode {
        key: call.key,
        version,
        problem,
    };
    let size = response
        .compute_size(version)
        .map_err(|problem| fail(problem.to_string()))?;
    let mut bytes = BytesMut::with_capacity(size + 16);
    bytes.put_i32(0);
    let header = ResponseHeader::default().with_correlation_id(call.correlation_id);
    header
        .encode(&mut bytes, call.key.response_header_version(version))
        .and_then(|()| response.encode(&mut bytes, version))
        .map_err(|problem| fail(problem.to_string()))?;
    put_length(&mut bytes).map_err(fail)?;
    Ok(bytes.freeze())
}

/// Writes the length of what follows over the first four bytes.
pub(super) fn put_length(bytes: &mut BytesMut) -> Result<(), String> {
    let length = i32::try_from(bytes.len() - 4).map_err(|_| "longer than 2 GiB".to_owned())?;
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}
