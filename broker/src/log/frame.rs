//! The frame: the log's unit of writing, with a checksum, and with what distinguishes a torn tail from corruption.
//!
//! A frame's checksum is seeded with the segment's sequence number and the frame's position, so that neither a
//! frame of another segment nor a client's batch that looks like a frame can pass for one at that place.
//! `synced` says how much of the segment was known to be durable when the frame was written: a bad frame
//! before that point is corruption, one after it may be the torn end of an unsynced write.
//!
//! ```text
//!  0 magic u32     8 length of body u32    16 term u64     32 synced u64
//!  4 crc32c u32   12 kind u8, 3 zero       24 index u64    40 body            (little-endian)
//! ```

use strum::FromRepr;

/// Bytes before the body.
pub(super) const HEADER_BYTES: usize = 40;
/// A longer body is not written and not believed.
pub(super) const BODY_BYTES_MAX: usize = 256 * 1024 * 1024;

const MAGIC: u32 = u32::from_le_bytes(*b"jpsn");
const CHECKED_FROM: usize = 8;

/// What a frame is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRepr)]
#[repr(u8)]
pub(super) enum Kind {
    /// The first frame of a segment.
    Segment = 1,
    /// Raft's hard state.
    HardState = 2,
    /// A Raft entry.
    Entry = 3,
}

/// What a frame's header contains beside length and checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// What the frame is about.
    pub(super) kind: Kind,
    /// A term; which one depends on the kind.
    pub(super) term: u64,
    /// An index; which one depends on the kind.
    pub(super) index: u64,
    /// Position up to which the segment was durable when this frame was written.
    pub(super) synced: u64,
}

/// A frame that was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    /// Its header.
    pub(super) header: Header,
    /// Its body.
    pub(super) body: &'a [u8],
}

impl Frame<'_> {
    /// Bytes from this frame's begin to the next one's.
    pub(super) fn length(&self) -> u64 {
        (HEADER_BYTES + self.body.len()) as u64
    }
}

/// Appends a frame to `buffer`, to be written at `position` of segment `sequence`.
pub(super) fn encode(
    buffer: &mut Vec<u8>,
    header: Header,
    body: &[u8],
    sequence: u32,
    position: u64,
) {
    assert!(
        body.len() <= BODY_BYTES_MAX,
        "the core bounds its proposals far below a frame's bound"
    );
    let start = buffer.len();
    buffer.extend_from_slice(&MAGIC.to_le_bytes());
    buffer.extend_from_slice(&[0; 4]);
    buffer.extend_from_slice(&(body.len() as u32).to_le_bytes());
    buffer.extend_from_slice(&[header.kind as u8, 0, 0, 0]);
    buffer.extend_from_slice(&header.term.to_le_bytes());
    buffer.extend_from_slice(&header.index.to_le_bytes());
    buffer.extend_from_slice(&header.synced.to_le_bytes());
    buffer.extend_from_slice(body);
    let checksum = checksum(&buffer[start + CHECKED_FROM..], sequence, position);
    buffer[start + 4..start + 8].copy_from_slice(&checksum.to_le_bytes());
}

/// Reads the frame that begins `bytes` and lies at `position` of segment `sequence`; None if it is not whole.
pub(super) fn decode(bytes: &[u8], sequence: u32, position: u64) -> Option<Frame<'_>> {
    let (header, length) = claimed(bytes)?;
    let end = HEADER_BYTES + length;
    let checked = bytes.get(CHECKED_FROM..end)?;
    if checksum(checked, sequence, position) != u32_at(bytes, 4) {
        return None;
    }
    Some(Frame {
        header,
        body: &bytes[HEADER_BYTES..end],
    })
}

/// Finds a whole frame after `from` that knew the segment to be durable past `from`. `bytes` is the segment.
///
/// That a later frame is whole proves nothing by itself: of a write that was not synced any pages may survive.
pub(super) fn find_witness(bytes: &[u8], sequence: u32, from: usize) -> Option<u64> {
    let magic = MAGIC.to_le_bytes();
    let mut at = from + 1;
    while at + HEADER_BYTES <= bytes.len() {
        if bytes[at..at + 4] == magic
            && let Some(frame) = decode(&bytes[at..], sequence, at as u64)
            && frame.header.synced > from as u64
        {
            return Some(at as u64);
        }
        at += 1;
    }
    None
}

/// What the header that begins `bytes` says, whatever follows it: no checksum is compared. Its length is that of the body.
pub(super) fn claimed(bytes: &[u8]) -> Option<(Header, usize)> {
    if bytes.len() < HEADER_BYTES || u32_at(bytes, 0) != MAGIC {
        return None;
    }
    let length = u32_at(bytes, 8) as usize;
    let header = Header {
        kind: Kind::from_repr(bytes[12])?,
        term: u64_at(bytes, 16),
        index: u64_at(bytes, 24),
        synced: u64_at(bytes, 32),
    };
    (length <= BODY_BYTES_MAX).then_some((header, length))
}

/// Where the first frame that is not whole begins, or the end. `bytes` is the segment.
pub(super) fn whole(bytes: &[u8], sequence: u32) -> usize {
    let mut position = 0;
    while let Some(frame) = decode(&bytes[position..], sequence, position as u64) {
        position += frame.length() as usize;
    }
    position
}

/// How far a segment is known to have been durable, by its own whole frames. `bytes` is the segment.
pub(super) fn vouched(bytes: &[u8], sequence: u32) -> u64 {
    let (mut position, mut vouched) = (0, 0);
    while let Some(frame) = decode(&bytes[position..], sequence, position as u64) {
        vouched = frame.header.synced.max(vouched);
        position += frame.length() as usize;
    }
    vouched
}

fn checksum(bytes: &[u8], sequence: u32, position: u64) -> u32 {
    let mut seed = [0; 12];
    seed[..4].copy_from_slice(&sequence.to_le_bytes());
    seed[4..].copy_from_slice(&position.to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c(&seed), bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut array = [0; 4];
    array.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(array)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut array = [0; 8];
    array.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(array)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header {
        kind: Kind::Entry,
        term: 3,
        index: 9,
        synced: 100,
    };

    #[test]
    fn a_frame_is_whole_only_at_its_own_place() {
        let mut bytes = Vec::new();
        encode(&mut bytes, HEADER, b"body", 7, 500);
        let frame = decode(&bytes, 7, 500).unwrap();
        assert_eq!(
            (frame.header, frame.body, frame.length()),
            (HEADER, &b"body"[..], 44)
        );
        assert!(decode(&bytes, 8, 500).is_none());
        assert!(decode(&bytes, 7, 501).is_none());
    }

    #[test]
    fn no_flipped_bit_and_no_cut_passes() {
        let mut bytes = Vec::new();
        encode(&mut bytes, HEADER, b"body", 7, 500);
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&bad, 7, 500).is_none(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length], 7, 500).is_none());
        }
    }

    #[test]
    fn only_a_later_frame_that_knew_of_a_sync_is_a_witness() {
        let mut bytes = vec![0; 64];
        encode(
            &mut bytes,
            Header {
                synced: 0,
                ..HEADER
            },
            b"unsynced neighbour",
            1,
            64,
        );
        assert_eq!(find_witness(&bytes, 1, 0), None);
        let at = bytes.len() as u64;
        encode(
            &mut bytes,
            Header {
                synced: 64,
                ..HEADER
            },
            b"",
            1,
            at,
        );
        assert_eq!(find_witness(&bytes, 1, 0), Some(at));
        assert_eq!(find_witness(&bytes, 1, 64), None);
    }
}
