//! Frames between nodes, as bytes: `length u32 | kind u8 | payload`, all numbers big-endian, and after the proofs a tag
//! behind each payload (see `auth`), which the length does not count.
//!
//! The first three frames have no tag: the dialler's introduction, the acceptor's challenge with its proof, the
//! dialler's proof. Until then nothing is said but protocol version, purpose, node ids and nonces, nothing is
//! allocated beyond [`HANDSHAKE_BYTES_MAX`], and no protobuf is parsed. The acceptor's welcome, which says what it
//! knows of term and log, is the first frame with a tag.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use protobuf::Message as _;
use raft::eraftpb::Message;

use super::auth::{TAG_BYTES, Tags};
pub(crate) use super::frames::{Introduction, Kind, Purpose, WireError};
use super::frames::{NONCE_BYTES, Nonce, PROTOCOL_VERSION};
use super::schema;
use crate::messages::Hello;

/// Largest frame between nodes, after the handshake. One entry is at most one Produce request of 64
/// MiB.
pub(crate) const PEER_FRAME_BYTES_MAX: usize = 80 << 20;

/// Largest frame on a control connection: votes and heartbeats have some 60 bytes.
pub(crate) const CONTROL_FRAME_BYTES_MAX: usize = 4 << 10;

/// Largest frame of the handshake.
pub(crate) const HANDSHAKE_BYTES_MAX: usize = 128;

/// Largest frame on a forward connection.
pub(crate) const FORWARD_FRAME_BYTES_MAX: usize = 256 << 10;

/// Length and kind.
pub(crate) const PREFIX_BYTES: usize = 5;

const MAGIC: [u8; 4] = *b"JPR2";

/// What an acceptor says to an introduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) nonce: Nonce,
    pub(crate) proof: [u8; TAG_BYTES],
}

/// Reads length and kind, the length being that of what follows the kind.
pub(crate) fn prefix(bytes: [u8; PREFIX_BYTES], limit: usize) -> Result<(usize, Kind), WireError> {
    let length = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
    if length > limit {
        return Err(WireError::Length { length, limit });
    }
    Ok((
        length,
        Kind::from_repr(bytes[4]).ok_or(WireError::Kind(bytes[4]))?,
    ))
}

/// Appends a frame without a tag to `out`.
pub(crate) fn put_open(out: &mut BytesMut, kind: Kind, payload: &[u8]) {
    let length = u32::try_from(payload.len())
        .expect("frames are bounded far below 4 GiB where they are made");
    out.put_u32(length);
    out.put_u8(kind as u8);
    out.put_slice(payload);
}

/// Appends a frame with its tag to `out`.
pub(crate) fn put_frame(out: &mut BytesMut, tags: &mut Tags, kind: Kind, payload: &[u8]) {
    put_open(out, kind, payload);
    out.put_slice(tags.next(kind, payload).as_bytes());
}

impl Introduction {
    /// As a payload. Of fixed length: it is a part of what is proved.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(23 + NONCE_BYTES);
        out.put_slice(&MAGIC);
        out.put_u16(PROTOCOL_VERSION);
        out.put_u8(self.purpose as u8);
        out.put_u64(self.from);
        out.put_u64(self.to);
        out.put_slice(&self.nonce);
        out
    }

    /// From a payload.
    pub(crate) fn decode(mut payload: &[u8]) -> Result<Introduction, WireError> {
        let input = &mut payload;
        let magic = take(input)?;
        if magic != MAGIC {
            return Err(WireError::Magic(magic));
        }
        let version = input.try_get_u16().map_err(short)?;
        if version != PROTOCOL_VERSION {
            return Err(WireError::Version(version));
        }
        let purpose = input.try_get_u8().map_err(short)?;
        let purpose = Purpose::from_repr(purpose).ok_or(WireError::Content)?;
        let from = input.try_get_u64().map_err(short)?;
        let to = input.try_get_u64().map_err(short)?;
        let nonce = take(input)?;
        whole(input)?;
        Ok(Introduction {
            purpose,
            from,
            to,
            nonce,
        })
    }
}

impl Challenge {
    /// As a payload.
    pub(crate) fn encode(&self) -> Vec<u8> {
        [self.nonce, self.proof].concat()
    }

    /// From a payload.
    pub(crate) fn decode(mut payload: &[u8]) -> Result<Challenge, WireError> {
        let input = &mut payload;
        let (nonce, proof) = (take(input)?, take(input)?);
        whole(input)?;
        Ok(Challenge { nonce, proof })
    }
}

/// A proof, from a payload.
pub(crate) fn decode_proof(mut payload: &[u8]) -> Result<[u8; TAG_BYTES], WireError> {
    let input = &mut payload;
    let proof = take(input)?;
    whole(input)?;
    Ok(proof)
}

/// What a node says of itself, as a payload.
pub(crate) fn encode_welcome(hello: &Hello) -> Vec<u8> {
    let mut out = Vec::new();
    out.put_u64(hello.term);
    out.put_u64(hello.last_term);
    out.put_u64(hello.last_index);
    out.put_u64(hello.leader.unwrap_or(0));
    out
}

/// The same, from a payload.
pub(crate) fn decode_welcome(mut payload: &[u8]) -> Result<Hello, WireError> {
    let input = &mut payload;
    let mut number = || input.try_get_u64().map_err(short);
    let (term, last_term, last_index, leader) = (number()?, number()?, number()?, number()?);
    whole(input)?;
    Ok(Hello {
        term,
        last_term,
        last_index,
        leader: (leader != 0).then_some(leader),
    })
}

fn take<const N: usize>(input: &mut &[u8]) -> Result<[u8; N], WireError> {
    let (head, rest) = input.split_first_chunk().ok_or(WireError::Content)?;
    *input = rest;
    Ok(*head)
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    // Names and settings come from Kafka strings, which are shorter than 32 KiB.
    let length = text.len().min(usize::from(u16::MAX));
    out.put_u16(length as u16);
    out.put_slice(&text.as_bytes()[..length]);
}

pub(super) fn take_text(input: &mut &[u8]) -> Result<String, WireError> {
    let length = usize::from(input.try_get_u16().map_err(short)?);
    let text = input.get(..length).ok_or(WireError::Content)?;
    let text = std::str::from_utf8(text)
        .map_err(|_| WireError::Content)?
        .to_owned();
    input.advance(length);
    Ok(text)
}

pub(super) fn short(_: bytes::TryGetError) -> WireError {
    WireError::Content
}

pub(super) fn whole(input: &[u8]) -> Result<(), WireError> {
    if input.is_empty() {
        Ok(())
    } else {
        Err(WireError::Content)
    }
}

/// What fuzzing feeds arbitrary bytes: everything that reads a frame before and after the
/// handshake, protobuf apart.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(bytes: &[u8]) {
    let _ = Introduction::decode(bytes);
    let _ = Challenge::decode(bytes);
    let _ = decode_proof(bytes);
    let _ = decode_welcome(bytes);
    if let Some((head, rest)) = bytes.split_first_chunk::<PREFIX_BYTES>() {
        let _ = prefix(*head, rest.len());
    }
}

/// Parses a Raft message, if its bytes have the shape of one: the 2.x parser can be made to overflow its stack by
/// nested groups (RUSTSEC-2024-0437), also by a node of this cluster.
pub(crate) fn decode_message(payload: &Bytes) -> Result<Message, WireError> {
    schema::check(payload)?;
    Message::parse_from_carllerche_bytes(payload).map_err(|_| WireError::Content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handshake_is_read_back_and_strangers_are_named() {
        let said = Introduction {
            purpose: Purpose::Append,
            from: 1,
            to: 2,
            nonce: [5; NONCE_BYTES],
        };
        let bytes = said.encode();
        assert!(bytes.len() < HANDSHAKE_BYTES_MAX);
        assert_eq!(Introduction::decode(&bytes).unwrap(), said);
        assert!(matches!(
            Introduction::decode(b"GET / HTTP/1.1"),
            Err(WireError::Magic(_))
        ));
        for cut in 0..bytes.len() {
            assert!(Introduction::decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        let challenge = Challenge {
            nonce: [1; NONCE_BYTES],
            proof: [2; TAG_BYTES],
        };
        let bytes = challenge.encode();
        assert!(bytes.len() < HANDSHAKE_BYTES_MAX);
        assert_eq!(Challenge::decode(&bytes).unwrap(), challenge);
        assert!(Challenge::decode(&bytes[1..]).is_err());
        let hello = Hello {
            term: 3,
            last_term: 2,
            last_index: 99,
            leader: Some(1),
        };
        assert_eq!(decode_welcome(&encode_welcome(&hello)).unwrap(), hello);
    }

    /// Whoever changes these bytes raises [`PROTOCOL_VERSION`], and stores those of the new version.
    #[test]
    fn the_introduction_is_that_of_its_version_and_another_version_is_refused() {
        let said = Introduction {
            purpose: Purpose::Append,
            from: 1,
            to: 2,
            nonce: [5; NONCE_BYTES],
        };
        let stored = include_bytes!("../../tests/fixtures/introduction-2");
        assert_eq!(said.encode(), stored);
        assert_eq!(Introduction::decode(stored).unwrap(), said);
        for version in [PROTOCOL_VERSION - 1, PROTOCOL_VERSION + 1] {
            let mut other = stored.to_vec();
            other[4..6].copy_from_slice(&version.to_be_bytes());
            let refused = Introduction::decode(&other).unwrap_err().to_string();
            assert!(
                refused.contains(&format!("version {version}, this node {PROTOCOL_VERSION}")),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_frame_beyond_its_limit_is_refused_by_its_prefix() {
        assert!(matches!(
            prefix([0xff, 0xff, 0xff, 0xff, 3], 100),
            Err(WireError::Length { .. })
        ));
        assert!(matches!(
            prefix([0, 0, 0, 1, 99], 100),
            Err(WireError::Kind(99))
        ));
        assert_eq!(prefix([0, 0, 0, 9, 3], 100).unwrap(), (9, Kind::Raft));
    }
}
